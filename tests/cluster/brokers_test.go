package cluster_test

import (
	"context"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// TestThreeBrokers: Kafka as a cluster of three loses one after the other.
func TestThreeBrokers(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: plays for a minute")
	}
	at := open(t, shape{brokers: 3, play: 2})
	ctx := harness.Within(t, 8*time.Minute)
	c := gather(ctx, at, 60, 200)
	for _, n := range at.kafka.Nodes {
		c.goesOn("before a broker is killed")
		if err := n.Kill9(); err != nil {
			t.Fatal(err)
		}
		c.goesOn("with two brokers")
		if err := n.Restart(context.WithoutCancel(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	c.goesOn("with all brokers back")
	c.leave()
	if !t.Failed() {
		at.judge(ctx, c)
	}
}
