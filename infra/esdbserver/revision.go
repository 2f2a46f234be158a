package esdbserver

import (
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"

	"github.com/plygames/ply/domain/event"
)

// revisionOf is what the wire calls an event's place in its stream: version - 1, and the highest number there is for a
// tombstone, whatever its version.
func revisionOf(e *event.Recorded) uint64 {
	if tombstone(e) {
		return math.MaxInt64
	}
	return revision(e.Version)
}

// revision is the wire's number for a version.
func revision(version uint64) uint64 { return version - 1 }

// version undoes revision.
func version(revision uint64) uint64 { return revision + 1 }

// expected is what a writer expects of a stream: a revision, or one of the constants, which have the numbers that
// EventStoreDB reports them with.
type expected int64

const (
	expectNoStream     expected = -1
	expectAny          expected = -2
	expectStreamExists expected = -4
)

// version is the number of events that the stream must have; only for a revision and expectNoStream.
func (e expected) version() uint64 { return uint64(e + 1) }

// idempotent by memory: expectations that name no revision.
func (e expected) loose() bool { return e == expectAny || e == expectStreamExists }

// expectation is the part of the requests' generated types that tells what is expected.
type expectation interface {
	GetRevision() uint64
	GetNoStream() *shared.Empty
	GetAny() *shared.Empty
	GetStreamExists() *shared.Empty
}

// readExpected reads what a request expects. set tells whether it says anything at all.
func readExpected(r expectation, set bool) (expected, error) {
	switch {
	case !set:
		return 0, handlerException("no expected revision")
	case r.GetAny() != nil:
		return expectAny, nil
	case r.GetNoStream() != nil:
		return expectNoStream, nil
	case r.GetStreamExists() != nil:
		return expectStreamExists, nil
	case r.GetRevision() == math.MaxUint64:
		return expectNoStream, nil
	case r.GetRevision() > math.MaxInt64-1:
		return 0, handlerException("no such revision")
	}
	return expected(r.GetRevision()), nil
}
