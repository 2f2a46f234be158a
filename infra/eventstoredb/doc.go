// Package eventstoredb makes EventStoreDB (KurrentDB) the event store: commands.EventStore, projections.Log and
// relay.Prover over the official client, EventStore-Client-Go v4.2.0, which is final and has traps. What this package
// adds to it:
//
//   - No call hangs. The client's callers can wait for ever in its own goroutine whatever their contexts say, so every
//     call runs in a goroutine of its own and its caller leaves when the context ends.
//   - A client that has died, lost its server or been sent elsewhere is replaced (client.go): one attempt at a time,
//     with back-off; the old one is closed when its last call has ended. v4.2.0 never comes back from a failed discovery,
//     leaves one connection open with every Unavailable, and forgets the connection to a leader it was sent to. It comes
//     to none of this, because we look for servers with new clients only (logger.go).
//   - An append tells what is certain (verdict.go): ErrUnavailable = not written and never will be, ErrUnknown = perhaps;
//     append the very same events again. The server's "wrong expected version" is never believed as a text: the stream is
//     read and ids are compared.
//   - At most 90 calls are in flight on the connection, subscriptions included: servers take 100 and let the next wait.
//   - Subscriptions go on after restarts of the server, behind the last event that was handled. Before that they prove
//     that the store still holds that event: a server accepts a position beyond its end and then silently swallows
//     everything up to it. If it does not, the error wraps ErrBehind. A fold.Fold that gets it starts again, finds that
//     the event of its checkpoint is not there and folds from the beginning; a relay.Relay proves its checkpoint before it
//     subscribes again, and publishes everything again.
//
// What can't be mended from here: the client ends the process (log.Fatal) when an event's "created" is not a number, and
// its discovery panics in a goroutine of its own when gossip names an address that gRPC can't parse or a client
// certificate disappears while we run. No server that we know of does the former. Panics on our goroutines (unexpected
// answers, a client closed under a caller) are errors.
//
// It may import domain, the ports of commands and projections, and is one of two importers of the client.
//
// The one invariant: nil from Append means that the server has said that exactly these events are in the stream at
// exactly these versions, or that we have read them there.
package eventstoredb
