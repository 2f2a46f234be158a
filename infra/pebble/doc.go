// Package pebble is the embedded store: everything a server needs to keep, in one folder on one machine. It satisfies
// the event store, snapshots, marks of life and views ports with CockroachDB's Pebble, a log-structured merge tree.
//
// The data folder:
//
//	LOCK              held while a process has the store open; a second one is refused
//	events/           the truth: a Pebble folder, write-ahead log synced before every acknowledgement
//	snapshots/        a Pebble folder without syncs; may be deleted at any time
//	views/<name>/     one Pebble folder per view, without syncs; may be deleted, it is folded again
//	alive/<run>       one small file per run of the server: how long it lived
//
// It may import domain, the ports of commands and projections, and is the only importer of the Pebble library.
//
// The one invariant: an append is answered, and its events are shown to any reader or subscriber, only after the
// write-ahead log that holds them was synced; and once a write or sync of that log has failed, nothing is ever
// written to the folder again until it is opened anew.
package pebble
