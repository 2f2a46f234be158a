package journal_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// oneBucket are games that share a bucket, and with it its generation.
var oneBucket = func() []event.Stream {
	names := []event.Stream{event.GameStream("a")}
	for i := 0; len(names) < 2; i++ {
		if name := event.GameStream("b" + string(rune('A'+i%26)) + string(rune('A'+i/26%26)) + string(rune('A'+i/676))); journal.Bucket(name) == journal.Bucket(names[0]) {
			names = append(names, name)
		}
	}
	return names
}()

func newWorld(seed uint64, faults planted) *world {
	w := &world{
		random: rand.New(rand.NewPCG(seed, 4)), redis: newModel(), store: newMemory(), faults: faults, names: oneBucket,
		acked: map[event.Stream][]event.ID{}, seen: map[event.Stream][]event.ID{}, whole: map[event.ID][]event.Recorded{},
	}
	w.redis.AnySeed = faults.anySeed
	return w
}

// Three servers with their flushers on two games, in random order, with pauses, crashes and lost answers: whatever
// happens, no acknowledged event is lost, doubled or replaced, and no reader misses one.
func TestInterleavings(t *testing.T) {
	runs := 40_000
	if raceEnabled || testing.Short() {
		runs = 2_000
	}
	var seed, acks, steps atomic.Int64
	var workers sync.WaitGroup
	began := time.Now()
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				s := seed.Add(1)
				if s > int64(runs) {
					return
				}
				w := newWorld(uint64(s), planted{})
				if wrong := w.run(); len(wrong) > 0 {
					t.Errorf("seed %d: %v", s, wrong)
					return
				}
				acks.Add(int64(w.acks))
				steps.Add(int64(w.steps))
			}
		})
	}
	workers.Wait()
	t.Logf("%d runs, %d acknowledged appends, %d steps in %v", runs, acks.Load(), steps.Load(), time.Since(began).Round(time.Millisecond))
	if acks.Load() < int64(runs) {
		t.Errorf("only %d appends were acknowledged: this proves little", acks.Load())
	}
}

// The same histories, with one mistake planted in each: they must come to light, or the test above is blind.
func TestInterleavingsSeeMistakes(t *testing.T) {
	for name, faults := range map[string]planted{
		"a seed of an older generation is believed":          {anySeed: true},
		"the store is written to when Redis does not answer": {fallThrough: true},
		"a conflict means that others won":                   {conflictDrop: true},
		"an unknown outcome means success":                   {unknownDrop: true},
		"the store's reads lag behind what it confirmed":     {lagging: true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20_000) {
				if wrong := newWorld(seed, faults).run(); len(wrong) > 0 {
					t.Logf("found after %d runs: %s", seed+1, wrong[0])
					return
				}
			}
			t.Error("not found in 20,000 runs")
		})
	}
}
