package relay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/projections"
)

// store is a log in memory. Positions are the events' numbers.
type store struct {
	mu     sync.Mutex
	events []event.Recorded
	grown  chan struct{}
}

func newStore(streams ...event.Stream) *store {
	s := &store{grown: make(chan struct{})}
	s.append(streams...)
	return s
}

func (s *store) append(streams ...event.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stream := range streams {
		n := len(s.events) + 1
		s.events = append(s.events, event.Recorded{
			Stream: stream, Version: uint64(n), Position: position(n), ID: event.ID{byte(n)},
			Meta: event.Meta{At: time.Now().UnixMilli()}.Encode(),
		})
	}
	close(s.grown)
	s.grown = make(chan struct{})
}

func position(n int) event.Position { return event.Position(fmt.Sprintf("%06d", n)) }

func (s *store) Head(context.Context) (event.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) == 0 {
		return "", nil
	}
	return position(len(s.events)), nil
}

func (s *store) EventAt(_ context.Context, at event.Position) (event.ID, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Position == at {
			return e.ID, true, nil
		}
	}
	return event.ID{}, false, nil
}

func (s *store) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	for {
		s.mu.Lock()
		from, _ := slices.BinarySearchFunc(s.events, after, func(e event.Recorded, at event.Position) int {
			if e.Position <= at {
				return -1
			}
			return 1
		})
		batch, grown := slices.Clone(s.events[from:]), s.grown
		s.mu.Unlock()
		if len(batch) == 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-grown:
			}
			continue
		}
		if err := handle(batch); err != nil {
			return err
		}
		after = batch[len(batch)-1].Position
	}
}

// wire is a bus that keeps what it is given, and fails as often as it is told to.
type wire struct {
	mu       sync.Mutex
	out      []event.Recorded
	marks    []event.Position
	failures int
}

func (w *wire) Publish(_ context.Context, events []event.Recorded) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failures > 0 {
		w.failures--
		return errors.New("the broker is away")
	}
	w.out = append(w.out, events...)
	return nil
}

func (w *wire) Watermark(_ context.Context, at event.Position) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks = append(w.marks, at)
	return nil
}

func (w *wire) versions() []uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var versions []uint64
	for _, e := range w.out {
		versions = append(versions, e.Version)
	}
	return versions
}

func (w *wire) mark() event.Position {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.marks) == 0 {
		return ""
	}
	return w.marks[len(w.marks)-1]
}

// checkpoints is one checkpoint in memory.
type checkpoints struct {
	mu sync.Mutex
	at projections.Checkpoint
}

func (c *checkpoints) Load(context.Context) (projections.Checkpoint, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at, nil
}

func (c *checkpoints) Save(_ context.Context, at projections.Checkpoint) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
	return nil
}

type observer struct {
	mu     sync.Mutex
	alarms []string
	lag    time.Duration
}

func (o *observer) Relayed(_ int, lag time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lag = lag
}

func (o *observer) Alarm(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.alarms = append(o.alarms, what)
}

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// run opens a relay and runs it until stop is called. It is to be used inside a synctest bubble.
func run(t *testing.T, c relay.Config) (stop func()) {
	t.Helper()
	c.Logger = silent
	if c.Observer == nil {
		c.Observer = new(observer)
	}
	r, err := relay.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	}
}

func TestABusThatForgetsStartsAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newStore("game-a", "game-a"), new(wire)
		stop := run(t, relay.Config{Log: s, Bus: w})
		s.append("game-a", "player-p", "game-b")
		synctest.Wait()
		if got := w.versions(); !slices.Equal(got, []uint64{3, 5}) {
			t.Errorf("published %v, want the games' events after the start, 3 and 5", got)
		}
		time.Sleep(1001 * time.Millisecond)
		synctest.Wait()
		if got := w.mark(); got != position(5) {
			t.Errorf("watermark %q, want %q", got, position(5))
		}
		s.append("player-p")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := w.mark(); got != position(6) {
			t.Errorf("watermark %q, want %q: what is not published is out as well", got, position(6))
		}
		stop()
	})
}

func TestACheckpointMovesOnlyAfterTheBusHasTheEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, c := newStore("game-a", "game-a"), &wire{failures: 3}, new(checkpoints)
		stop := run(t, relay.Config{Log: s, Bus: w, Checkpoints: c, Prover: s})
		if at, _ := c.Load(t.Context()); at.Position != "" {
			t.Fatalf("checkpoint %+v while the bus was away", at)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.versions(); !slices.Equal(got, []uint64{1, 2}) {
			t.Fatalf("published %v, want 1 and 2", got)
		}
		if at, _ := c.Load(t.Context()); at.Position != position(2) || at.ID != (event.ID{2}) {
			t.Fatalf("checkpoint %+v, want the one of event 2", at)
		}
		stop()

		s.append("game-a")
		stop = run(t, relay.Config{Log: s, Bus: w, Checkpoints: c, Prover: s})
		if got := w.versions(); !slices.Equal(got, []uint64{1, 2, 3}) {
			t.Errorf("published %v after a restart, want just event 3 more", got)
		}
		stop()
	})
}

