package bus

import (
	"context"

	"github.com/plygames/ply/domain/event"
)

// MaxBatch is the largest number of events in one message.
const MaxBatch = 256

// Handler takes what comes over the bus. Its methods are called by one goroutine at a time. They must be quick: the
// relay waits for them.
type Handler interface {
	// Events are recorded events of games: each game's in order, possibly repeated, possibly with gaps.
	Events(events []event.Recorded)
	// Watermark: everything up to this position of the store's global order has been published.
	Watermark(at event.Position)
}

// Publisher is what the relay writes to. One goroutine at a time may use it.
type Publisher interface {
	// Publish returns nil after the bus has taken all events; only then may a checkpoint move past them.
	Publish(ctx context.Context, events []event.Recorded) error
	// Watermark tells every partition that everything up to a position is out.
	Watermark(ctx context.Context, at event.Position) error
}

// Subscriber is what watch servers read from.
type Subscriber interface {
	// Subscribe returns once it is positioned: everything published afterwards reaches the handler. name is for the log
	// and unique. The subscription ends with ctx.
	Subscribe(ctx context.Context, name string, to Handler) error
}

// Observer is told what goes wrong; for metrics. Safe for concurrent use.
type Observer interface {
	// BadMessage counts a message that could not be decoded, or whose handler failed for good. It was skipped: readers
	// see a gap and read the store.
	BadMessage()
}
