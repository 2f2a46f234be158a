package relay

import (
	"context"
	"sync"

	"github.com/plygames/ply/domain/event"
)

// backlog holds what has been read from the store and not been published yet, so that reading goes on while the bus is
// waited for, and the bus gets in one go all that has come meanwhile.
type backlog struct {
	most int // events; reading waits above that
	more chan struct{}
	room chan struct{}

	mu     sync.Mutex
	events []event.Recorded
	ended  bool
}

func newBacklog(most int) *backlog {
	return &backlog{most: most, more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put adds a copy of the events, when there is room.
func (b *backlog) put(ctx context.Context, events []event.Recorded) error {
	for !b.add(events) {
		select {
		case <-b.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (b *backlog) add(events []event.Recorded) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.events) >= b.most {
		return false
	}
	b.events = append(b.events, events...)
	signal(b.more)
	return true
}

// end tells that nothing will be put any more.
func (b *backlog) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	signal(b.more)
}

// take gives all there is, waiting until there is something; none after the end, or when ctx has ended.
func (b *backlog) take(ctx context.Context) []event.Recorded {
	for {
		b.mu.Lock()
		events, ended := b.events, b.ended
		b.events = nil
		b.mu.Unlock()
		signal(b.room)
		if len(events) > 0 || ended {
			return events
		}
		select {
		case <-b.more:
		case <-ctx.Done():
			return nil
		}
	}
}

// signal wakes who waits, or will.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