func TestACheckpointOfAnotherHistoryIsNotBelieved(t *testing.T) {
	for name, at := range map[string]projections.Checkpoint{
		"beyond the end":  {Position: position(9), ID: event.ID{9}},
		"of other events": {Position: position(2), ID: event.ID{77}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w, o := newStore("game-a", "game-a"), new(wire), new(observer)
				stop := run(t, relay.Config{Log: s, Bus: w, Checkpoints: &checkpoints{at: at}, Prover: s, Observer: o})
				if got := w.versions(); !slices.Equal(got, []uint64{1, 2}) {
					t.Errorf("published %v, want everything again", got)
				}
				if len(o.alarms) != 1 {
					t.Errorf("alarms %v, want one", o.alarms)
				}
				stop()
			})
		})
	}
}

// takenBack is a store whose subscriptions end with an error as soon as it is restored from a backup.
type takenBack struct {
	*store
	restored chan struct{}
}

func (s *takenBack) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	s.mu.Lock()
	behind := after != "" && after > position(len(s.events))
	restored := s.restored
	s.mu.Unlock()
	if behind {
		return errors.New("the store is behind")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-restored:
			cancel()
		case <-ctx.Done():
		}
	}()
	return s.store.SubscribeAll(ctx, after, handle)
}

// restore leaves the first n events.
func (s *takenBack) restore(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = s.events[:n:n]
	close(s.restored)
	s.restored = make(chan struct{})
}

func TestAStoreTakenBackWhileTheRelayRuns(t *testing.T) {
	for name, c := range map[string]relay.Checkpoints{"with checkpoints": new(checkpoints), "with a bus that forgets": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w, o := &takenBack{newStore(), make(chan struct{})}, new(wire), new(observer)
				stop := run(t, relay.Config{Log: s, Bus: w, Checkpoints: c, Prover: s, Observer: o})
				s.append("game-a", "game-a", "game-a")
				synctest.Wait()
				s.restore(1)
				time.Sleep(time.Minute)
				synctest.Wait()
				s.append("game-b")
				synctest.Wait()
				if got := w.versions(); !slices.Equal(got, []uint64{1, 2, 3, 1, 2}) {
					t.Errorf("published %v, want what is left again and then the new event", got)
				}
				if len(o.alarms) != 1 {
					t.Errorf("alarms %v, want one", o.alarms)
				}
				stop()
			})
		})
	}
}

func TestLagIsMeasuredFromTheOldestEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, o := newStore("game-a"), new(wire), new(observer)
		time.Sleep(7 * time.Second)
		stop := run(t, relay.Config{Log: s, Bus: w, Checkpoints: new(checkpoints), Prover: s, Observer: o})
		if o.lag != 7*time.Second {
			t.Errorf("lag %v, want 7s", o.lag)
		}
		stop()
	})
}

// slow is a wire that is busy for a second over each call, and notes how much each brought. In a bubble nothing may wait
// for it by a lock, such as a watermark does.
type slow struct {
	wire
	calls []int
}

func (s *slow) Publish(ctx context.Context, events []event.Recorded) error {
	time.Sleep(time.Second)
	s.mu.Lock()
	s.calls = append(s.calls, len(events))
	s.mu.Unlock()
	return s.wire.Publish(ctx, events)
}

func TestABusyBusGetsAllThatHasComeMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newStore(), new(slow)
		stop := run(t, relay.Config{Log: s, Bus: w, AtOnce: 100, Watermark: time.Hour})
		s.append("game-a")
		synctest.Wait()
		for range 250 {
			s.append("game-a")
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !slices.Equal(w.calls, []int{1, 100, 100, 50}) {
			t.Errorf("calls of %v events, want 1, then at most 100 at once", w.calls)
		}
		for i, v := range w.versions() {
			if v != uint64(i+1) {
				t.Fatalf("version %d in place %d", v, i+1)
			}
		}
		stop()
	})
}

func TestWhatWasReadBeforeTheStoreFailedIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newStore("game-a", "game-a", "game-a"), new(slow)
		f := &failing{store: s}
		stop := run(t, relay.Config{Log: f, Bus: w, Checkpoints: new(checkpoints), Prover: s, Watermark: time.Hour})
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.versions(); !slices.Equal(got, []uint64{1, 2, 3}) {
			t.Errorf("published %v, want each event once", got)
		}
		stop()
	})
}

// failing is a store whose first subscription breaks off after what is there.
type failing struct {
	*store
	failed bool
}

func (f *failing) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	if f.failed {
		return f.store.SubscribeAll(ctx, after, handle)
	}
	f.failed = true
	if err := handle(slices.Clone(f.events)); err != nil {
		return err
	}
	return errors.New("the store broke off")
}
