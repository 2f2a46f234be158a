package esdbserver

import (
	"sync"

	"github.com/plygames/ply/domain/event"
)

// place is where an event stands.
type place struct {
	stream  event.Stream
	version uint64
	ordinal uint64
}

// recent remembers where the ids written last stand, so that an append that expects no revision is recognised when it
// is repeated. As in the real server this is a best effort: it forgets the oldest, and everything at a restart, and of
// an id that stands in several places it knows the first. Safe for concurrent use.
type recent struct {
	mu     sync.Mutex
	places map[event.ID]place
	order  []event.ID // a ring
	next   int
}

func newRecent(limit int) *recent {
	return &recent{places: make(map[event.ID]place), order: make([]event.ID, 0, limit)}
}

// find tells where an id stands in a stream.
func (r *recent) find(stream event.Stream, id event.ID) (place, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, known := r.places[id]
	return p, known && p.stream == stream
}

// add remembers events, of which the first has an ordinal and the others follow it.
func (r *recent) add(events []event.Recorded, first uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range events {
		id := events[i].ID
		if _, known := r.places[id]; known {
			continue
		}
		if len(r.order) < cap(r.order) {
			r.order = append(r.order, id)
		} else {
			delete(r.places, r.order[r.next])
			r.order[r.next] = id
			r.next = (r.next + 1) % len(r.order)
		}
		r.places[id] = place{stream: events[i].Stream, version: events[i].Version, ordinal: first + uint64(i)}
	}
}
