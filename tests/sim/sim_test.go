package sim_test

import (
	"flag"
	"testing"
	"time"

	"github.com/plygames/ply/tests/sim"
)

var (
	seed = flag.Uint64("seed", 0, "the one seed to play, with its trace")
	long = flag.Duration("long", 0, "how long to play new seeds")
)

func TestSeed(t *testing.T) {
	if *seed == 0 {
		t.Skip("no -seed")
	}
	began := time.Now()
	r := sim.Run(t, *seed, func(line string) { t.Log(line) })
	t.Logf("%+v in %v", r, time.Since(began))
	for _, w := range r.Wrong {
		t.Error(w)
	}
}

func TestSeeds(t *testing.T) {
	began := time.Now()
	total := sim.NewCover()
	n := 0
	for s := uint64(1); time.Since(began) < *long; s++ {
		r := sim.Run(t, s, nil)
		n++
		total.Add(r.Cover)
		for _, w := range r.Wrong {
			t.Errorf("-seed=%d: %s", s, w)
		}
		if again := sim.Run(t, s, nil); again.Hash != r.Hash {
			t.Errorf("-seed=%d: %s and %s", s, r.Hash, again.Hash)
		}
	}
	t.Logf("%d seeds in %v", n, time.Since(began))
}
