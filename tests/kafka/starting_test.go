package kafka_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

// TestAServerStartsWithoutKafka: nothing waits for it at the start, and what is published meanwhile is not missed.
func TestAServerStartsWithoutKafka(t *testing.T) {
	t.Parallel()
	k := harness.StartKafka(t)
	k.Kill9()
	b, _ := open(t, k, func(c *bus.KafkaConfig) { c.Patience = time.Second })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := b.Connected(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("connected: %v", err)
	}
	a, r := newAuthor(), newReader()
	subscribe(t, b, r)
	done := blocked(t.Context(), b, a)
	k.Restart()
	harness.Eventually(t, patience, "the events that waited", func() bool { return r.caughtUp(a) })
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.check(t)
}

// TestAPartitionWithoutALeaderAtTheStart: the library refuses to subscribe then. Ours goes on trying, and misses nothing
// that was published since.
func TestAPartitionWithoutALeaderAtTheStart(t *testing.T) {
	t.Parallel()
	k := harness.StartKafkaCluster(t)
	first, _ := open(t, k, func(c *bus.KafkaConfig) { c.Partitions = 6 }) // one copy each
	if err := first.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, r := newAuthor(), newReader()
	publish(t, first, a.many(40, 40)...)
	if err := k.Nodes[2].Kill9(); err != nil {
		t.Fatal(err)
	}
	second, _ := open(t, k, func(c *bus.KafkaConfig) { c.Partitions, c.Patience = 6, 2*time.Second })
	if err := second.Subscribe(t.Context(), "watch", r); err != nil {
		t.Fatal(err)
	}
	done := blocked(t.Context(), first, a)
	wait(t, 2*time.Second)
	if err := k.Nodes[2].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, patience, "what was published while partitions had no leader", func() bool { return r.caughtUp(a) })
	if err := <-done; err != nil {
		t.Error(err)
	}
}
