package esdbserver

import (
	"context"
	"iter"

	"github.com/plygames/ply/domain/event"
)

// Store is what is served. All methods are safe for concurrent use. An event is in it once it is durable, not before.
// Errors wrap those of commands: ErrConflict, ErrUnavailable, ErrUnknown.
type Store interface {
	// Write appends events of one stream or several in one atomic step, in the order given; those of one stream stand
	// together. If any stream is not at the version before its first event: ErrConflict. It gives the position of the
	// first event; the others follow it without a hole. When ctx ends first the answer is ErrUnavailable if the events
	// certainly were not and will not be written, else ErrUnknown.
	Write(ctx context.Context, events []event.Recorded) (event.Position, error)
	// Has tells cheaply whether a stream may have events; a no is certain.
	Has(ctx context.Context, stream event.Stream) (bool, error)
	// Last gives the newest event of a stream, false if it has none.
	Last(ctx context.Context, stream event.Stream) (event.Recorded, bool, error)

	// ReadStream gives a stream's events from a version on (inclusive), ReadStreamBack those from a version down to the
	// first (0 or one beyond the end: from the last).
	ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error]
	ReadStreamBack(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error]
	// ReadAll gives all events after a position (exclusive; "" = from the beginning), ReadAllBack those before one
	// (exclusive; "" = from the end) in reverse order.
	ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error]
	ReadAllBack(ctx context.Context, before event.Position) iter.Seq2[event.Recorded, error]
	// SubscribeAll calls handle with all events after a position, stored ones and then new ones, until ctx ends or
	// handle returns an error. A slow handler slows nobody else down. handle must not keep the slice.
	SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error
	// Head is the position of the last event, "" if there is none.
	Head(ctx context.Context) (event.Position, error)

	// Ordinal numbers positions: 1, 2, 3, ... without holes; "" is 0. Nth undoes it.
	Ordinal(p event.Position) (uint64, error)
	Nth(ordinal uint64) event.Position
}
