// Package wire is ply.v1 and nothing but: a reader of this folder can write a client.
//
//	client.go   what clients send: Decode
//	strict.go   how JSON from outside is read: everything is refused that could be read in two ways
//	encode.go   one event, for one audience, as one numbered line
//	state.go    a whole game as one line, the same for all of an audience
//	server.go   the unnumbered lines: ok, error, live, stale, crowd, gone, rematch, pong
//	errors.go   the one table: kind of refusal -> code, HTTP status, retry
//	close.go    the one table: why a socket is closed -> code and reason
//
// It imports the domain and the JSON library only. The one invariant: what an audience may not see is not in its
// bytes, and two truths that differ only in that give equal bytes.
package wire
