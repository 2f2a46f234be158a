package kafka_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/tests/harness"
)

// BenchmarkRelay is events from the embedded store into a real Kafka, acknowledged, by one relay that is far behind.
func BenchmarkRelay(b *testing.B) {
	const games, perAppend = 1000, 50
	k := harness.StartKafka(b)
	store, err := pebble.Open(pebble.Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	a := newAuthor()
	a.data = fmt.Appendf(nil, `{"m":"e2e4","pad":"%0*d"}`, 170, 0)
	for i := 0; i < max(b.N, 1); i += perAppend {
		stream := game(i / perAppend % games)
		var events []event.Recorded
		for range perAppend {
			events = append(events, a.write(stream))
		}
		if err := store.Append(b.Context(), stream, events[0].Version-1, events); err != nil {
			b.Fatal(err)
		}
	}
	o := new(observer)
	to, err := bus.NewKafka(bus.KafkaConfig{Brokers: k.Brokers(), Observer: o, Logger: silent})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = to.Close() }()
	if err := to.Connected(b.Context()); err != nil {
		b.Fatal(err)
	}
	r, err := relay.Open(b.Context(), relay.Config{
		Log: store, Bus: to, Checkpoints: new(checkpoints), Prover: prover{store}, AtOnce: bus.AtOnce, Observer: ignored{}, Logger: silent,
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
	b.ReportMetric(float64(o.published.Load())/b.Elapsed().Seconds(), "events/s")
	cancel()
	<-ended
}
