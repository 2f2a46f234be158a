// Package paced makes feeds that show a game later than it happened: delayed (an event is released when it is old
// enough, everything once the game is over) and replayed (with the original gaps, shortened). Both are the same
// machine: a base feed tells how much there is, a rule tells when the next step is due, and what is not in a small
// buffer is read back from the store.
//
// Times of events are the wall clock of the server that recorded them; a skew between servers shifts a delay by as much.
//
// It may import projections and domain. The one invariant: nothing is shown that the base feed has not shown, and no
// step before it is due.
package paced
