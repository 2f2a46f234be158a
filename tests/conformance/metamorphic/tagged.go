package metamorphic

import (
	"context"
	"crypto/rand"
	"iter"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// Tagged gives each run streams of its own in a store that several runs share: the names get a tag in front there, and
// have none here, so that the same script makes the same hashes. Only streams can be appended to and read.
func Tagged(store commands.EventStore) commands.EventStore {
	return tagged{store, event.Stream("meta" + rand.Text()[:8] + "-")}
}

type tagged struct {
	commands.EventStore
	tag event.Stream
}

// Append implements commands.EventStore.
func (t tagged) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	there := make([]event.Recorded, len(events))
	for i, e := range events {
		e.Stream = t.tag + stream
		there[i] = e
	}
	return t.EventStore.Append(ctx, t.tag+stream, expected, there)
}

// ReadStream implements commands.EventStore.
func (t tagged) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		for e, err := range t.EventStore.ReadStream(ctx, t.tag+stream, from) {
			if err == nil {
				e.Stream = stream
			}
			if !yield(e, err) {
				return
			}
		}
	}
}
