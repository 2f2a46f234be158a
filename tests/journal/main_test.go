package journal_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/tests/conformance/eventstore"
	"github.com/plygames/ply/tests/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

// rig is a real Redis and a store in memory.
type rig struct {
	*testing.T
	redis  *harness.Redis
	client *redis.Client
	store  *memory
	seen   *watcher
}

func newRig(t *testing.T, settings ...string) *rig {
	t.Helper()
	r := &rig{T: t, redis: harness.StartRedis(t, settings...), store: newMemory(), seen: &watcher{}}
	r.client = r.connect()
	return r
}

// connect makes one more connection, as another server would.
func (r *rig) connect() *redis.Client {
	r.Helper()
	client, err := redis.Open(redis.Config{Address: r.redis.Addr})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(client.Close)
	return client
}

// server starts a journal as a server does: it flushes by itself. change may be nil.
func (r *rig) server(change func(*journal.Options)) *journal.Journal {
	r.Helper()
	o := journal.Options{Config: journal.Config{
		FlushEvery: time.Millisecond, ScanEvery: 20 * time.Millisecond, CloseWithin: time.Second, Observer: r.seen,
	}}
	if change != nil {
		change(&o)
	}
	j, err := journal.Open(r.Context(), r.store, r.client, o)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = j.Close() })
	return j
}

// still makes a journal over a store that does nothing by itself, for tests that say what happens when.
func (r *rig) still(store commands.EventStore) *journal.Journal {
	r.Helper()
	incarnation, err := journal.AgreeOn(r.Context(), r.store, r.client)
	if err != nil {
		r.Fatal(err)
	}
	return journal.New(journal.Config{Store: store, Keys: journal.NewKeys(r.client, incarnation, 5*time.Second), Observer: r.seen})
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) mustBe(err error, want ...error) {
	r.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			r.Fatalf("%v; want %v", err, w)
		}
	}
}

// stored checks what the store has of a stream.
func (r *rig) stored(stream event.Stream, want []event.Recorded) {
	r.Helper()
	if got := r.store.read(stream, 1); !slices.Equal(ids(got), ids(want)) {
		r.Fatalf("the store has %d events of %s, want these %d", len(got), stream, len(want))
	}
}

func (r *rig) eventually(what string, so func() bool) {
	r.Helper()
	harness.Eventually(r, patience, what, so)
}

func (r *rig) eventuallyStored(stream event.Stream, want []event.Recorded) {
	r.Helper()
	r.eventually("the store has the events", func() bool { return len(r.store.read(stream, 1)) >= len(want) })
	r.stored(stream, want)
}

func put(j *journal.Journal, events []event.Recorded) error {
	return j.Append(context.Background(), events[0].Stream, events[0].Version-1, events)
}

func collect(seq iter.Seq2[event.Recorded, error]) (events []event.Recorded, err error) {
	for e, err := range seq {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

func ids(events []event.Recorded) []event.ID {
	ids := make([]event.ID, len(events))
	for i := range events {
		ids[i] = events[i].ID
	}
	return ids
}

// game begins a history.
func game() eventstore.Script { return eventstore.NewScript() }

// watcher is an Observer that keeps what it is told.
type watcher struct {
	mu       sync.Mutex
	alarms   []string
	outcomes map[string]int
	trusted  bool
	halted   int
	largest  int // events in one append to the store
}

func (w *watcher) Appended(_ float64, _ int, outcome string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.outcomes == nil {
		w.outcomes = map[string]int{}
	}
	w.outcomes[outcome]++
}

func (w *watcher) Flushed(_ float64, events int, _ bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.largest = max(w.largest, events)
}

func (w *watcher) Guard(ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trusted = ok
}

func (w *watcher) Halted(games int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.halted = games
}

func (w *watcher) Alarm(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alarms = append(w.alarms, what)
}

func (w *watcher) Reseeded()   {}
func (w *watcher) Waiting(int) {}
func (w *watcher) Tail(int)    {}

func (w *watcher) alarmed(what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.alarms, what)
}

func (w *watcher) largestFlush() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.largest
}

func (w *watcher) trusts() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trusted
}

// gated is a store whose calls can be held up: before each read or append the hook is called with its name.
type gated struct {
	commands.EventStore
	after, before func(call string, stream event.Stream)
}

func (g *gated) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	g.hook(g.before, "append", stream)
	err := g.EventStore.Append(ctx, stream, expected, events)
	g.hook(g.after, "append", stream)
	return err
}

func (g *gated) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		g.hook(g.before, "read", stream)
		events, err := collect(g.EventStore.ReadStream(ctx, stream, from))
		g.hook(g.after, "read", stream)
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(event.Recorded{}, err)
		}
	}
}

func (g *gated) hook(f func(string, event.Stream), call string, stream event.Stream) {
	if f != nil {
		f(call, stream)
	}
}

// gate holds up the first call of a kind until it is opened.
type gate struct {
	once          sync.Once
	reached, open chan struct{}
	call          string
}

func newGate(call string) *gate {
	return &gate{reached: make(chan struct{}), open: make(chan struct{}), call: call}
}

func (g *gate) hold(call string, _ event.Stream) {
	if call == g.call {
		g.once.Do(func() {
			close(g.reached)
			<-g.open
		})
	}
}

func (g *gate) wait(t testing.TB) {
	t.Helper()
	select {
	case <-g.reached:
	case <-time.After(patience):
		t.Fatal("nobody came to the gate: " + g.call)
	}
}

var errBroken = fmt.Errorf("%w: it is away", commands.ErrUnavailable)

// away is a store that does not take appends to games while it is told so.
type away struct {
	commands.EventStore
	mu  sync.Mutex
	off bool
}

func (a *away) set(off bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.off = off
}

func (a *away) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	a.mu.Lock()
	off := a.off
	a.mu.Unlock()
	if _, isGame := stream.Game(); isGame && off {
		return errBroken
	}
	return a.EventStore.Append(ctx, stream, expected, events)
}
