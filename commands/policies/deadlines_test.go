package policies_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plygames/ply/commands/policies"
)

// view is a list of games: due times by the wall, and the servers that measured them.
type view struct {
	mu      sync.Mutex
	due     map[string]int64
	servers map[string]string
	ghosts  []string
	woken   []string
}

func (v *view) Due(now int64, limit int) (ids []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, at := range v.due {
		if at <= now && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids
}

func (v *view) Orphans(running func(string) bool, limit int) (ids []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, server := range v.servers {
		if !running(server) && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids
}

func (v *view) Ghosts(limit int) (ids []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	ids, v.ghosts = v.ghosts[:min(limit, len(v.ghosts))], v.ghosts[min(limit, len(v.ghosts)):]
	return ids
}

func (v *view) Wake(_ context.Context, id string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.woken = append(v.woken, id)
	delete(v.due, id)
	delete(v.servers, id)
	return nil
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		jump := int64(0)
		v := &view{
			due:     map[string]int64{"in 10 s": start.UnixMilli() + 10_000, "tomorrow": start.UnixMilli() + 86_400_000},
			servers: map[string]string{"orphan": "dead", "held": "alive"},
		}
		policy := &policies.Deadlines{View: v, Games: v, Every: time.Second, Log: slog.New(slog.DiscardHandler),
			Running: func(s string) bool { return s == "alive" },
			Now:     func() int64 { v.mu.Lock(); defer v.mu.Unlock(); return time.Now().UnixMilli() + jump }}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { policy.Run(ctx) })
		expect := func(want ...string) {
			t.Helper()
			synctest.Wait()
			v.mu.Lock()
			defer v.mu.Unlock()
			if !slices.Equal(v.woken, want) {
				t.Errorf("woken %v, want %v", v.woken, want)
			}
		}
		expect("orphan")
		time.Sleep(9500 * time.Millisecond)
		expect("orphan")
		time.Sleep(time.Second)
		expect("orphan", "in 10 s")
		v.mu.Lock()
		jump = 90_000_000 // the wall clock jumps a day ahead: nobody loses a game by it
		v.mu.Unlock()
		time.Sleep(time.Minute)
		expect("orphan", "in 10 s")
		v.mu.Lock()
		v.ghosts = []string{"ghost"} // absence is not measured by the wall
		v.mu.Unlock()
		time.Sleep(time.Second)
		expect("orphan", "in 10 s", "ghost")
		cancel()
		wg.Wait()
	})
}

// After a crash every game that was being played is an orphan: they are all woken before the policy rests.
func TestManyOrphans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &view{due: map[string]int64{}, servers: map[string]string{}}
		for i := range 1000 {
			v.servers[fmt.Sprint(i)] = "dead"
		}
		policy := &policies.Deadlines{View: v, Games: v, Every: time.Second, Log: slog.New(slog.DiscardHandler),
			Running: func(string) bool { return false }, Now: func() int64 { return time.Now().UnixMilli() }}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { policy.Run(ctx) })
		synctest.Wait() // no time passes
		v.mu.Lock()
		if len(v.woken) != 1000 {
			t.Errorf("%d of 1,000 woken at once", len(v.woken))
		}
		v.mu.Unlock()
		cancel()
		wg.Wait()
	})
}
