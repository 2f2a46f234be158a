package eventstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// watcher is a subscription that keeps what it was shown.
type watcher struct {
	woken chan struct{}
	stop  context.CancelFunc
	ended chan error

	mu     sync.Mutex
	events []event.Recorded
	empty  bool // a batch without events came
}

// watch subscribes behind a position. The subscription ends with the check.
func (s *stage) watch(after event.Position) *watcher {
	ctx, cancel := context.WithCancel(s.ctx)
	w := &watcher{woken: make(chan struct{}, 1), stop: cancel, ended: make(chan error, 1)}
	store := s.store
	go func() {
		w.ended <- store.SubscribeAll(ctx, after, func(batch []event.Recorded) error {
			w.mu.Lock()
			w.events = append(w.events, batch...)
			w.empty = w.empty || len(batch) == 0
			w.mu.Unlock()
			select {
			case w.woken <- struct{}{}:
			default:
			}
			return nil
		})
	}()
	s.Cleanup(cancel)
	return w
}

func (w *watcher) seen(only streams) []event.Recorded {
	w.mu.Lock()
	defer w.mu.Unlock()
	var events []event.Recorded
	for _, e := range w.events {
		if only[e.Stream] {
			events = append(events, e)
		}
	}
	return events
}

// handOver subscribes at every stage of a history that goes on meanwhile.
func handOver(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	only, before := of(script), s.head()
	var want []event.Recorded
	var watchers []*watcher
	for round := range 30 {
		w := s.watch(before)
		watchers = append(watchers, w)
		if round%2 == 1 { // let every other one come to the end first
			s.await("the events so far", w.woken, func() bool { return len(w.seen(only)) >= len(want) })
		}
		events := script.Say("x", "y")
		s.must(events)
		want = append(want, events...)
	}
	for i, w := range watchers {
		s.await("all events at each subscriber", w.woken, func() bool { return len(w.seen(only)) >= len(want) })
		s.same("subscriber", w.seen(only), want)
		if w.empty {
			s.Errorf("subscriber %d got an empty batch", i)
		}
	}
	middle := s.all(before, only)[29]
	late := s.watch(middle.Position)
	more := script.Say("z")
	s.must(more)
	rest := slices.Concat(want[30:], more)
	s.await("the rest at a late subscriber", late.woken, func() bool { return len(late.seen(only)) >= len(rest) })
	s.same("late subscriber", late.seen(only), rest)
}

// slowSubscriber blocks in its handler while others append.
func slowSubscriber(t TB, h Harness) {
	s := newStage(t, h)
	before := s.head()
	ctx, cancel := context.WithCancel(s.ctx)
	entered, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var got []event.Recorded
	var mu sync.Mutex
	woken, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.store.SubscribeAll(ctx, before, func(batch []event.Recorded) error {
			once.Do(func() {
				close(entered)
				<-goOn
			})
			mu.Lock()
			got = append(got, batch...)
			mu.Unlock()
			select {
			case woken <- struct{}{}:
			default:
			}
			return nil
		})
	}()
	s.Cleanup(func() {
		cancel()
		<-ended
	})
	first := NewScript()
	s.must(first.Say("wake up"))
	select {
	case <-entered:
	case <-time.After(h.patience()):
		close(goOn)
		s.Fatalf("the subscriber was not shown the first event")
	}
	b := s.busy(8, 50)
	b.wg.Wait() // returns although the handler is stuck
	close(goOn)
	s.rest(b)
	only := of(append(b.scripts, first)...)
	seen := func() (mine []event.Recorded) {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range got {
			if only[e.Stream] {
				mine = append(mine, e)
			}
		}
		return mine
	}
	s.await("all events at the slow subscriber", woken, func() bool { return len(seen()) >= b.total+1 })
	s.same("slow subscriber", seen(), s.all(before, only))
}

func handlerError(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	before := s.head()
	s.must(script.Say("x"))
	mine := errors.New("the handler's own")
	calls := 0
	err := s.store.SubscribeAll(s.ctx, before, func([]event.Recorded) error {
		calls++
		return mine
	})
	if !errors.Is(err, mine) || calls != 1 {
		s.Errorf("the subscription ended after %d calls with %v; want 1 call and %v", calls, err, mine)
	}
}

func subscriptionContext(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	w := s.watch(s.head())
	s.must(script.Say("x"))
	s.await("the event", w.woken, func() bool { return len(w.seen(of(script))) == 1 })
	w.stop()
	select {
	case err := <-w.ended:
		if err == nil {
			s.Errorf("the subscription ended without an error")
		}
	case <-time.After(h.patience()):
		s.Fatalf("the subscription goes on after its context ended")
	}
}

// endedContext appends with contexts that end at all moments and holds every answer against the stream.
func endedContext(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	start := script.Say("never begun")
	if err := s.store.Append(ctx, script.Stream, 0, start); err == nil {
		s.Errorf("an append with an ended context succeeded")
	}
	type attempt struct {
		events []event.Recorded
		err    error
	}
	attempts := make([]attempt, 200)
	var wg sync.WaitGroup
	for i := range attempts {
		fork := NewScript()
		attempts[i].events = fork.Say("one", "two")
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(s.ctx, time.Duration(i)*20*time.Microsecond)
			defer cancel()
			attempts[i].err = s.store.Append(ctx, fork.Stream, 0, attempts[i].events)
		})
	}
	wg.Wait()
	s.settle()
	for i, a := range attempts {
		there := len(s.stream(a.events[0].Stream))
		switch {
		case a.err == nil && there != 2:
			s.Errorf("append %d succeeded and left %d events", i, there)
		case errors.Is(a.err, commands.ErrUnavailable) && there != 0:
			s.Errorf("append %d was certainly not written, but there are %d events", i, there)
		case errors.Is(a.err, commands.ErrUnknown) && there != 0 && there != 2:
			s.Errorf("append %d left %d of 2 events", i, there)
		case a.err != nil && !errors.Is(a.err, commands.ErrUnavailable) && !errors.Is(a.err, commands.ErrUnknown):
			s.Errorf("append %d: %v; want unavailable or unknown", i, a.err)
		}
		s.must(a.events) // the repetition tells
		s.holds(a.events[0].Stream, a.events)
	}
}

// settle gives appends that are still on their way the time to arrive: those sent after them have.
func (s *stage) settle() {
	s.Helper()
	s.rest(s.busy(8, 4))
}
