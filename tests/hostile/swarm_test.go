package hostile_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/parts/network"
)

var (
	bad    = flag.Int64("bad", 1000, "how many bad connections TestSwarm makes at least")
	rounds = flag.Int("rounds", 1, "how often TestSwarm plays without the swarm and beside it")
	only   = flag.String("kinds", "", "only attackers of these kinds, with commas between")
	limit  = flag.Float64("limit", 0, "how many times as long acks may take beside the swarm, at p99; 0 = no matter")
)

// members is how many attackers of each kind there are in a swarm.
var members = map[string]int{
	"slow requests": 30, "silence": 30, "handshakes": 30, "commands": 30, "pings": 30, "pongs": 10, "fragments": 10,
	"bad messages": 30, "lost watchers": 100, "slow watchers": 100,
}

// swarm is a process of attackers.
type swarm struct {
	t     testing.TB
	cmd   *exec.Cmd
	input io.WriteCloser
	begun time.Time
	did   atomic.Pointer[map[string]*tally]
	gone  chan struct{}
}

// attack starts attackers at a place.
func (s *site) attack(t testing.TB, at network.Place, o orders) *swarm {
	t.Helper()
	o.Addr = s.addr()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	args := at.Command("nice", "-n", "19", os.Args[0])
	w := &swarm{t: t, cmd: exec.Command(args[0], args[1:]...), begun: time.Now(), gone: make(chan struct{})}
	w.did.Store(&map[string]*tally{})
	w.cmd.Env = append(os.Environ(), attackVariable+"="+string(text))
	w.cmd.Stderr = os.Stderr
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if w.input, err = w.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.leave)
	go func() {
		defer close(w.gone)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			did := map[string]*tally{}
			if err := json.Unmarshal(lines.Bytes(), &did); err == nil {
				w.did.Store(&did)
			}
		}
		_ = w.cmd.Wait()
	}()
	return w
}

// leave calls the attackers off and waits until they are gone. More than once is harmless.
func (w *swarm) leave() {
	_ = w.input.Close()
	<-w.gone
}

// look tells the attackers of a game that is being played.
func (w *swarm) look(game string) { _, _ = fmt.Fprintln(w.input, game) }

// sum adds up what the attackers have done so far.
func (w *swarm) sum(of func(*tally) *atomic.Int64) (n int64) {
	for _, did := range *w.did.Load() {
		n += of(did).Load()
	}
	return n
}

func (w *swarm) connections() int64 {
	return w.sum(func(c *tally) *atomic.Int64 { return &c.Connections })
}

// cores is how much processor time the attackers took in a second. They must be gone.
func (w *swarm) cores(lasted time.Duration) float64 {
	return (w.cmd.ProcessState.UserTime() + w.cmd.ProcessState.SystemTime()).Seconds() / lasted.Seconds()
}

// match is an honest game over two sockets.
type match struct {
	game  string
	seats [2]*raw
	v     uint64
}

// honestly is what honest players have met.
type honestly struct {
	mu    sync.Mutex
	took  []time.Duration
	again map[string]int // refusals after which the same was sent again, by code
}

func (h *honestly) refused(o object) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.again[o.str("code")]++
	return max(time.Duration(o.num("after"))*time.Millisecond, 500*time.Millisecond)
}

// insist makes an HTTP request as section 11 of the protocol says: what was refused and may be sent again is sent again.
func (h *honestly) insist(t testing.TB, s *site, path, token, body string) object {
	for until := time.Now().Add(patience); ; {
		status, o := s.call(t, "POST", path, token, body)
		if status < 300 {
			return o
		}
		if o["retry"] != true || time.Now().After(until) {
			t.Errorf("POST %s of an honest player: %d %v", path, status, o)
			return o
		}
		<-time.After(h.refused(o))
	}
}

// addresses are of honest people: nobody shares one with anybody.
var addresses atomic.Int64

// open seats two honest people at a new game.
func (h *honestly) open(t testing.TB, s *site) *match {
	var tokens [2]string
	for i := range tokens {
		_, tokens[i] = s.newPerson()
	}
	made := h.insist(t, s, "/api/games", tokens[0], `{"id":"c","kind":"chess","seat":"white"}`)
	invites, _ := made["invites"].(map[string]any)
	black, _ := invites["black"].(string)
	m := &match{game: made.str("game"), v: 4}
	h.insist(t, s, "/api/games/"+m.game+"/seats/black", tokens[1], `{"id":"s","invite":"`+black+`"}`)
	for i, token := range tokens {
		n := addresses.Add(1)
		m.seats[i] = dial(t, s, fmt.Sprintf("127.1.%d.%d", n/250%250, 1+n%250))
		m.seats[i].upgrade("/play/"+m.game, token)
		m.seats[i].line("live")
	}
	return m
}

// play makes one move and waits for its acknowledgement, over a socket that stays open. What was refused and may be sent
// again is sent again; it takes as long as all of that.
func (h *honestly) play(t testing.TB, m *match, ply int) {
	seat := m.seats[ply%2]
	command := fmt.Sprintf(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, ply, m.v, []string{"g1f3", "g8f6", "f3g1", "f6g8"}[ply%4])
	begun := time.Now()
	seat.say("%s", command)
	o := seat.line("ok", "error")
	for o["retry"] == true && time.Since(begun) < patience {
		<-time.After(h.refused(o))
		seat.say("%s", command)
		o = seat.line("ok", "error")
	}
	took := time.Since(begun)
	if o.str("t") != "ok" || o.str("id") != fmt.Sprintf("m%d", ply) {
		t.Errorf("move %d of an honest player: %v", ply, o)
	}
	h.mu.Lock()
	h.took = append(h.took, took)
	h.mu.Unlock()
	m.v = o.num("v")
	for o := (object{}); o.num("v") < m.v; { // the other seat, before it moves
		o = m.seats[1-ply%2].line("move-played", "move", "state")
	}
}

