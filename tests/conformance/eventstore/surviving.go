package eventstore

import (
	"maps"
	"slices"
	"sync"

	"github.com/plygames/ply/domain/event"
)

func survivesReopen(t TB, h Harness) {
	if h.Reopen == nil {
		t.Skipf("this store can't be opened again")
	}
	s, script, other := newStage(t, h), NewScript(), NewScript()
	only, before := of(script, other), s.head()
	var want []event.Recorded
	for range 5 {
		for _, sc := range []*Script{&script, &other} {
			events := sc.Say("x")
			s.must(events)
			s.h.settle() // so that the order between streams is that of the appends
			want = append(want, events...)
		}
		was, head := s.all(before, only), s.head()
		s.store = h.Reopen()
		is := s.all(before, only)
		s.same("read all after opening again", is, want)
		for i := range is {
			if is[i].Position != was[i].Position {
				s.Fatalf("event %d was at %q and is at %q after opening again", i, string(was[i].Position), string(is[i].Position))
			}
		}
		if now := s.head(); now < head {
			s.Errorf("the head was %q and is %q after opening again", string(head), string(now))
		}
		s.must(want[len(want)-1:]) // still recognised
		fork := ScriptOf(script.Stream)
		s.refused(fork.Say("another"), "version 1 is another event")
	}
}

// power is a crowd of appenders whose power is going to be cut.
type power struct {
	mu    sync.Mutex
	sent  map[event.Stream][]event.Recorded // whole histories, acknowledged or not
	acked map[event.Stream]uint64           // version
	count int
	woken chan struct{}
}

func (s *stage) power(writers, size int) *power {
	p := &power{
		sent: map[event.Stream][]event.Recorded{}, acked: map[event.Stream]uint64{}, woken: make(chan struct{}, 1),
	}
	store := s.store
	texts := make([]string, size)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range writers {
		script := NewScript()
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				expected := script.Version
				events := script.Say(texts...)
				p.mu.Lock()
				p.sent[script.Stream] = append(p.sent[script.Stream], events...)
				p.mu.Unlock()
				if store.Append(s.ctx, script.Stream, expected, events) != nil {
					return // the power is gone
				}
				p.mu.Lock()
				p.acked[script.Stream] = script.Version
				p.count++
				p.mu.Unlock()
				select {
				case p.woken <- struct{}{}:
				default:
				}
			}
		})
	}
	s.Cleanup(func() {
		close(stop)
		wg.Wait()
	})
	return p
}

func (p *power) acks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// ledger is what was acknowledged up to now.
func (p *power) ledger() map[event.Stream]uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	copied := make(map[event.Stream]uint64, len(p.acked))
	for stream, version := range p.acked {
		copied[stream] = version
	}
	return copied
}

func (p *power) history(stream event.Stream) []event.Recorded {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[stream]
}

func (p *power) streams() []event.Stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.sent))
}

func survivesCrash(t TB, h Harness) {
	s, script := crashable(t, h), NewScript()
	var want []event.Recorded
	for _, appends := range []int{1, 2, 1, 13, 3} { // with nothing behind them that could carry them to the disk
		for range appends {
			events := script.Say("x")
			s.must(events)
			want = append(want, events...)
		}
		s.store = h.Crash()
		s.holds(script.Stream, want)
	}
	p := s.power(8, 1)
	s.await("200 acknowledgements", p.woken, func() bool { return p.acks() >= 200 })
	acked := p.ledger()
	s.store = h.Crash()
	for stream, version := range acked {
		got := s.stream(stream)
		if uint64(len(got)) < version {
			s.Fatalf("%s was acknowledged up to version %d and has %d events after the power cut", stream, version, len(got))
		}
		s.same("after the power cut, "+string(stream), got, p.history(stream)[:len(got)])
	}
}

// seenSurvives cuts the power several times: the moment between showing an event and making it durable is short.
func seenSurvives(t TB, h Harness) {
	s := crashable(t, h)
	for range 8 {
		w := s.watch(s.head())
		p := s.power(8, 1)
		s.await("50 acknowledgements", p.woken, func() bool { return p.acks() >= 50 })
		w.mu.Lock()
		seen := slices.Clone(w.events)
		w.mu.Unlock()
		s.store = h.Crash()
		have := map[event.ID]bool{}
		for _, stream := range p.streams() {
			for _, e := range s.stream(stream) {
				have[e.ID] = true
			}
		}
		for _, e := range seen {
			if p.history(e.Stream) != nil && !have[e.ID] {
				s.Fatalf("a subscriber was shown %s version %d, which the power cut took back", e.Stream, e.Version)
			}
		}
	}
}

func crashTearsNothing(t TB, h Harness) {
	s := crashable(t, h)
	const size = 5
	p := s.power(8, size)
	s.await("100 acknowledgements", p.woken, func() bool { return p.acks() >= 100 })
	s.store = h.Crash()
	for _, stream := range p.streams() {
		if n := len(s.stream(stream)); n%size != 0 {
			s.Fatalf("%s has %d events after the power cut, appended by %d", stream, n, size)
		}
	}
}

func crashable(t TB, h Harness) *stage {
	if h.Crash == nil {
		t.Skipf("this store's power can't be cut")
	}
	return newStage(t, h)
}
