// Package socket is the edge for WebSockets: who may open one, what arrives on it, and how messages leave it. It imports
// the domain, transport/{wire,fanout,auth,limit} and coder/websocket, which lives here and in transport/client only.
//
//	server.go    Server: what it needs, which sockets there are
//	accept.go    the handshake: limits, origin, token, game, query, subprotocol
//	origin.go    address.go  query.go
//	pipe.go      the net.Conn that never waits; one message = one system call
//	frames.go    where messages begin and end, so that one must be complete in 5 s
//	sock.go      one socket: its reader goroutine, how it ends
//	wait.go      read.go      frames -> message
//	pace.go      how fast a socket is read
//	ping.go      round trips, no pong
//	play.go      watch.go   what each URL does
//	presence.go  who is here, who is gone
//	presence_site.go  ... on the other servers of a site
//	limits.go    too much, too often
//	drain.go     goodbye, spread out
//
// The one invariant: nothing here waits for a socket but that socket's own reader.
package socket
