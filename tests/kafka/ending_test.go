package kafka_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/tests/harness"
)

// blocked is a Publish that waits for a broker which does not answer.
func blocked(ctx context.Context, b *bus.Kafka, a *author) (done chan error) {
	done = make(chan error, 1)
	go func() { done <- b.Publish(ctx, a.many(40, 400)) }()
	return done
}

// TestWhatWaitsCanBeEnded: the library's calls wait for minutes and can't be cancelled; ours can.
func TestWhatWaitsCanBeEnded(t *testing.T) {
	for name, away := range map[string]func(*harness.Kafka){
		"dead":   (*harness.Kafka).Kill9,
		"frozen": (*harness.Kafka).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := harness.StartKafka(t)
			b, _ := open(t, k, nil)
			a, r := newAuthor(), newReader()
			subscribe(t, b, r)
			publish(t, b, a.many(40, 40)...)
			harness.Eventually(t, patience, "the first events", func() bool { return r.caughtUp(a) })
			away(k)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := blocked(ctx, b, a)
			wait(t, 2*time.Second)
			if len(done) > 0 {
				t.Fatalf("publish did not wait: %v", <-done)
			}
			cancel()
			harness.Eventually(t, 30*time.Second, "publish ends with its context", func() bool { return len(done) == 1 })
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("publish: %v", err)
			}
			done = blocked(t.Context(), b, a)
			wait(t, 2*time.Second)
			closed := make(chan error, 1)
			go func() { closed <- b.Close() }()
			harness.Eventually(t, 30*time.Second, "close returns", func() bool { return len(closed) == 1 })
			harness.Eventually(t, 30*time.Second, "publish ends with the bus", func() bool { return len(done) == 1 })
			if err := <-done; err == nil {
				t.Error("publish succeeded without a broker")
			}
		})
	}
}
