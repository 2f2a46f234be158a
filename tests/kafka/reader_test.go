package kafka_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/plygames/ply/domain/event"
)

// reader follows all games as a watch server does: a version that it has is dropped, the next is taken, anything else is
// a gap, after which it goes on.
type reader struct {
	mu     sync.Mutex
	last   map[event.Stream]uint64
	gaps   []string
	repeat int
	marks  int
	hold   chan struct{} // Events waits for it, nil: not
}

func newReader() *reader { return &reader{last: map[event.Stream]uint64{}} }

func (r *reader) Events(events []event.Recorded) {
	if r.hold != nil {
		<-r.hold
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		switch last := r.last[e.Stream]; {
		case e.Version <= last:
			r.repeat++
			continue
		case e.Version > last+1:
			r.gaps = append(r.gaps, fmt.Sprintf("%s: %d after %d", e.Stream, e.Version, last))
		}
		r.last[e.Stream] = e.Version
	}
}

func (r *reader) Watermark(event.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks++
}

func (r *reader) version(stream event.Stream) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last[stream]
}

// caughtUp tells whether the reader has the newest event of every game.
func (r *reader) caughtUp(a *author) bool {
	for stream, version := range a.heads() {
		if r.version(stream) < version {
			return false
		}
	}
	return true
}

func (r *reader) check(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.gaps) > 0 {
		t.Errorf("%d gaps, such as %v", len(r.gaps), r.gaps[:min(3, len(r.gaps))])
	}
}
