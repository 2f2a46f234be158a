package kafka_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

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
