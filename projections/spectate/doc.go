// Package spectate keeps the games that somebody watches on this server up to date from the bus. Per game it keeps one
// state, shared by all who follow it; games that nobody follows cost a look-up in a map.
//
// A game is either following (the next event of the bus is folded at once) or reading (one goroutine folds what the
// store has, until it has caught up with everything the bus has shown; events of the bus only raise the mark that it has
// to reach). The first load, a gap, a bad message and the comparison of heads after an outage of the bus are all the
// same read.
//
// It may import projections and domain. The one invariant: a sink gets each version once and in order, because only the
// holder of a game's lock calls its sinks, and only with the step that follows the state it holds.
package spectate