func (m *match) leave() { m.seats[0].hangUp(); m.seats[1].hangUp() }

// round plays games at once, twelve moves each at a person's quick pace, until it is enough. beside may be nil.
func (s *site) round(t testing.TB, h *honestly, beside *swarm, enough func() bool) {
	const tables = 10
	var playing sync.WaitGroup
	for range tables {
		playing.Go(func() {
			for first := true; first || !enough() && !t.Failed(); first = false {
				m := h.open(t, s)
				if beside != nil {
					beside.look(m.game)
				}
				for ply := range 12 {
					<-time.After(50 * time.Millisecond)
					h.play(t, m, ply)
				}
				m.leave()
			}
		})
	}
	playing.Wait()
}

// percentile is a value of the sorted times.
func (h *honestly) percentile(p int) time.Duration {
	slices.Sort(h.took)
	if len(h.took) == 0 {
		return 0
	}
	return h.took[len(h.took)*p/100]
}

func (h *honestly) String() string {
	return fmt.Sprintf("ack p50 %v p99 %v (%d moves; sent again after %v)", h.percentile(50).Round(10*time.Microsecond),
		h.percentile(99).Round(10*time.Microsecond), len(h.took), h.again)
}

// TestSwarm: whatever a swarm does to a server with its usual limits, honest players are answered over sockets that stay
// open, and nothing of the swarm remains. How much longer they wait is printed, and judged if -limit says so.
func TestSwarm(t *testing.T) {
	s := startSite(t)
	least := 3 * time.Second
	if *rounds > 1 {
		least = 10 * time.Second
	}
	each := members
	if *only != "" {
		each = map[string]int{}
		for kind := range strings.SplitSeq(*only, ",") {
			if each[kind] = members[kind]; kinds[kind] == nil {
				t.Fatalf("no attackers do %q; there are %v", kind, slices.Sorted(maps.Keys(kinds)))
			}
		}
	}
	watched := s.newTable(t, "").id
	s.http.CloseIdleConnections()
	before := s.metrics(t)
	newRound := func() *honestly { return &honestly{again: map[string]int{}} }
	var times, besideSpin []float64
	for range *rounds {
		alone, beside := newRound(), newRound()
		phase := func(h *honestly, w *swarm, enough func() bool) (lasted time.Duration, cores float64) {
			used, begun := s.metrics(t)[processorTime], time.Now()
			s.round(t, h, w, func() bool { return enough() && time.Since(begun) > least })
			lasted = time.Since(begun)
			return lasted, (s.metrics(t)[processorTime] - used) / lasted.Seconds()
		}
		_, idle := phase(alone, nil, func() bool { return true })
		w := s.attack(t, network.Place{}, orders{Game: watched, Each: each})
		lasted, busy := phase(beside, w, func() bool { return w.connections() >= *bad/int64(*rounds) })
		w.leave()
		if t.Failed() {
			return
		}
		took := w.cores(lasted)
		ratio := float64(beside.percentile(99)) / float64(alone.percentile(99))
		times = append(times, ratio)
		t.Logf("alone:  %v; server %.2f cores", alone, idle)
		t.Logf("beside: %v; server %.2f cores, swarm %.2f cores, %.0f bad connections/s: %.2fx", beside, busy, took,
			float64(w.connections())/lasted.Seconds(), ratio)
		for _, name := range slices.Sorted(maps.Keys(*w.did.Load())) {
			t.Logf("        %-14s %v", name, (*w.did.Load())[name])
		}
		if *rounds > 1 { // the same without attacks: what the attackers' own processor time costs here
			spun := newRound()
			w := s.attack(t, network.Place{}, orders{Game: watched, Spin: took})
			_, busy := phase(spun, nil, func() bool { return true })
			w.leave()
			besideSpin = append(besideSpin, float64(beside.percentile(99))/float64(spun.percentile(99)))
			t.Logf("beside a program that takes %.2f cores and does nothing: %v; server %.2f cores: the swarm is %.2fx of that",
				took, spun, busy, besideSpin[len(besideSpin)-1])
		}
	}
	s.http.CloseIdleConnections()
	s.settles(t, before)
	now := s.metrics(t)
	for _, what := range []string{"go_goroutines", "process_open_fds", "process_resident_memory_bytes"} {
		t.Logf("%s %.0f -> %.0f", what, before[what], now[what])
	}
	slices.Sort(times)
	slices.Sort(besideSpin)
	if median := times[len(times)/2]; *rounds > 1 {
		t.Logf("ack p99 beside the swarm: %.2fx (median of %d rounds), %.2fx of that beside equal idle work", median, *rounds, besideSpin[len(times)/2])
		if *limit > 0 && median > *limit {
			t.Errorf("more than %.2fx", *limit)
		}
	}
}

const processorTime = "process_cpu_seconds_total"
