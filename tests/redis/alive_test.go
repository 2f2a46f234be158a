package redis_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/tests/harness"
)

// run is a run of a server, as far as Alive is concerned.
type run struct {
	*redis.Alive
	mu    sync.Mutex
	up    int64
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// marking starts a run that leaves marks until it is stopped or vanishes.
func marking(t testing.TB, r *harness.Redis, incarnation string) *run {
	t.Helper()
	client := mustOpen(t, r.URL())
	ctx, stop := context.WithCancel(context.Background())
	m := &run{Alive: redis.NewAlive(client, incarnation), stop: stop}
	m.ended.Go(func() { m.Hold(ctx) })
	m.ended.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			m.mu.Lock()
			m.up += 100
			up := m.up
			m.mu.Unlock()
			_ = m.Mark(up) // it fails while Redis is away
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	t.Cleanup(m.vanish)
	return m
}

// vanish ends the run: no more marks, and the kernel closes its connections.
func (m *run) vanish() { m.stop(); m.ended.Wait() }

func (m *run) last() int64 { m.mu.Lock(); defer m.mu.Unlock(); return m.up }

// ask gives what a run says of another.
func (m *run) ask(t testing.TB, incarnation string) (up int64, running, known bool) {
	return m.LastAlive(within(t, soon), incarnation)
}

func TestALivingRunIsTakenForOne(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	a, b := marking(t, r, "a"), marking(t, r, "b")
	harness.Eventually(t, soon, "a is known to b", func() bool {
		up, running, known := b.ask(t, "a")
		return up > 0 && running && known
	})
	if up, running, known := a.ask(t, "a"); up <= 0 || !running || !known {
		t.Errorf("of itself: %d, %v, %v", up, running, known)
	}
	// Also when it could have been noticed that it is dead.
	harness.Eventually(t, soon, "marks have come for long enough", func() bool {
		_, running, known := b.ask(t, "nobody")
		return !running && !known
	})
	if _, running, known := b.ask(t, "a"); !running || !known {
		t.Errorf("a: %v, %v", running, known)
	}
}

func TestADeadRunIsNoticedAtOnceAndItsMarkIsKept(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	a, b := marking(t, r, "a"), marking(t, r, "b")
	harness.Eventually(t, soon, "marks have come for long enough", func() bool {
		_, running, known := b.ask(t, "nobody")
		return !running && !known
	})
	// Another mark, a little older, says that it was not the age.
	silent := redis.NewAlive(mustOpen(t, r.URL()), "silent")
	for try := range 10 {
		if err := silent.Mark(1); err != nil {
			t.Fatal(err)
		}
		at := a.last()
		harness.Eventually(t, soon, "a has left two more marks", func() bool { return a.last() > at+200 })
		a.vanish()
		harness.Eventually(t, soon, "a is dead", func() bool { _, running, _ := b.ask(t, "a"); return !running })
		if _, running, _ := b.ask(t, "silent"); running {
			break
		}
		if try == 9 { // the machine may have been held back for 3 s, but not each time
			t.Error("it takes as long as for one that only falls silent")
		}
		a = marking(t, r, "a")
		harness.Eventually(t, soon, "a runs again", func() bool { _, running, _ := b.ask(t, "a"); return running })
	}
	up, _, known := b.ask(t, "a")
	if !known || up <= 0 || up > a.last() || up < a.last()-2000 {
		t.Errorf("its last reading was %d: %d, %v", a.last(), up, known)
	}
}

func TestARunThatOnlyFallsSilentIsDeadAfterThreeSeconds(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	b := marking(t, r, "b")
	frozen := redis.NewAlive(mustOpen(t, r.URL()), "frozen") // holds no connection that could be seen to end
	if err := frozen.Mark(700); err != nil {
		t.Fatal(err)
	}
	if up, running, known := b.ask(t, "frozen"); up != 700 || !running || !known {
		t.Errorf("fresh: %d, %v, %v", up, running, known)
	}
	harness.Eventually(t, soon, "it is dead", func() bool { _, running, _ := b.ask(t, "frozen"); return !running })
	if up, _, known := b.ask(t, "frozen"); up != 700 || !known {
		t.Errorf("dead: %d, %v", up, known)
	}
}

// What Redis forgot, or could not be told while it was away, is no sign that anybody died.
func TestNobodyIsDeadBecauseRedisWasAway(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]func(*harness.Redis){
		"restarted": func(r *harness.Redis) { r.Kill9(); r.Restart() },
		"flushed":   func(r *harness.Redis) { r.Flush() },
		"frozen":    func(r *harness.Redis) { r.Pause(); time.AfterFunc(4*time.Second, r.Resume) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := harness.StartRedis(t)
			marking(t, r, "a")
			b := marking(t, r, "b")
			harness.Eventually(t, soon, "marks have come for long enough", func() bool {
				_, running, known := b.ask(t, "nobody")
				return !running && !known
			})
			away(r)
			again := time.Now()
			harness.Eventually(t, 2*soon, "all is as before", func() bool {
				if _, running, _ := b.ask(t, "a"); !running {
					t.Errorf("a is declared dead after %v", time.Since(again))
					return true
				}
				_, running, known := b.ask(t, "nobody")
				return !running && !known && time.Since(again) > 6*time.Second
			})
		})
	}
}

func TestWithoutRedisEverybodyRunsAndNobodyWaits(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	a := redis.NewAlive(mustOpen(t, r.URL()), "a")
	if _, _, known := a.LastAlive(within(t, soon), "a"); known {
		t.Error("known to itself before its first mark")
	}
	if err := a.Mark(5); err != nil {
		t.Fatal(err)
	}
	r.Pause()
	began := time.Now()
	for range 200 {
		if up, running, known := a.LastAlive(context.Background(), "b"); !running || known {
			t.Fatalf("frozen: %d, %v, %v", up, running, known)
		}
	}
	if passed := time.Since(began); passed > 20*time.Second {
		t.Errorf("200 questions took %v", passed)
	}
	if up, running, known := a.LastAlive(context.Background(), "a"); up != 5 || !running || !known {
		t.Errorf("of itself: %d, %v, %v", up, running, known)
	}
	if a.Mark(6) == nil {
		t.Error("marked in a frozen Redis")
	}
}
