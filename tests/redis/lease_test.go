package redis_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/tests/harness"
)

// workers share a lease.
type workers struct {
	t       testing.TB
	r       *harness.Redis
	at      atomic.Int64 // workers at work
	most    atomic.Int64 // ... at once
	started atomic.Int64
	running sync.WaitGroup
}

// start lets one more work under the lease until it is stopped. atWork tells whether it does.
func (w *workers) start(stubborn bool) (atWork func() bool, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	lease := redis.Lease{Client: mustOpen(w.t, w.r.URL()), Name: "test", TTL: 1500 * time.Millisecond, Stubborn: stubborn}
	var works atomic.Bool
	var running sync.WaitGroup
	running.Go(func() {
		lease.Run(ctx, func(ctx context.Context) error {
			w.most.Store(max(w.most.Load(), w.at.Add(1)))
			w.started.Add(1)
			works.Store(true)
			<-ctx.Done()
			works.Store(false)
			w.at.Add(-1)
			return nil
		})
	})
	stop = func() { cancel(); running.Wait() }
	w.t.Cleanup(stop)
	return works.Load, stop
}

func TestOneAtATimeAndTheNextGoesOn(t *testing.T) {
	t.Parallel()
	w := &workers{t: t, r: harness.StartRedis(t)}
	first, stop := w.start(false)
	harness.Eventually(t, soon, "the first works", first)
	second, _ := w.start(false)
	third, _ := w.start(false)
	renewed := time.Now()
	harness.Eventually(t, soon, "the lease is renewed", func() bool { return time.Since(renewed) > 4*time.Second })
	if second() || third() || w.started.Load() != 1 {
		t.Errorf("the lease wanders: %d starts", w.started.Load())
	}
	stop()
	harness.Eventually(t, soon, "another goes on", func() bool { return second() || third() })
	if w.most.Load() != 1 {
		t.Errorf("%d at once", w.most.Load())
	}
}

func TestAHolderThatCanNotRenewStopsInTime(t *testing.T) {
	t.Parallel()
	w := &workers{t: t, r: harness.StartRedis(t)}
	works, _ := w.start(false)
	harness.Eventually(t, soon, "it works", works)
	w.r.Pause()
	harness.Eventually(t, soon, "it stops", func() bool { return !works() })
	w.r.Resume()
	harness.Eventually(t, soon, "it works again", works)
	w.r.Kill9()
	harness.Eventually(t, soon, "it stops", func() bool { return !works() })
	w.r.Restart()
	harness.Eventually(t, soon, "it works again", works)
}

func TestAStubbornHolderGoesOnWithoutRedisUntilAnotherHasTheLease(t *testing.T) {
	t.Parallel()
	w := &workers{t: t, r: harness.StartRedis(t)}
	works, _ := w.start(true)
	harness.Eventually(t, soon, "it works", works)
	w.r.Kill9()
	away := time.Now()
	harness.Eventually(t, soon, "the lease would have run out", func() bool { return time.Since(away) > 4*time.Second })
	if !works() {
		t.Error("stopped because Redis was away")
	}
	w.r.Restart()
	client := mustOpen(t, w.r.URL())
	answers(t, client)
	harness.Eventually(t, soon, "somebody else has it, and it stops", func() bool {
		ctx := within(t, soon)
		_ = client.Do(ctx, client.B().Set().Key(client.Key("lease", "test")).Value("other").Px(2*time.Second).Build()).Error()
		return !works()
	})
	harness.Eventually(t, soon, "the other is gone, and it works again", works)
}

func TestWorkThatFailsIsTriedAgainAndWorkThatIsDoneIsNot(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	tries := 0
	lease := redis.Lease{Client: mustOpen(t, r.URL()), Name: "test", TTL: 300 * time.Millisecond}
	lease.Run(within(t, soon), func(context.Context) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if tries != 3 {
		t.Errorf("%d tries", tries)
	}
}
