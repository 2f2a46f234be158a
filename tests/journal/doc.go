// Package journal attacks the Redis journal: tens of thousands of random histories of several servers over a model of
// Redis, that model against the real one, and the real one killed, paused, wiped and set up wrongly. It may import
// anything.
//
// The one invariant: every mistake that the histories are there to find is also planted, and must be found.
package journal
