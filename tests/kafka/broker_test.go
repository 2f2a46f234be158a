package kafka_test

import (
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// TestBrokerFails runs a load through a broker that is killed, away, and frozen. Afterwards the reader has everything in
// order, and the log itself has every event exactly once: no call failed, so nothing was sent twice.
func TestBrokerFails(t *testing.T) {
	for name, fault := range map[string]func(*testing.T, *harness.Kafka, *reader){
		"killed three times": func(t *testing.T, k *harness.Kafka, r *reader) {
			for range 3 {
				k.Kill9()
				k.Restart()
				grows(t, r, "events between two kills")
			}
		},
		"away for a while": func(t *testing.T, k *harness.Kafka, _ *reader) {
			k.Stop()
			wait(t, 10*time.Second)
			k.Restart()
		},
		"frozen": func(t *testing.T, k *harness.Kafka, _ *reader) {
			k.Pause()
			wait(t, 8*time.Second)
			k.Resume()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := harness.StartKafka(t)
			b, o := open(t, k, nil)
			a, r := newAuthor(), newReader()
			subscribe(t, b, r)
			stop := feed(t, b, a)
			grows(t, r, "events before the fault")
			fault(t, k, r)
			grows(t, r, "events after the fault")
			stop()
			harness.Eventually(t, patience, "everything that was published", func() bool { return r.caughtUp(a) })
			r.check(t)
			if n := o.unpublished.Load(); n > 0 {
				t.Errorf("%d calls failed instead of waiting: each may leave holes in the log", n)
			}
			log := readLog(t, k, b)
			for stream, version := range a.heads() {
				if n := len(log[stream]); uint64(n) != version {
					t.Errorf("%s: %d records, want %d", stream, n, version)
				}
				inOrder(t, stream, log[stream], version)
			}
			t.Logf("%d events, %d failed calls, %d repeats, %d subscribed again", o.published.Load(), o.unpublished.Load(), r.repeat, o.resubscribed.Load())
		})
	}
}

// wait lets a fault last.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
