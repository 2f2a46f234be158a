// Package contract holds a running server to protocol.md. Its client is written from that page alone: a WebSocket
// library and encoding/json, nothing of transport/client or transport/wire, so that a mistake in ours can't hide
// behind the same mistake in theirs.
//
// The one invariant: a case compares every field that the page names, by value or by form, and says the section it is
// about.
package contract
