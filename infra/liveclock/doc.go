// Package liveclock is time that stands still while the process does. A paused, starved or swapped-out server must not
// charge its own pause to a player, and a jump of the wall clock must charge nobody anything.
//
// It may import the standard library only.
//
// The one invariant: between two readings the clock advances by at most Most for every tick it was there to
// observe, plus at most Most since the last one; and it never goes back.
package liveclock
