package upgrade_test

import (
	"context"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/robustness"
)

// TestTwoReleases: a server of the last release and one of this release share a store, Redis and, if long, Kafka. People play
// through both at once, one of which is killed from time to time.
func TestTwoReleases(t *testing.T) {
	last := release(t)
	for name, s := range map[string]shape{
		"the store of the last release": {store: last, servers: [2]string{last, today}},
		"the store of this release":     {store: today, servers: [2]string{last, today}, journal: true},
	} {
		t.Run(name, func(t *testing.T) {
			s.kafka = *long > 0
			at := open(t, s)
			ctx := harness.Within(t, *long+6*time.Minute)
			record := robustness.NewRecorder()
			crowd := robustness.Gather(ctx, at.either(), record, 6, uint64(time.Now().UnixNano()))
			until := time.Now().Add(*long / 2)
			for i := 0; i < 2 || time.Now().Before(until) && crowd.Failed() == nil; i++ {
				goesOn(t, record)
				at.servers[i%2].Kill9()
				at.servers[i%2].Restart()
			}
			goesOn(t, record)
			at.meet(ctx)
			if _, err := crowd.Leave(); err != nil {
				t.Error(err)
			}
			at.settle(ctx, record, s.servers)
		})
	}
}

// goesOn waits until commands are acknowledged.
func goesOn(t *testing.T, record *robustness.Recorder) {
	t.Helper()
	before := record.Acked()
	harness.Eventually(t, 2*time.Minute, "commands are acknowledged", func() bool { return record.Acked() >= before+150 })
}

// meet is what people do with each other on two servers.
func (at *site) meet(ctx context.Context) {
	at.t.Helper()
	for first := range at.servers {
		at.oneGame(ctx, direct(at.servers[first]), direct(at.servers[1-first]))
	}
	at.seek(ctx, 12)
}
