// Package delay holds a whole server to its promise about delayed games: whoever has no seat sees them late, on every path,
// until they end. It also looks for the names of erased people on every path.
//
// The past of the delayed game is written into the data folder with dates of hours ago, and its delay is an hour: so what
// must not be seen yet stays unseen however slow the machine is.
package delay
