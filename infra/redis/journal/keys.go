package journal

import (
	"context"
	"errors"
	"time"

	"github.com/plygames/ply/domain/event"
)

// Keys is what the journal asks of Redis. Every method is one atomic step there. Errors wrap commands.ErrUnavailable if
// the step certainly was not and will not be done, else commands.ErrUnknown. Safe for concurrent use. RedisKeys is the
// real one; tests have a model of it and hold the two against each other.
type Keys interface {
	// Read gives what the journal holds of a stream: its tail from a version on (0 = all), at most limit events.
	Read(ctx context.Context, stream event.Stream, from uint64, limit int) (Tail, error)
	// Append adds events behind expected, all or none. With a head in Redis it is compared with that. Without one, and
	// with a seed whose generation is still the bucket's, the stream is taken to be at expected; else the answer is Absent.
	Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded, seed *Seed) (Answer, error)
	// Trim removes the events up to a version from the tail: the store has confirmed them. It gives how many remain.
	Trim(ctx context.Context, stream event.Stream, upTo uint64) (remain int, err error)
	// Evict forgets the head of a stream whose tail is empty since a while, and begins a new generation of the bucket. It
	// tells whether it did.
	Evict(ctx context.Context, stream event.Stream, idle time.Duration) (bool, error)
	// Halt keeps a stream from being appended to, for all servers and for ever.
	Halt(ctx context.Context, stream event.Stream, why string) error
	// Dirty gives all streams that have a tail.
	Dirty(ctx context.Context) ([]event.Stream, error)
	// Idle gives streams that Evict can forget: those whose tail is empty since idle, and in buckets that hold more than
	// most heads the oldest ones above that.
	Idle(ctx context.Context, idle time.Duration, most int) ([]event.Stream, error)
	// Halted gives the streams that were halted, and why.
	Halted(ctx context.Context) (map[event.Stream]string, error)
}

// Tail is what the journal holds of a stream at one moment.
type Tail struct {
	Gen     uint64 // the bucket's generation
	Present bool   // the head is in Redis
	Head    uint64 // if present: version of the last event
	Halted  string // why the stream was halted; "" if it was not
	Entries []Entry
}

// Entry is an event in the tail. End is the last version of the append it came with: appends are never torn apart.
type Entry struct {
	event.Recorded
	End uint64
}

// Seed says that the store was read after the bucket had this generation and no head of the stream: only then can the
// head that was found there be believed. Without it a server that paused between its read and its append would bring a
// head back that others have long passed, and an acknowledged event could never be flushed.
type Seed struct{ Gen uint64 }

// Verdict is the answer of Redis to an append.
type Verdict int

// The verdicts.
const (
	Appended  Verdict = iota // it is in the tail now
	Repeated                 // these events were in the tail already
	Conflict                 // the stream is at Head, and does not hold these events behind expected
	Older                    // the events below Floor are no longer in the tail, the others are these; the store knows
	Absent                   // no head, and no seed of generation Gen
	Stopped                  // the stream is halted
	Closed                   // the journal is being turned off
	Estranged                // Redis holds another incarnation of the journal, or none: it was wiped
)

// Answer is what became of an append.
type Answer struct {
	Verdict Verdict
	Head    uint64 // of Conflict
	Floor   uint64 // of Older
	Gen     uint64 // of Absent
}

// ErrEstranged reports a Redis that holds another incarnation of the journal, or none. It wraps ErrUnavailable where a
// command meets it.
var ErrEstranged = errors.New("Redis does not hold this deployment's journal (it was wiped, or it is another Redis)")
