// Package redis holds what the servers of a cluster share beside the event store, on one Redis server.
//
//	client.go       Client: one server, short timeouts, no call outlives its context
//	dial.go         subscribe.go
//	errors.go       what the errors of a call say
//	patience.go     not asking a Redis that does not answer
//	snapshots.go    commands.Snapshots, expiring
//	alive.go        commands.Alive, by Redis' own clock
//	lease.go        one of several servers at a time, for economy
//	checkpoint.go   how far the relay has come
//	signals.go      what servers tell each other and no event says: who is here, rematch, revocations
//	signals_out.go  signals_in.go  message.go
//	revocations.go  whose tokens are no longer believed, for servers that start later
//
// It imports the domain, the ports of commands, projections and transport, and rueidis, which lives here and in the
// packages below only.
//
// The one invariant: everything that this package itself keeps in Redis can be lost or be unreachable at any moment, and
// that costs time or news, never an acknowledged move and never a game. (The journal, in its own package below, is
// another matter and says so.)
package redis
