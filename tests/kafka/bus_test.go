package kafka_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

func TestMain(m *testing.M) {
	// The library that sarama counts with has one goroutine for the whole process.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

const patience = 2 * time.Minute

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// observer counts.
type observer struct{ bad, published, unpublished, oversized, delivered, resubscribed atomic.Int64 }

func (o *observer) BadMessage()                      { o.bad.Add(1) }
func (o *observer) Published(n int, _ time.Duration) { o.published.Add(int64(n)) }
func (o *observer) Unpublished()                     { o.unpublished.Add(1) }
func (o *observer) Oversized()                       { o.oversized.Add(1) }
func (o *observer) Delivered(n int, _ time.Duration) { o.delivered.Add(int64(n)) }
func (o *observer) Resubscribed()                    { o.resubscribed.Add(1) }

// open makes a bus; change may alter its configuration.
func open(t *testing.T, k *harness.Kafka, change func(*bus.KafkaConfig)) (*bus.Kafka, *observer) {
	t.Helper()
	o := new(observer)
	c := bus.KafkaConfig{Brokers: k.Brokers(), Partitions: 4, Patience: patience, Observer: o, Logger: silent}
	if change != nil {
		change(&c)
	}
	b, err := bus.NewKafka(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b, o
}

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

// author writes the histories of games. Safe for concurrent use.
type author struct {
	mu       sync.Mutex
	position int
	chain    map[event.Stream]event.Hash
	version  map[event.Stream]uint64
	data     []byte
}

func newAuthor() *author {
	return &author{chain: map[event.Stream]event.Hash{}, version: map[event.Stream]uint64{}, data: []byte(`{"m":"e2e4"}`)}
}

func (a *author) write(stream event.Stream) event.Recorded {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.version[stream] == 0 {
		a.chain[stream] = event.Genesis(stream)
	}
	a.position++
	a.version[stream]++
	meta := event.Meta{At: time.Now().UnixMilli(), Server: "s"}.Encode()
	a.chain[stream] = event.Next(a.chain[stream], "move-played.v1", meta, a.data)
	return event.Recorded{
		Stream: stream, Version: a.version[stream], Position: event.Position(fmt.Sprintf("%010d", a.position)),
		ID: a.chain[stream].ID(), Type: "move-played.v1", Meta: meta, Data: a.data,
	}
}

// many events of so many games, which take turns.
func (a *author) many(games, events int) []event.Recorded {
	var all []event.Recorded
	for i := range events {
		all = append(all, a.write(game(i%games)))
	}
	return all
}

func (a *author) heads() map[event.Stream]uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	heads := make(map[event.Stream]uint64, len(a.version))
	for stream, version := range a.version {
		heads[stream] = version
	}
	return heads
}

func game(i int) event.Stream { return event.GameStream(fmt.Sprintf("k3JqT9xBv%03d", i)) }

// games are some that one partition carries.
func gamesOf(b *bus.Kafka, partition, n int) []event.Stream {
	var found []event.Stream
	for i := 0; len(found) < n; i++ {
		if id, _ := game(i).Game(); b.PartitionOf(id) == partition {
			found = append(found, game(i))
		}
	}
	return found
}

// feed publishes events and watermarks without a rest, as a relay under load does, until stop is called.
func feed(t *testing.T, b *bus.Kafka, a *author) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			events := a.many(40, 100)
			if err := b.Publish(t.Context(), events); err != nil {
				t.Errorf("publish: %v", err)
				return
			}
			if err := b.Watermark(t.Context(), events[len(events)-1].Position); err != nil {
				t.Errorf("watermark: %v", err)
				return
			}
			select {
			case <-time.After(5 * time.Millisecond): // 100 events each: a load that leaves the machine some air
			case <-ctx.Done():
			}
		}
	}()
	return func() {
		t.Helper()
		cancel()
		harness.Eventually(t, patience, "the publisher goes on", func() bool {
			select {
			case <-ended:
				return true
			default:
				return false
			}
		})
	}
}

// grows waits until the reader has seen some more of what is being published.
func grows(t *testing.T, r *reader, what string) {
	t.Helper()
	before := r.version(game(0))
	harness.Eventually(t, patience, what, func() bool { return r.version(game(0)) > before+50 })
}

func subscribe(t *testing.T, b *bus.Kafka, to bus.Handler) {
	t.Helper()
	if err := b.Subscribe(t.Context(), "watch", to); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, b *bus.Kafka, events ...event.Recorded) {
	t.Helper()
	if err := b.Publish(t.Context(), slices.Clone(events)); err != nil {
		t.Fatal(err)
	}
}
