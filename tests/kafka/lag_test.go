package kafka_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/tests/harness"
)

// BenchmarkRelayLag appends 5,000 events a second, each by a call of its own, some at each tick.
const (
	lagTick = 2 * time.Millisecond
	lagSome = 10
)

// BenchmarkRelayLag is how long an event takes from being durable in the embedded store, through the relay and a real
// Kafka, to a subscriber, at a steady rate. -benchtime Nx appends N events.
func BenchmarkRelayLag(b *testing.B) {
	store, err := pebble.Open(pebble.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	to, err := bus.NewKafka(bus.KafkaConfig{Brokers: harness.StartKafka(b).Brokers(), Observer: new(observer), Logger: silent})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = to.Close() }()
	if err := to.Connected(b.Context()); err != nil {
		b.Fatal(err)
	}
	watch := &stopwatch{left: b.N, durable: map[event.ID]time.Time{}, done: make(chan struct{})}
	if err := to.SubscribePartitions(b.Context(), "lag", func(int) bus.Handler { return watch }); err != nil {
		b.Fatal(err)
	}
	r, err := relay.Open(b.Context(), relay.Config{
		Log: store, Bus: to, Checkpoints: new(checkpoints), AtOnce: bus.AtOnce, Observer: ignored{}, Logger: silent,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()

	// One event of each game at a time, so that appends need not wait for each other.
	a := newAuthor()
	due := time.NewTicker(lagTick)
	defer due.Stop()
	var appending sync.WaitGroup
	b.ResetTimer()
	for i := range b.N {
		if i%lagSome == 0 {
			<-due.C
		}
		e := a.write(game(i % 1000))
		appending.Go(func() {
			if err := store.Append(ctx, e.Stream, e.Version-1, []event.Recorded{e}); err != nil {
				b.Error(err)
			}
			watch.wrote(e.ID)
		})
	}
	appending.Wait()
	<-watch.done
	b.StopTimer()
	watch.lags = watch.lags[len(watch.lags)/5:] // a broker that has just started is slow
	slices.Sort(watch.lags)
	b.ReportMetric(float64(watch.lags[len(watch.lags)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(watch.lags[len(watch.lags)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	cancel()
	<-ended
}

// stopwatch measures each event from durable to delivered, in whatever order the two are noticed.
type stopwatch struct {
	mu      sync.Mutex
	durable map[event.ID]time.Time
	lags    []time.Duration
	left    int
	done    chan struct{}
}

func (w *stopwatch) wrote(id event.ID) { w.note(id, time.Now(), 1) }

// Events implements bus.Handler.
func (w *stopwatch) Events(batch []event.Recorded) {
	now := time.Now()
	for i := range batch {
		w.note(batch[i].ID, now, -1)
	}
}

// Watermark implements bus.Handler.
func (w *stopwatch) Watermark(event.Position) {}

func (w *stopwatch) note(id event.ID, now time.Time, sign time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first, ok := w.durable[id]
	if !ok {
		w.durable[id] = now
		return
	}
	w.lags = append(w.lags, max(0, sign*first.Sub(now)))
	if w.left--; w.left == 0 {
		close(w.done)
	}
}
