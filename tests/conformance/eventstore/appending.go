package eventstore

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

func wrongExpected(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	first := script.Say("1", "2", "3")
	s.must(first)
	ahead := script
	ahead.Say("skipped")
	s.refused(ahead.Say("5"), "the stream is at 3, not at 4")
	early := NewScript()
	early.Stream = script.Stream
	s.refused(early.Say("a", "b", "c", "d"), "the stream is not new")
	s.holds(script.Stream, first)
	next := script.Say("4")
	s.must(next)
	s.holds(script.Stream, slices.Concat(first, next))
}

func repeated(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	first, second, third := script.Say("1"), script.Say("2", "3"), script.Say("4")
	s.must(first)
	s.must(first)
	s.must(second)
	s.must(second)
	s.must(first)
	s.must(third)
	for _, again := range [][]event.Recorded{first, second, third, slices.Concat(first, second), second[:1], second[1:]} {
		s.must(again)
	}
	s.holds(script.Stream, slices.Concat(first, second, third))
}

func otherEvents(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	fork := script
	written := script.Say("1", "2", "3")
	s.must(written)
	s.refused(fork.Say("other 1"), "version 1 is another event")
	after := resume(written[:1])
	s.refused(after.Say("other 2", "other 3"), "versions 2 and 3 are other events")
	half := []event.Recorded{written[1], after.Say("x")[0]}
	half[1].Version = 3
	s.refused(half, "version 3 is another event")
	s.holds(script.Stream, written)
}

func partialOverlap(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	written := script.Say("1", "2")
	s.must(written)
	more := script.Say("3")
	s.refused(slices.Concat(written, more), "two of three are there")
	s.refused(slices.Concat(written[1:], more), "one of two is there")
	s.holds(script.Stream, written)
	s.must(more)
	s.holds(script.Stream, slices.Concat(written, more))
}

// allOrNone reads a stream while appends of five events each go on: every read sees whole appends.
func allOrNone(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	const size, rounds = 5, 40
	done := make(chan error, 1)
	var want []event.Recorded
	var batches [][]event.Recorded
	for range rounds {
		events := script.Say("a", "b", "c", "d", "e")
		batches, want = append(batches, events), append(want, events...)
	}
	go func() {
		for _, events := range batches {
			if err := s.append(events); err != nil {
				done <- fmt.Errorf("append of %s: %w", span(events), err)
				return
			}
		}
		done <- nil
	}()
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				s.Fatalf("%v", err)
			}
			running = false
		default:
		}
		if n := len(s.stream(script.Stream)); n%size != 0 {
			<-done
			s.Fatalf("a reader saw %d events, appended by %d", n, size)
		}
	}
	s.holds(script.Stream, want)
	conflict := resume(want[:size])
	s.refused(conflict.Say("x", "y"), "other events are there")
	s.holds(script.Stream, want)
}

// twoWriters lets many race for every version of one stream.
func twoWriters(t TB, h Harness) {
	s := newStage(t, h)
	const writers, versions = 8, 25
	stream := NewScript().Stream
	var past []event.Recorded
	for version := range versions {
		base := ScriptOf(stream)
		if version > 0 {
			base = resume(past)
		}
		var wg sync.WaitGroup
		results := make([]error, writers)
		attempts := make([][]event.Recorded, writers)
		for w := range writers {
			fork := base
			attempts[w] = fork.Say(fmt.Sprintf("version %d by %d", version+1, w))
			wg.Go(func() { results[w] = s.append(attempts[w]) })
		}
		wg.Wait()
		var won []int
		for w, err := range results {
			switch {
			case err == nil:
				won = append(won, w)
			case !errors.Is(err, commands.ErrConflict):
				s.Fatalf("version %d, writer %d: %v", version+1, w, err)
			}
		}
		if len(won) != 1 {
			s.Fatalf("version %d: %d writers were told that they wrote it", version+1, len(won))
		}
		past = append(past, attempts[won[0]]...)
		s.holds(stream, past)
	}
}

// crowd has many writers on many streams, each sending everything twice at once.
func crowd(t TB, h Harness) {
	s := newStage(t, h)
	const writers, versions = 32, 20
	before := s.head()
	scripts := make([]Script, writers)
	wrote := make([][]event.Recorded, writers)
	errs := make([]error, 2*writers)
	var wg sync.WaitGroup
	for w := range writers {
		scripts[w] = NewScript()
		only := &scripts[w]
		wg.Go(func() {
			for range versions {
				events := only.Say("once")
				var twin sync.WaitGroup
				twin.Go(func() { errs[2*w+1] = errors.Join(errs[2*w+1], s.append(events)) })
				errs[2*w] = errors.Join(errs[2*w], s.append(events))
				twin.Wait()
				wrote[w] = append(wrote[w], events...)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		s.Fatalf("%v", err)
	}
	for w := range writers {
		s.holds(scripts[w].Stream, wrote[w])
	}
	if n := len(s.all(before, of(scripts...))); n != writers*versions {
		s.Errorf("the global order has %d events; want %d", n, writers*versions)
	}
}
