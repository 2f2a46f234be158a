// Package harness starts real ply processes for tests, kills, pauses and restarts them, and waits for conditions.
// Only tests import it. It may import anything.
//
// The one invariant: what it starts it also ends, and a test during which a server panicked or raced fails, whatever
// the test itself found.
package harness
