package kafka_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/tests/harness"
)

// BenchmarkRelay is how fast one relay that is far behind brings events to a real Kafka, acknowledged: with a log in
// memory, which leaves the relay and the bus, and out of the embedded store.
func BenchmarkRelay(b *testing.B) {
	for name, open := range map[string]func(*testing.B, []event.Recorded) relay.Log{"memory": inMemory, "pebble": inPebble} {
		b.Run(name, func(b *testing.B) {
			a := newAuthor()
			a.data = fmt.Appendf(nil, `{"m":"e2e4","pad":"%0*d"}`, 170, 0)
			carry(b, open(b, a.many(1000, b.N)))
		})
	}
}

// carry runs a relay until it has published the whole log.
func carry(b *testing.B, log relay.Log) {
	o := new(observer)
	to, err := bus.NewKafka(bus.KafkaConfig{Brokers: harness.StartKafka(b).Brokers(), Observer: o, Logger: silent})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = to.Close() }()
	if err := to.Connected(b.Context()); err != nil {
		b.Fatal(err)
	}
	r, err := relay.Open(b.Context(), relay.Config{
		Log: log, Bus: to, Checkpoints: new(checkpoints), AtOnce: bus.AtOnce, Observer: ignored{}, Logger: silent,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	b.ResetTimer()
	go func() { ended <- r.Run(ctx) }()
	for o.published.Load() < int64(b.N) {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	cancel()
	<-ended
}

// memory is a log that hands out what it has, in the batches of the embedded store.
type memory []event.Recorded

func inMemory(_ *testing.B, events []event.Recorded) relay.Log { return memory(events) }

func (m memory) Head(context.Context) (event.Position, error) { return m[len(m)-1].Position, nil }

func (m memory) SubscribeAll(ctx context.Context, _ event.Position, handle func([]event.Recorded) error) error {
	for batch := range slices.Chunk(m, 256) {
		if err := handle(batch); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

func inPebble(b *testing.B, events []event.Recorded) relay.Log {
	store, err := pebble.Open(pebble.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	byStream := map[event.Stream][]event.Recorded{}
	for _, e := range events {
		byStream[e.Stream] = append(byStream[e.Stream], e)
	}
	for stream, all := range byStream {
		for part := range slices.Chunk(all, 500) {
			if err := store.Append(b.Context(), stream, part[0].Version-1, part); err != nil {
				b.Fatal(err)
			}
		}
	}
	return store
}
