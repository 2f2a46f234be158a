package cluster_test

import (
	"flag"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/network"
	"github.com/plygames/ply/tests/robustness"
	"github.com/plygames/ply/transport/client"
)

var (
	long = flag.Duration("robust", 0, "how long TestRobust draws faults; 0 = the fixed list of network faults once")
	seed = flag.Uint64("seed", 0, "of the faults and the traffic of TestRobust; 0 = any")
	most = flag.Int("faults", 0, "with -robust: draw so many at most; 0 = as many as there is time for")
	only = flag.String("only", "", "with -robust: draw only kinds of faults that match, such as 'zombie|kill -9'")
	calm = flag.Duration("calm", 10*time.Second, "with -robust: least time between the end of a fault and the next; 0 = as soon as every table goes on")
)

// TestRobust plays random games while the network between the parts, and the parts themselves, fail. Without -robust each
// fault of a fixed list happens once; with it they are drawn at random, half of the time with the journal.
func TestRobust(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: plays for minutes")
	}
	seed := *seed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	for _, journal := range []bool{true, false} {
		t.Run(map[bool]string{true: "journal", false: "straight to the store"}[journal], func(t *testing.T) {
			robust(t, journal, seed, *long/2, wanted)
		})
	}
}

// tables is how many games are played at once.
const tables = 12

func robust(t *testing.T, journal bool, seed uint64, lasts time.Duration, wanted *regexp.Regexp) {
	t.Logf("seed %d", seed) // of the faults and the clients' choices; the scheduler makes its own
	at := open(t, shape{journal: journal, brokers: 1, play: 2, apart: true})
	front := at.public(t)
	ctx := harness.Within(t, lasts*2+15*time.Minute)
	at.seesTheStep(ctx)
	record := robustness.NewRecorder()
	nobody := client.New("http://"+front, client.Options{FirstReconnect: 200 * time.Millisecond, MaxReconnect: time.Second, ResendAfter: time.Second})
	crowd := robustness.Gather(ctx, nobody, record, tables, seed)
	at.everyTable(crowd, "before the first fault")

	random := rand.New(rand.NewPCG(seed, 7))
	list := at.networkFaults(random)
	if !journal { // what it adds is in the other run, and what it does not change
		list = slices.DeleteFunc(list, func(f netFault) bool {
			return strings.Contains(f.name, "redis") || strings.Contains(f.name, "kafka") || f.kind == "clock skew"
		})
	}
	next := func(i int) (netFault, bool) {
		if i >= len(list) {
			return netFault{}, false
		}
		return list[i], true
	}
	if lasts > 0 {
		until := time.Now().Add(lasts)
		from := slices.DeleteFunc(at.drawable(), func(d drawn) bool { return !wanted.MatchString(d.kind) })
		if len(from) == 0 {
			t.Fatalf("no kind of fault matches %s", wanted)
		}
		next = func(i int) (netFault, bool) {
			return draw(from, random), time.Now().Before(until) && (*most == 0 || i < *most)
		}
	}
	faults, refused := 0, 0
	var sum tally
	for f, ok := next(0); ok && !t.Failed(); f, ok = next(faults) {
		faults++
		acked, began := record.Acked(), time.Now()
		broken, dropped := at.inject(f)
		during, healed := record.Acked()-acked, time.Now()
		at.everyTable(crowd, "after: "+f.name)
		back := time.Since(healed)
		t.Logf("%-60s %5.1f s, %4d acknowledged meanwhile, %d packets dropped, %d connections broken; every table goes on after %.1f s",
			f.name, f.lasts.Seconds(), during, dropped, broken, back.Seconds())
		sum.add(f.kind, during, back)
		if f.kind == rotten {
			for _, s := range at.play {
				refused += int(s.Metric(`ply_snapshots_total{outcome="rejected"}`))
			}
		}
		if lasts > 0 && *calm > 0 {
			pass(*calm - time.Since(healed))
			pass(time.Duration(5+random.IntN(16))*time.Second - time.Since(began))
		}
	}
	games, err := crowd.Leave()
	if err != nil {
		t.Error(err)
	}
	played := map[string]bool{}
	for _, id := range games {
		played[id] = true
	}
	t.Logf("%d faults, %d acknowledged, %d snapshots spoiled and %d of them read and refused, journal %v, seed %d\n%s",
		faults, record.Acked(), at.rotten, refused, journal, seed, &sum)
	for id, entries := range at.hold(ctx, record, played) {
		if reason := entries[len(entries)-1].Reason; reason == game.TimedOut {
			t.Errorf("%s was lost on time: its players have an hour each, or no clock", id)
		}
	}
}

// public puts a proxy before HAProxy, and gives where people go.
func (at *site) public(t testing.TB) string {
	t.Helper()
	l, err := at.apart.net.Listen(network.Here, at.apart.proxied)
	if err != nil {
		t.Fatal(err)
	}
	p := network.NewProxy(l, at.proxy.Addr)
	t.Cleanup(p.Close)
	at.apart.fronts["clients"] = p
	return p.Addr()
}

// everyTable waits until a command is acknowledged at each table that plays: all open games go on.
func (at *site) everyTable(c *robustness.Crowd, when string) {
	at.t.Helper()
	before := c.Acked()
	var waiting []int
	deadline := time.Now().Add(2 * time.Minute)
	harness.Eventually(at.t, 3*time.Minute, "every table goes on "+when, func() bool {
		if err := c.Failed(); err != nil {
			at.t.Fatalf("%s: %v", when, err)
		}
		waiting = waiting[:0]
		for i, n := range c.Acked() {
			if n <= before[i] {
				waiting = append(waiting, i)
			}
		}
		if len(waiting) > 0 && time.Now().After(deadline) {
			at.t.Fatalf("%s: tables %v stand still for 2 min", when, waiting)
		}
		return len(waiting) == 0
	})
}

// netFault is something bad that begins and ends.
type netFault struct {
	kind, name string
	lasts      time.Duration
	begin, end func() error
}

// inject lets a fault happen, heals, and tells how much of it was felt.
func (at *site) inject(f netFault) (broken, dropped int) {
	at.t.Helper()
	before := at.broken()
	if err := f.begin(); err != nil {
		at.t.Fatalf("%s: %v", f.name, err)
	}
	pass(f.lasts)
	// Asked before Heal takes away the rules that count.
	dropped, err := at.apart.net.Dropped()
	if err == nil && f.end != nil {
		err = f.end()
	}
	if err == nil {
		err = at.apart.heal()
	}
	if err != nil {
		at.t.Fatalf("%s: %v", f.name, err)
	}
	return at.broken() - before, dropped
}

func (at *site) broken() (n int) {
	for _, p := range at.apart.fronts {
		n += p.Broken()
	}
	return n
}

// links are the pairs of machines that talk to each other.
func (at *site) links() (pairs [][2]string) {
	for _, name := range at.apart.net.Names() {
		switch {
		case slices.Contains([]string{network.Here, "redis", "kafka", "store"}, name):
			continue
		case name != "relay":
			pairs = append(pairs, [2]string{network.Here, name})
		}
		for _, part := range []string{"redis", "kafka", "store"} {
			pairs = append(pairs, [2]string{name, part})
		}
	}
	return pairs
}
