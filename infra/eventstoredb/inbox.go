package eventstoredb

import (
	"context"
	"sync"

	"github.com/plygames/ply/domain/event"
)

// Bounds of an inbox. A full one holds the server back.
const (
	inboxEvents = 1024
	inboxBytes  = 4 << 20
)

// inbox hands events from the goroutine that receives them to the one that handles them, in batches of what is there.
type inbox struct {
	news chan struct{} // there is something to take
	room chan struct{} // something was taken

	mu     sync.Mutex
	open   bool // the server has confirmed the subscription
	events []event.Recorded
	bytes  int
	err    error
}

func newInbox() *inbox {
	return &inbox{news: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// opened notes the server's confirmation.
func (b *inbox) opened() {
	b.mu.Lock()
	b.open = true
	b.mu.Unlock()
	ring(b.news)
}

// put adds an event, and waits while the inbox is full.
func (b *inbox) put(ctx context.Context, e event.Recorded) error {
	for {
		b.mu.Lock()
		if len(b.events) < inboxEvents && (b.bytes < inboxBytes || len(b.events) == 0) {
			b.events = append(b.events, e)
			b.bytes += len(e.Data) + len(e.Meta)
			b.mu.Unlock()
			ring(b.news)
			return nil
		}
		b.mu.Unlock()
		select {
		case <-b.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fail ends the feed. What is in the inbox can still be taken.
func (b *inbox) fail(err error) {
	b.mu.Lock()
	b.err = err
	b.mu.Unlock()
	ring(b.news)
}

// take gives what is there; err only when there is nothing more. used is a slice that may be written to.
func (b *inbox) take(used []event.Recorded) (events []event.Recorded, open bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	events, b.events, b.bytes = b.events, used[:0], 0
	if len(events) == 0 {
		return nil, b.open, b.err
	}
	ring(b.room)
	return events, b.open, nil
}
