// Package rest is the HTTP side of ply.v1: routes in, JSON out. It reaches games and lists through the small interfaces
// of deps.go, which the write side and the views satisfy.
//
//	router.go    the one table of routes
//	create.go seats.go commands.go guests.go   what people do
//	games.go events.go pgn.go lists.go me.go   what people read
//	sight.go     who may see how much of a game, and when
//	body.go reply.go caller.go cors.go         what all routes share
//	health.go ops.go                           for operators and proxies
//
// It imports the domain and its neighbours wire, auth, limit and spec. The one invariant: every answer about a game
// passes sight.go, so that nobody reads by HTTP what they could not see on a socket.
package rest
