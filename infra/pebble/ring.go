package pebble

import (
	"sync"

	"github.com/plygames/ply/domain/event"
)

// ring holds the newest durable events in memory, so that subscribers who keep up never read the disk. It is bounded
// by number and by bytes. Safe for concurrent use; nobody holds its lock over anything slow.
type ring struct {
	mu     sync.RWMutex
	slots  []event.Recorded // slot of position p is p % len(slots)
	first  uint64           // position of the oldest event held
	next   uint64           // position after the newest event held
	bytes  int
	limit  int           // bytes
	change chan struct{} // closed when something is added
}

func newRing(slots, bytes int, head uint64) *ring {
	return &ring{
		slots: make([]event.Recorded, slots), first: head + 1, next: head + 1,
		limit: bytes, change: make(chan struct{}),
	}
}

func weight(e *event.Recorded) int { return len(e.Meta) + len(e.Data) }

// add appends events, which follow the newest one without a hole, and wakes who waits.
func (r *ring) add(events []event.Recorded) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range events {
		if r.next-r.first == uint64(len(r.slots)) {
			r.drop()
		}
		r.slots[r.next%uint64(len(r.slots))] = events[i]
		r.next++
		r.bytes += weight(&events[i])
	}
	for r.bytes > r.limit && r.next-r.first > 1 {
		r.drop()
	}
	close(r.change)
	r.change = make(chan struct{})
}

// drop forgets the oldest event.
func (r *ring) drop() {
	slot := &r.slots[r.first%uint64(len(r.slots))]
	r.bytes -= weight(slot)
	*slot = event.Recorded{}
	r.first++
}

// after copies events behind a position into buf, as many as it has room for. held is false if the events behind that
// position are no longer in memory; changed is closed when there are more.
func (r *ring) after(position uint64, buf []event.Recorded) (n int, held bool, changed <-chan struct{}) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if position+1 < r.first {
		return 0, false, r.change
	}
	for p := position + 1; p < r.next && n < len(buf); p++ {
		buf[n] = r.slots[p%uint64(len(r.slots))]
		n++
	}
	return n, true, r.change
}

// empty replaces the content of a stream's events below a version.
func (r *ring) empty(stream event.Stream, below uint64, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := r.first; p < r.next; p++ {
		slot := &r.slots[p%uint64(len(r.slots))]
		if slot.Stream == stream && slot.Version < below {
			r.bytes += len(data) - len(slot.Data)
			slot.Data = data
		}
	}
}
