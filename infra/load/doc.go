// Package load plays many games against a server over real sockets and tells how it did: `ply load`. Players and
// watchers are transport/client, so they resend and resume as every good client does. The baseline is a relay that only
// echoes to both players' sockets (relay.go), under the same players in the same run.
//
// The one invariant: no figure is reported that was not measured in that run, and every latency counts from the moment
// at which the move was meant to be sent.
package load
