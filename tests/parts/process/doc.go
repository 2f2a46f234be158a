// Package process runs programs that are ended, paused and started again: the parts of a cluster on one machine. It knows
// nothing of testing, so that a program may use it as well. Only tests/ may import it; it imports the standard library.
//
// The one invariant: nothing outlives who started it. A starter that is killed takes its processes along.
package process
