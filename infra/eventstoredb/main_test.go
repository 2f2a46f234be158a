package eventstoredb_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	domain "github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/eventstoredb"
)

// The client's goroutines and connections end with Close: nothing needs to be ignored.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for what must happen.
const patience = 30 * time.Second

// eventually tries until there is no error.
func eventually(t testing.TB, what string, try func() error) {
	t.Helper()
	late := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for: %s; %v", what, err)
		}
	}
}

// open opens a store that is closed with the test.
func open(t testing.TB, config eventstoredb.Config) *eventstoredb.Store {
	t.Helper()
	config.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := eventstoredb.Open(ctx, config)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// start gives a stub and a store on it.
func start(t testing.TB) (*stub, *eventstoredb.Store) {
	server := newStub(t)
	return server, open(t, eventstoredb.Config{ConnectionString: server.url()})
}

// script writes the history of a stream.
type script struct {
	stream  domain.Stream
	version uint64
	hash    domain.Hash
}

func newScript(name string) *script {
	stream := domain.GameStream(name)
	return &script{stream: stream, hash: domain.Genesis(stream)}
}

func (s *script) next(n int) []domain.Recorded {
	events := make([]domain.Recorded, n)
	for i := range events {
		s.version++
		meta, data := []byte(`{}`), fmt.Appendf(nil, `{"n":%d}`, s.version)
		s.hash = domain.Next(s.hash, "tested.v1", meta, data)
		events[i] = domain.Recorded{
			Stream: s.stream, Version: s.version, ID: s.hash.ID(), Type: "tested.v1", Meta: meta, Data: data,
		}
	}
	return events
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func appendTo(ctx context.Context, s *eventstoredb.Store, events []domain.Recorded) error {
	return s.Append(ctx, events[0].Stream, events[0].Version-1, events)
}

func mustAppend(t testing.TB, s *eventstoredb.Store, events []domain.Recorded) {
	t.Helper()
	if err := appendTo(context.Background(), s, events); err != nil {
		t.Fatal(err)
	}
}

func mustBe(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v; want %v", err, want)
	}
}

func collect(seq iter.Seq2[domain.Recorded, error]) (events []domain.Recorded, err error) {
	for e, err := range seq {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

func length(t testing.TB, s *eventstoredb.Store, stream domain.Stream) int {
	t.Helper()
	events, err := collect(s.ReadStream(context.Background(), stream, 1))
	if err != nil {
		t.Fatal(err)
	}
	return len(events)
}

// tally is an observer that counts.
type tally struct {
	mu                            sync.Mutex
	calls                         map[string]int
	most, now                     int
	connected, lost, resubscribed int
}

func (c *tally) Called(kind, result string, _ float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[string]int{}
	}
	c.calls[kind+" "+result]++
}

func (c *tally) InFlight(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.most = n, max(c.most, n)
}

func (c *tally) count(n *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

func (c *tally) Connected()    { c.count(&c.connected) }
func (c *tally) Lost()         { c.count(&c.lost) }
func (c *tally) Resubscribed() { c.count(&c.resubscribed) }

func (c *tally) of(n *int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *n
}
