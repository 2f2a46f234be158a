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
	// Publish returns nil after the bus has taken all events; only then may a checkpoint move past them. It waits as long
	// as the bus can't be reached, and ends early with ctx and with the bus.
	Publish(ctx context.Context, events []event.Recorded) error
	// Watermark tells every partition that everything up to a position is out.
	Watermark(ctx context.Context, at event.Position) error
}

// Subscriber is what watch servers read from.
type Subscriber interface {
	// Subscribe returns once it is positioned: everything published afterwards reaches the handler. name is for the log
	// and unique. The subscription ends with ctx.
	//
	// The handler sees all partitions, one batch at a time; a watermark reaches it when every partition has shown one
	// since the last, so that it is true of all of them.
	Subscribe(ctx context.Context, name string, to Handler) error
	// SubscribePartitions is Subscribe with a handler for each partition. Those of different partitions are called
	// concurrently.
	SubscribePartitions(ctx context.Context, name string, to func(partition int) Handler) error
}

// Bus is both ends of a bus, and how games are spread over it.
type Bus interface {
	Publisher
	Subscriber
	// Partitions is how many there are, at least one; they are numbered from 0.
	Partitions() int
	// PartitionOf tells which partition carries a game.
	PartitionOf(game string) int
	// Close ends all subscriptions, and whatever waits.
	Close() error
}

// Observer is told what goes wrong; for metrics. Safe for concurrent use.
type Observer interface {
	// BadMessage counts a message that could not be decoded, or whose handler failed for good. It was skipped: readers
	// see a gap and read the store.
	BadMessage()
}
