package eventstore

import (
	"errors"
	"fmt"
	"sync"

	"github.com/plygames/ply/domain/event"
)

func positionsExclusive(t TB, h Harness) {
	s, a, b := newStage(t, h), NewScript(), NewScript()
	only, before := of(a, b), s.head()
	var want []event.Recorded
	for range 5 {
		for _, script := range []*Script{&a, &b} {
			events := script.Say("x", "y")
			s.must(events)
			s.h.settle() // so that the order between streams is that of the appends
			want = append(want, events...)
		}
	}
	got := s.all(before, only)
	s.same("read all", got, want)
	s.ascending("read all", got)
	for i, e := range got {
		s.same(fmt.Sprintf("read all after event %d", i), s.all(e.Position, only), want[i+1:])
	}
	head := s.head()
	if last := got[len(got)-1].Position; head < last {
		s.Errorf("head %q is before the last event %q", string(head), string(last))
	}
	s.same("read all after the head", s.all(head, only), nil)
	for i, e := range s.stream(a.Stream) {
		if at := got[i/2*4+i%2]; at.Position != e.Position {
			s.Errorf("version %d is at %q in its stream and at %q in the global order", e.Version, e.Position, at.Position)
		}
	}
}

// ascending checks positions, and that every stream's events stand in the order of their versions.
func (s *stage) ascending(what string, events []event.Recorded) {
	s.Helper()
	versions := map[event.Stream]uint64{}
	for i, e := range events {
		if i > 0 && e.Position <= events[i-1].Position {
			s.Fatalf("%s: position %q follows %q", what, string(e.Position), string(events[i-1].Position))
		}
		if v, seen := versions[e.Stream]; seen && e.Version != v+1 {
			s.Fatalf("%s: %s has version %d behind %d", what, e.Stream, e.Version, v)
		}
		versions[e.Stream] = e.Version
	}
}

// busy appends to many streams at once and waits for the end.
type busy struct {
	scripts []Script
	total   int
	wg      sync.WaitGroup
	errs    []error
}

func (s *stage) busy(writers, versions int) *busy {
	b := &busy{scripts: make([]Script, writers), total: writers * versions, errs: make([]error, writers)}
	for w := range writers {
		b.scripts[w] = NewScript()
	}
	for w := range writers {
		script := b.scripts[w]
		b.wg.Go(func() {
			for script.Version < uint64(versions) && b.errs[w] == nil {
				b.errs[w] = s.append(script.Say("x"))
			}
		})
	}
	return b
}

func (s *stage) rest(b *busy) {
	s.Helper()
	b.wg.Wait()
	if err := errors.Join(b.errs...); err != nil {
		s.Fatalf("%v", err)
	}
}

// noHoles subscribes while others append: what was shown live must be, event by event, what the order is afterwards. A
// store that makes a later position visible before an earlier one fails here.
func noHoles(t TB, h Harness) {
	s := newStage(t, h)
	before := s.head()
	watcher, first := s.watch(before), NewScript()
	s.must(first.Say("are you there?"))
	s.await("the first event at the subscriber", watcher.woken, func() bool { return len(watcher.seen(of(first))) == 1 })
	var scripts []Script
	total := 0
	for range 10 { // many times: the subscriber has to look at the very moment
		b := s.busy(16, 10)
		s.rest(b)
		scripts, total = append(scripts, b.scripts...), total+b.total
		only := of(scripts...)
		s.await("all events at the subscriber", watcher.woken, func() bool { return len(watcher.seen(only)) >= total })
	}
	only := of(scripts...)
	live := watcher.seen(only)
	s.ascending("subscriber", live)
	after := s.all(before, only)
	s.ascending("read all", after)
	s.same("subscriber against the order afterwards", live, after)
	for i := range after {
		if live[i].Position != after[i].Position {
			s.Fatalf("event %d was shown at %q and is at %q", i, string(live[i].Position), string(after[i].Position))
		}
	}
	if len(after) != total {
		s.Errorf("the global order has %d events; want %d", len(after), total)
	}
}

// paging reads the order bit by bit while others append.
func paging(t TB, h Harness) {
	s := newStage(t, h)
	before := s.head()
	b := s.busy(16, 50)
	only := of(b.scripts...)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		b.wg.Wait()
	}()
	var pages []event.Recorded
	for last, final := before, false; ; {
		page := s.all(last, only)
		if len(page) > 0 {
			pages = append(pages, page...)
			last = page[len(page)-1].Position
		}
		if final {
			break
		}
		select {
		case <-finished:
			final = true
		default:
		}
	}
	s.rest(b)
	s.ascending("pages", pages)
	s.same("pages against the order afterwards", pages, s.all(before, only))
	if len(pages) != b.total {
		s.Errorf("%d events in all pages; want %d", len(pages), b.total)
	}
}
