package eventstoredb

import esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"

// version makes a server's number ours: its revisions begin at 0, our versions at 1. Nothing else knows of the
// difference; revision is its inverse.
func version(revision uint64) uint64 { return revision + 1 }

// revision is the server's number of the event with a version, which is at least 1.
func revision(v uint64) uint64 { return v - version(0) }

// expectedRevision is what the server is to find. It is always exact: with any other expectation the server's
// recognition of repeated appends lives in one node's memory.
func expectedRevision(expected uint64) esdb.ExpectedRevision {
	if expected == 0 {
		return esdb.NoStream{}
	}
	return esdb.Revision(revision(expected))
}
