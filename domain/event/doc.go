// Package event holds facts as they are recorded: the envelope that every store keeps, its metadata, and the
// hash chain that gives each event its id. It knows nothing of games.
//
// The one invariant: stored bytes are hashed as stored and never re-encoded. An event's id is the head of its
// stream's hash chain, so equal ids mean equal histories.
package event
