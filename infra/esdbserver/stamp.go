package esdbserver

import (
	"time"

	"github.com/plygames/ply/domain/event"
)

// An event's stamp is what EventStoreDB tells of an event beyond what an embedded store keeps: when it was taken, in
// ticks of 100 ns since 1970, and two flags in the lowest bits. Events written by an embedded store have none: they
// are JSON, and their own metadata knows the time.
const (
	flagBinary    = 1 << 0 // content type is not JSON
	flagTombstone = 1 << 1
	stampFlags    = 2

	tick = 100 * time.Nanosecond
)

func newStamp(at time.Time, flags uint64) uint64 {
	return uint64(at.UnixNano())/uint64(tick)<<stampFlags | flags
}

// created is when an event was taken, in ticks.
func created(e *event.Recorded) int64 {
	if e.Stamp != 0 {
		return int64(e.Stamp >> stampFlags)
	}
	meta, err := event.DecodeMeta(e.Meta)
	if err != nil {
		return 0
	}
	return time.UnixMilli(meta.At).UnixNano() / int64(tick)
}

func tombstone(e *event.Recorded) bool { return e.Stamp&flagTombstone != 0 }

func contentType(e *event.Recorded) string {
	if e.Stamp&flagBinary != 0 {
		return contentBinary
	}
	return contentJSON
}

const (
	contentJSON   = "application/json"
	contentBinary = "application/octet-stream"
)
