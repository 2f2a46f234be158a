// Package hostile sends a running server what no client should send: every row of the table of bad inputs, with the
// exact answer, from raw TCP connections. Whatever a row does, a counter must rise, nothing of what was sent may stand in
// the server's log, honest players of another game must be answered meanwhile, and afterwards the server must have as many
// goroutines and open files as before.
package hostile
