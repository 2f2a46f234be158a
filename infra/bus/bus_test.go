package bus_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder keeps what a subscription delivers, in order; panics as often as it is told to.
type recorder struct {
	mu     sync.Mutex
	events []event.Recorded
	marks  []int // number of events before each watermark
	panics int
}

func (r *recorder) Events(events []event.Recorded) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.panics > 0 {
		r.panics--
		panic("a handler's mistake")
	}
	r.events = append(r.events, events...)
}

func (r *recorder) Watermark(event.Position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks = append(r.marks, len(r.events))
}

func (r *recorder) seen() ([]event.Recorded, []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events, r.marks
}

type badMessages struct{ atomic.Int64 }

func (b *badMessages) BadMessage() { b.Add(1) }

func newLocal(t *testing.T) (*bus.Local, *badMessages) {
	t.Helper()
	bad := new(badMessages)
	local := bus.NewLocal(bad, slog.New(slog.NewTextHandler(io.Discard, nil)))
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return local, bad
}

func history(game string, n int) []event.Recorded {
	stream := event.GameStream(game)
	head := event.Genesis(stream)
	events := make([]event.Recorded, 0, n)
	for v := 1; v <= n; v++ {
		meta, data := []byte(`{"at":1}`), []byte(fmt.Sprintf(`{"m":%d}`, v))
		head = event.Next(head, "move-played.v1", meta, data)
		events = append(events, event.Recorded{
			Stream: stream, Version: uint64(v), Position: event.Position(fmt.Sprintf("%08d", v)),
			ID: head.ID(), Type: "move-played.v1", Meta: meta, Data: data,
		})
	}
	return events
}

func TestEveryEventArrivesUntouchedAndInOrder(t *testing.T) {
	local, bad := newLocal(t)
	var subscribers [3]recorder
	for i := range subscribers {
		if err := local.Subscribe(t.Context(), fmt.Sprint("watch-", i), &subscribers[i]); err != nil {
			t.Fatal(err)
		}
	}
	want := history("k3JqT9xBv2Lm", 3*bus.MaxBatch+7)
	for part := want; len(part) > 0; {
		n := min(len(part), 500)
		if err := local.Publish(t.Context(), part[:n]); err != nil {
			t.Fatal(err)
		}
		part = part[n:]
	}
	if err := local.Watermark(t.Context(), "00000775"); err != nil {
		t.Fatal(err)
	}
	for i := range subscribers {
		got, marks := subscribers[i].seen()
		if len(got) != len(want) {
			t.Fatalf("subscriber %d got %d events, want %d", i, len(got), len(want))
		}
		for j := range want {
			if fmt.Sprintf("%+v", got[j]) != fmt.Sprintf("%+v", want[j]) {
				t.Fatalf("subscriber %d, event %d: got %+v, want %+v", i, j, got[j], want[j])
			}
		}
		if len(marks) != 1 || marks[0] != len(want) {
			t.Errorf("subscriber %d: watermarks after %v events, want one behind all of them", i, marks)
		}
	}
	if n := bad.Load(); n != 0 {
		t.Errorf("%d bad messages", n)
	}
}

func TestPublishReturnsAfterTheHandlers(t *testing.T) {
	local, _ := newLocal(t)
	var r recorder
	if err := local.Subscribe(t.Context(), "watch", &r); err != nil {
		t.Fatal(err)
	}
	events := history("k3JqT9xBv2Lm", 2000)
	for i := range events {
		if err := local.Publish(t.Context(), events[i:i+1]); err != nil {
			t.Fatal(err)
		}
		if got, _ := r.seen(); len(got) != i+1 {
			t.Fatalf("Publish number %d returned with %d events handled", i+1, len(got))
		}
	}
}

func TestAPanickingHandlerIsTriedAgain(t *testing.T) {
	local, bad := newLocal(t)
	r := recorder{panics: 2}
	if err := local.Subscribe(t.Context(), "watch", &r); err != nil {
		t.Fatal(err)
	}
	if err := local.Publish(t.Context(), history("k3JqT9xBv2Lm", 3)); err != nil {
		t.Fatal(err)
	}
	if got, _ := r.seen(); len(got) != 3 || bad.Load() != 0 {
		t.Fatalf("got %d events and %d bad messages, want 3 and 0", len(got), bad.Load())
	}
}

func TestWhatNobodyCanHandleIsSkipped(t *testing.T) {
	local, bad := newLocal(t)
	r := recorder{panics: 1000}
	if err := local.Subscribe(t.Context(), "watch", &r); err != nil {
		t.Fatal(err)
	}
	events := history("k3JqT9xBv2Lm", 2)
	if err := local.Publish(t.Context(), events[:1]); err != nil {
		t.Fatal(err)
	}
	if bad.Load() != 1 {
		t.Fatalf("%d bad messages, want 1", bad.Load())
	}
	r.mu.Lock()
	r.panics = 0
	r.mu.Unlock()
	if err := local.Publish(t.Context(), events[1:]); err != nil {
		t.Fatal(err)
	}
	if got, _ := r.seen(); len(got) != 1 || got[0].Version != 2 {
		t.Fatalf("got %v, want version 2 behind the gap", got)
	}
}

func TestASubscriptionEndsWithItsContext(t *testing.T) {
	local, _ := newLocal(t)
	ctx, cancel := context.WithCancel(t.Context())
	var gone, stays recorder
	if err := local.Subscribe(ctx, "gone", &gone); err != nil {
		t.Fatal(err)
	}
	if err := local.Subscribe(t.Context(), "stays", &stays); err != nil {
		t.Fatal(err)
	}
	cancel()
	// The end takes effect soon, not at once; a Publish that meets it must not hang.
	deadline := time.Now().Add(time.Minute)
	published := 0
	for before := -1; ; {
		if err := local.Publish(t.Context(), history("k3JqT9xBv2Lm", 1)); err != nil {
			t.Fatal(err)
		}
		published++
		got, _ := gone.seen()
		if len(got) == before {
			break
		}
		before = len(got)
		if time.Now().After(deadline) {
			t.Fatal("the subscription outlived its context")
		}
	}
	if got, _ := stays.seen(); len(got) != published {
		t.Errorf("the other subscription got %d events, want %d", len(got), published)
	}
}

type stuck struct{ entered, leave chan struct{} }

func (s stuck) Events([]event.Recorded) { close(s.entered); <-s.leave }
func (stuck) Watermark(event.Position)  {}

func TestCloseFreesAPublishThatWaits(t *testing.T) {
	local, _ := newLocal(t)
	s := stuck{make(chan struct{}), make(chan struct{})}
	if err := local.Subscribe(t.Context(), "stuck", s); err != nil {
		t.Fatal(err)
	}
	published := make(chan error, 1)
	go func() { published <- local.Publish(context.Background(), history("k3JqT9xBv2Lm", 1)) }()
	<-s.entered
	closed := make(chan error, 1)
	go func() { closed <- local.Close() }()
	if err := <-published; err != nil {
		t.Errorf("publish: %v", err)
	}
	close(s.leave)
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if err := local.Publish(context.Background(), history("k3JqT9xBv2Lm", 1)); err == nil {
		t.Error("a closed bus took events")
	}
}
