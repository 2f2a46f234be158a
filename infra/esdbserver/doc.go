// Package esdbserver serves an embedded event store over EventStoreDB's own gRPC protocol: the role "store". To
// EventStoreDB's client it is one node of version 26.1, without users, persistent subscriptions, projections or links
// to resolve, and without replication: what it has is on one disk.
//
//	append, delete, tombstone   receive -> decide under the stream's turn -> one atomic, synced write -> answer
//	read                        from the store, in both directions, by the stream's metadata
//	subscribe                   history, then the store's feed of durable events
//
// It keeps nothing of its own but a memory of recent ids. What the store can't express by itself, when an event came
// and as what (see stamp), is kept in the event's record; stream metadata and deletions are events as in
// EventStoreDB. So a folder written through it is an embedded store's folder, and the other way round.
//
// It may import domain, the errors of commands, gRPC, and the protocol's stubs out of EventStoreDB's client. The store
// comes through the port in store.go.
//
// The one invariant: an append is answered with success only when its events, and no others at their revisions, are
// durable; and an answer that says "not written" is given only if they are not and will not be.
package esdbserver
