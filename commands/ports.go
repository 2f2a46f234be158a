package commands

import (
	"context"
	"errors"
	"iter"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// Errors of an EventStore. Implementations wrap them; callers use errors.Is.
var (
	// ErrConflict: the stream is not at the expected version and does not hold these events there. Nothing was written.
	ErrConflict = errors.New("stream is not at the expected version")
	// ErrUnavailable: the store can't serve. Of an append: nothing was written and nothing will be.
	ErrUnavailable = errors.New("store is not available")
	// ErrUnknown: an append may have been written, or may yet be. Appending the very same events again tells.
	ErrUnknown = errors.New("outcome of the append is not known")
)

// EventStore keeps streams of events. All methods are safe for concurrent use.
//
// Durable: once Append has returned nil, the events survive the death of the process and of the machine. No reader
// and no subscriber sees an event before it is durable.
//
// Order: the events of a stream have versions 1, 2, 3, ... without holes. All events of the store have one global
// order, in which every stream's events stand in the order of their versions; ReadAll and SubscribeAll show that
// order without holes: a reader that has seen position p has seen everything before p.
type EventStore interface {
	// Append adds events to the end of a stream, all or none, in one atomic step. The events' Version fields are
	// expected+1, expected+2, ...; their ids are chain hashes. At least one event; all of one stream.
	//
	// With head = the stream's version (0 = no such stream): head == expected: append. head > expected: nil if the
	// events after expected have exactly these ids in this order, else ErrConflict. A partial overlap and
	// head < expected: ErrConflict.
	//
	// When ctx ends first the answer is ErrUnavailable if the events certainly were not and will not be written, else
	// ErrUnknown.
	Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error

	// ReadStream gives the events of a stream from a version on (inclusive; 0 means 1), in order. A stream that does not
	// exist has no events. An error ends the sequence. What it yields is the caller's to keep.
	ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error]

	// ReadAll gives all events after a position (exclusive; "" = from the beginning), in the global order, up to some
	// moment after the call. An error ends the sequence.
	ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error]

	// SubscribeAll calls handle with all events after a position (exclusive) in the global order, in batches of at least
	// one, first the stored ones and then the new ones as they become durable. It returns when ctx ends or when handle
	// returns an error, with that error. A slow handler never slows Append down. handle must not keep the slice.
	SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error

	// Head is the position of the last event, "" if there is none.
	Head(ctx context.Context) (event.Position, error)
}

// Snapshots keep each game's newest snapshot. It is a cache: losing any of it costs time, never truth. Bytes that
// come back may be old, foreign or corrupt; the reader proves them. Safe for concurrent use.
type Snapshots interface {
	// Load gives the snapshot's bytes, nil if there is none.
	Load(ctx context.Context, game string) ([]byte, error)
	// Save replaces the snapshot. It may be lost.
	Save(ctx context.Context, game string, snapshot []byte) error
}

// Alive tells how long each run of each server has lived, by its own live clock. Every server refreshes its own
// mark each second. Safe for concurrent use.
type Alive interface {
	// LastAlive is an incarnation's last known live-clock reading in ms, and whether that incarnation may still run
	// (its mark was refreshed within the last 3 s). known is false if there is no mark of it.
	LastAlive(ctx context.Context, incarnation string) (up int64, running, known bool)
}

// LiveClock is monotonic time that stands still while the process does: ms since the process started.
type LiveClock interface {
	Now() int64
}

// Presence knows who has a socket, on this server or another. Safe for concurrent use, never blocks.
type Presence interface {
	// Absent is for how many ms a seat of a game has had no socket; game.Present if it has one. A seat that never
	// had one counts from the moment it is first asked about.
	Absent(game string, seat game.Seat) int64
	// Holds tells whether this very server has a socket of the seat.
	Holds(game string, seat game.Seat) bool
	// Lag is the newest round trip of a seat's socket in ms, by our pings; 0 = not known.
	Lag(game string, seat game.Seat) int64
}

// Quota bounds the number of unfinished games a player is in. Safe for concurrent use.
type Quota interface {
	// Reserve counts a game for a player, before it is created or joined. False: the player has too many. Reserving the
	// same game twice counts once.
	Reserve(player, game string) bool
	// Release takes a reservation back that led to nothing.
	Release(player, game string)
}

// Ratings knows how people are rated. What it says is shown with who sits down, and may be a moment old. Safe for
// concurrent use; it must be quick.
type Ratings interface {
	// Rating is a player's in games of a kind with a clock, in whole points; 0 = none, or not known.
	Rating(player, kind string, spec clock.Spec) int
}

// Observer is told what the write side does; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Command reports a command's name, its result ("ok", "duplicate" or the kind of refusal) and how long it took.
	Command(name, result string, seconds float64)
	// Hot reports how many games are in memory.
	Hot(games int)
	// Snapshot reports what became of a snapshot: "saved", "dropped", "used", "rejected".
	Snapshot(outcome string)
	// Alarm reports something that an operator must look at.
	Alarm(what string)
}
