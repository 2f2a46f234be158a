package bus

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/plygames/ply/domain/event"
)

// recorder keeps what a subscription delivers. Its zero value is ready.
type recorder struct {
	mu     sync.Mutex
	events []event.Recorded
	marks  []mark
	panics int // how many calls of Events are yet to panic

	inside atomic.Int32 // calls that are under way
	clash  atomic.Bool  // there were two
}

// mark is a watermark, and how many events came before it.
type mark struct {
	at     event.Position
	behind int
}

// enter notes that the handler is being called, until leave is.
func (r *recorder) enter() (leave func()) {
	if r.inside.Add(1) > 1 {
		r.clash.Store(true)
	}
	return func() { r.inside.Add(-1) }
}

// Events implements bus.Handler.
func (r *recorder) Events(events []event.Recorded) {
	defer r.enter()()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.panics > 0 {
		r.panics--
		panic("a handler's mistake")
	}
	r.events = append(r.events, events...)
}

// Watermark implements bus.Handler.
func (r *recorder) Watermark(at event.Position) {
	defer r.enter()()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks = append(r.marks, mark{at, len(r.events)})
}

func (r *recorder) seen() ([]event.Recorded, []mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events), slices.Clone(r.marks)
}

// marked tells whether a watermark has come.
func (r *recorder) marked(at event.Position) bool {
	_, marks := r.seen()
	return slices.ContainsFunc(marks, func(m mark) bool { return m.at == at })
}

// has tells whether all these events have come, whatever else has.
func (r *recorder) has(want []event.Recorded) bool {
	got, _ := r.seen()
	ids := make(map[event.ID]bool, len(got))
	for i := range got {
		ids[got[i].ID] = true
	}
	for i := range want {
		if !ids[want[i].ID] {
			return false
		}
	}
	return true
}

// firsts are the events without repeats.
func firsts(events []event.Recorded) []event.Recorded {
	seen := make(map[event.ID]bool, len(events))
	var found []event.Recorded
	for _, e := range events {
		if !seen[e.ID] {
			seen[e.ID] = true
			found = append(found, e)
		}
	}
	return found
}

// of are the events of one game.
func of(events []event.Recorded, game string) []event.Recorded {
	var found []event.Recorded
	for _, e := range events {
		if e.Stream == event.GameStream(game) {
			found = append(found, e)
		}
	}
	return found
}

// difference says what is wrong with got, "" if it is want exactly.
func difference(got, want []event.Recorded) string {
	for i := range min(len(got), len(want)) {
		g, w := &got[i], &want[i]
		if g.Stream != w.Stream || g.Version != w.Version || g.Position != w.Position || g.ID != w.ID || g.Type != w.Type ||
			!bytes.Equal(g.Meta, w.Meta) || !bytes.Equal(g.Data, w.Data) {
			return fmt.Sprintf("event %d is %+v, want %+v", i, *g, *w)
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d events, want %d", len(got), len(want))
	}
	return ""
}
