package sim_test

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/sim"
)

var (
	seed    = flag.Uint64("seed", 0, "the one seed to play, with its trace")
	digests = flag.Uint64("digests", 0, "how many seeds to tell the digests of")
	first   = flag.Uint64("first", 1, "the first of them")
	long    = flag.Duration("long", 0, "how long to play new seeds; those that fail are added to testdata/seeds")
)

// kept is where failing seeds stay.
const kept = "testdata/seeds"

// TestSeed repeats one run: go test ./tests/sim -v -seed=N.
func TestSeed(t *testing.T) {
	if *seed == 0 {
		t.Skip("no -seed")
	}
	r := sim.Run(t, *seed, func(line string) { t.Log(line) })
	t.Logf("%d events in %v of virtual time, %d of them stored; hash %s", r.Events, r.Time, r.Stored, r.Hash)
	fail(t, r)
}

func fail(t *testing.T, r sim.Result) {
	t.Helper()
	for _, what := range r.Wrong {
		t.Errorf("-seed=%d: %s", r.Seed, what)
	}
}

// TestDigests tells what the first seeds were, a line each, for TestSeedIsOneRun.
func TestDigests(t *testing.T) {
	if *digests == 0 {
		t.Skip("no -digests")
	}
	for s := *first; s < *first+*digests; s++ {
		fmt.Printf("digest %d %s\n", s, sim.Run(t, s, nil).Hash)
	}
}

// A seed is one run, to the bit, of whatever process plays it: the digest is of everything that was sent, stored and shown,
// and of when.
func TestSeedIsOneRun(t *testing.T) {
	seeds := uint64(30)
	if testing.Short() {
		seeds = 5
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), program, "-test.run=^TestDigests$", fmt.Sprintf("-digests=%d", seeds))
	out, err := other.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	there := map[uint64]string{}
	for line := range strings.Lines(string(out)) {
		var s uint64
		var hash string
		if n, _ := fmt.Sscanf(line, "digest %d %s", &s, &hash); n == 2 {
			there[s] = hash
		}
	}
	for s := uint64(1); s <= seeds; s++ {
		if here := sim.Run(t, s, nil).Hash; here != there[s] {
			t.Errorf("seed %d is %s in one process and %q in another%s", s, here, there[s], difference(t, s))
		}
	}
}

// difference finds where two runs of a seed part, if they do in one process.
func difference(t *testing.T, s uint64) string {
	var lines [2][]string
	for i := range 2 {
		sim.Run(t, s, func(line string) { lines[i] = append(lines[i], line) })
	}
	for i := range min(len(lines[0]), len(lines[1])) {
		if lines[0][i] != lines[1][i] {
			return fmt.Sprintf("; twice in one process, line %d is\n%s\nand\n%s", i, lines[0][i], lines[1][i])
		}
	}
	return ""
}

// Every seed that ever failed.
func TestKeptSeeds(t *testing.T) {
	file, err := os.Open(kept)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		number, _, _ := strings.Cut(lines.Text(), " ")
		if number == "" || number == "#" {
			continue
		}
		s, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", kept, err)
		}
		fail(t, sim.Run(t, s, nil))
		n++
	}
	t.Logf("%d seeds", n)
}

// TestSeeds plays the first seeds; with -long new ones, from the time.
func TestSeeds(t *testing.T) {
	from, most, least := uint64(1), time.Duration(0), 300 // the same ones on every machine
	if *long > 0 {
		from, most = uint64(time.Now().UnixNano()), *long
	}
	began := time.Now()
	total := sim.NewCover()
	var runs, failed, events, stored, acked int
	var virtual time.Duration
	for s := from; time.Since(began) < most || runs < least; s++ {
		r := sim.Run(t, s, nil)
		total.Add(r.Cover)
		runs, events, stored, acked, virtual = runs+1, events+r.Events, stored+r.Stored, acked+r.Acked, virtual+r.Time
		if len(r.Wrong) > 0 {
			fail(t, r)
			failed++
			keep(t, r)
		}
	}
	took := time.Since(began)
	t.Logf("%d seeds from %d in %v: %.0f a minute; %d failed; %v of virtual time, %d steps, %d events stored, %d commands acknowledged",
		runs, from, took.Round(time.Second), float64(runs)/took.Minutes(), failed, virtual.Round(time.Second), events, stored, acked)
	t.Log(total)
	for _, what := range total.Missing() {
		t.Errorf("never happened in %d seeds: %s", runs, what)
	}
}

// keep adds a failing seed to the list.
func keep(t *testing.T, r sim.Result) {
	if *long == 0 {
		return
	}
	file, err := os.OpenFile(kept, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fmt.Fprintf(file, "%d %s\n", r.Seed, r.Wrong[0])
}

// TestHunt plays seeds until one fails, for tests/planted.
func TestHunt(t *testing.T) {
	if *long == 0 {
		t.Skip("no -long")
	}
	began, s := time.Now(), uint64(1)
	defer func() { t.Logf("%d seeds in %v", s-1, time.Since(began).Round(time.Second)) }()
	for ; time.Since(began) < *long; s++ {
		if r := sim.Run(t, s, nil); len(r.Wrong) > 0 {
			t.Fatalf("seed %d after %v: %s", s, time.Since(began).Round(10*time.Millisecond), r.Wrong[0])
		}
	}
}
