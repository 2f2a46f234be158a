// Package client is the Go client of the protocol ply.v1: guests, games, and sockets that heal themselves.
//
//	ann, _ := client.New("http://127.0.0.1:8080", client.Options{}).Guest(ctx, "Ann")
//	made, _ := ann.Create(ctx, client.NewGame{Kind: "chess", Seat: "white"})
//	game, _ := ann.Play(ctx, made.Game, nil)
//	receipt, err := game.Do(ctx, client.Move("e2e4"))
//
// A Session does everything that protocol.md section 11 asks of a client: it reconnects and resumes where it was,
// drops what it has seen, counts holes, and sends unanswered commands again, unchanged. A Game is a Session that
// also keeps the State. It imports the standard library and the WebSocket library only, nothing else of ply, so that it
// judges the server by the protocol alone.
//
// The one invariant: a handler sees the numbered messages of a game in order, each once, without holes; only a
// message of type state starts anew.
package client
