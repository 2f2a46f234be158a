package liveclock_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/infra/liveclock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hand is a monotonic source and a ticker moved by hand.
type hand struct {
	mu    sync.Mutex
	now   time.Duration
	ticks chan time.Time
}

func (h *hand) source() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now += d
}

func (h *hand) ticker(time.Duration) (<-chan time.Time, func()) { return h.ticks, func() {} }

// start runs a clock that is moved by hand. tick returns after the clock has seen the tick.
func start(t *testing.T) (c *liveclock.Clock, h *hand, tick func()) {
	h = &hand{ticks: make(chan time.Time)}
	c = liveclock.NewFrom(h.source, h.ticker)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return c, h, func() {
		synctest.Wait()
		h.ticks <- time.Time{}
		synctest.Wait()
	}
}

func TestClockAdvances(t *testing.T) {
	type step struct {
		pass time.Duration
		tick bool
		want int64 // ms
	}
	for name, steps := range map[string][]step{
		"with the time when nothing is wrong": {
			{50 * time.Millisecond, true, 50}, {50 * time.Millisecond, true, 100}, {20 * time.Millisecond, false, 120},
			{30 * time.Millisecond, true, 150},
		},
		"by 250 ms in a pause of 30 s": {
			{50 * time.Millisecond, true, 50}, {30 * time.Second, false, 300}, {0, true, 300},
			{50 * time.Millisecond, true, 350},
		},
		"by 250 ms however often it is read in a pause": {
			{10 * time.Second, false, 250}, {10 * time.Second, false, 250}, {10 * time.Second, true, 250},
			{10 * time.Millisecond, false, 260},
		},
		"by real time when ticks are late by less than 250 ms": {
			{240 * time.Millisecond, true, 240}, {250 * time.Millisecond, true, 490}, {260 * time.Millisecond, true, 740},
		},
		"never backwards when its source does": {
			{100 * time.Millisecond, true, 100}, {-80 * time.Millisecond, false, 100}, {0, true, 100},
			{10 * time.Millisecond, true, 110},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, h, tick := start(t)
				for i, s := range steps {
					h.pass(s.pass)
					if s.tick {
						tick()
					}
					if got := c.Now(); got != s.want {
						t.Fatalf("step %d: the clock shows %d ms; want %d", i, got, s.want)
					}
				}
			})
		})
	}
}

// TestRealTicker runs the shipped clock on synctest's time, which passes only while everybody waits.
func TestRealTicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := liveclock.New()
		ctx, cancel := context.WithCancel(t.Context())
		go c.Run(ctx)
		time.Sleep(10 * time.Second)
		if got := c.Now(); got != 10_000 {
			t.Errorf("after 10 s the clock shows %d ms", got)
		}
		cancel()
		synctest.Wait()
		time.Sleep(10 * time.Second)
		if got := c.Now(); got != 10_250 {
			t.Errorf("10 s after its end the clock shows %d ms; want 10250", got)
		}
	})
}

// TestNeverBack reads from many goroutines while the time runs and ticks: nobody sees it go back.
func TestNeverBack(t *testing.T) {
	c := liveclock.New()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { c.Run(ctx) })
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for last := int64(0); last < 200; {
				now := c.Now()
				if now < last {
					t.Errorf("the clock went from %d back to %d", last, now)
					return
				}
				last = now
			}
		})
	}
	readers.Wait()
	cancel()
	wg.Wait()
}

func BenchmarkNow(b *testing.B) {
	c := liveclock.New()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Now()
		}
	})
}
