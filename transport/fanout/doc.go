// Package fanout shows games to sockets: one log, many cursors. It imports the domain and the wire format.
//
//	feed.go     where a log gets a game from
//	hub.go      which logs there are; made on first need, shared, dropped with their last watcher
//	log.go      the numbered, encoded lines of one game for one audience, and its state line
//	ring.go     the last lines
//	place.go    how far a watcher is, and what it lacks: a pure function of the log, shared by all at the same place
//	cursor.go   a watcher: a socket and a place
//	catchup.go  lines older than the ring
//	answer.go   what only one socket is told, behind the lines it belongs to
//	notices.go  what is not numbered: crowd, gone, rematch
//	shard.go    the loops that visit the watchers of the games in which something happened
//
// The one invariant: a socket gets the version after the one it has, or a whole state; never a gap. Nothing here waits
// for a socket: one that is full is not visited until it has drained, and then gets all it missed as one message.
package fanout
