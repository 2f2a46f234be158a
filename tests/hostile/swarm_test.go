package hostile_test

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// swarm attacks until it is called off, each attacker with one connection after the other.
type swarm struct {
	s       *site
	game    table
	stop    chan struct{}
	members sync.WaitGroup
	bad     atomic.Int64 // connections so far
}

// stay waits for the end of the swarm, or less.
func (w *swarm) stay(long time.Duration) {
	select {
	case <-w.stop:
	case <-time.After(long):
	}
}

func (w *swarm) until(every time.Duration, do func() bool) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
			if !do() {
				return
			}
		}
	}
}

// attack starts n attackers of each kind, who keep bad connections coming.
func (s *site) attack(t testing.TB, n int) *swarm {
	w := &swarm{s: s, game: s.newTable(t, ""), stop: make(chan struct{})}
	watch := []byte(handshake("GET /watch/" + w.game.id + " HTTP/1.1"))
	kinds := []func(k *raw){
		func(k *raw) { // slowloris
			left := watch
			w.until(100*time.Millisecond, func() bool {
				sent := k.write(left[:1])
				left = left[1:]
				return sent && len(left) > 0
			})
		},
		func(*raw) { w.stay(2 * time.Second) }, // connects and says nothing
		func(k *raw) { // half open: upgraded, and never heard of again
			k.write(watch)
			w.stay(2 * time.Second)
			k.reset()
		},
		func(k *raw) { k.write(watch); _, _ = k.in.ReadByte() }, // floods of handshakes
		func(k *raw) { // a flood of commands
			k.write(watch)
			n := 0
			w.until(2*time.Millisecond, func() bool {
				n++
				return n < 1000 && k.say(`{"t":"resign","id":"f%d","v":4}`, n)
			})
		},
		func(k *raw) { // a flood of pings
			k.write(watch)
			n := 0
			w.until(2*time.Millisecond, func() bool { n++; return n < 1000 && k.frame(fin|ping, []byte(marker)) })
		},
		func(k *raw) { // a watcher of a game that is played, who reads nothing
			_ = k.conn.SetReadBuffer(4 << 10)
			k.write([]byte(handshake("GET /watch/" + *s.newest.Load() + "?from=0 HTTP/1.1")))
			w.stay(5 * time.Second)
		},
	}
	for i := range n * len(kinds) {
		w.members.Go(func() {
			for round := 0; ; round++ {
				select {
				case <-w.stop:
					return
				default:
				}
				w.bad.Add(1)
				k := dial(t, s, fmt.Sprintf("127.0.%d.%d", 1+(i+round*7)%200, 1+i%200))
				kinds[i%len(kinds)](k)
				k.hangUp()
			}
		})
	}
	return w
}

func (w *swarm) leave() { close(w.stop); w.members.Wait() }

// match is an honest game over two sockets.
type match struct {
	seats [2]*raw
	v     uint64
	took  []time.Duration
}

// open seats two honest people at a new game.
func (s *site) open(t testing.TB) *match {
	g := s.newTable(t, "")
	s.newest.Store(&g.id)
	m := &match{v: 4}
	for i, token := range []string{g.white, g.black} {
		m.seats[i] = dial(t, s, "")
		m.seats[i].upgrade("/play/"+g.id, token)
		m.seats[i].line("live")
	}
	return m
}

// play makes one move and waits for its acknowledgement; a closed socket or a refusal fails the test.
func (m *match) play(t testing.TB, ply int) {
	seat := m.seats[ply%2]
	begun := time.Now()
	seat.say(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, ply, m.v, []string{"g1f3", "g8f6", "f3g1", "f6g8"}[ply%4])
	o := seat.line("ok", "error")
	m.took = append(m.took, time.Since(begun))
	if o.str("t") != "ok" {
		t.Errorf("move %d of an honest player: %v", ply, o)
	}
	m.v = o.num("v")
	for o := (object{}); o.num("v") < m.v; { // the other seat, before it moves
		o = m.seats[1-ply%2].line("move-played", "move", "state")
	}
}

func (m *match) leave() { m.seats[0].hangUp(); m.seats[1].hangUp() }

// round plays games at once, twelve moves each at a person's quick pace, until the time is over, and gives the 99th
// percentile of the acknowledgements.
func (s *site) round(t testing.TB, tables int, enough func() bool) (p99 time.Duration, n int) {
	var playing sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	for range tables {
		playing.Go(func() {
			for first := true; first || !enough(); first = false {
				m := s.open(t)
				for ply := range 12 {
					<-time.After(50 * time.Millisecond)
					m.play(t, ply)
				}
				m.leave()
				mu.Lock()
				took = append(took, m.took...)
				mu.Unlock()
			}
		})
	}
	playing.Wait()
	slices.Sort(took)
	return took[len(took)*99/100], len(took)
}

// TestSwarm: whatever a swarm does, honest players are answered over sockets that stay open, and nothing of the swarm
// remains. PLY_TEST_SWARM says how many bad connections there are at least; 1,000 unless told.
func TestSwarm(t *testing.T) {
	total := int64(1000)
	if text := os.Getenv("PLY_TEST_SWARM"); text != "" {
		if _, err := fmt.Sscan(text, &total); err != nil {
			t.Fatal(err)
		}
	}
	s := startSite(t, harness.NoLimits)
	before := s.metrics(t)
	begun := time.Now()
	alone, n := s.round(t, 10, func() bool { return time.Since(begun) > 5*time.Second })
	w := s.attack(t, 30)
	beside, m := s.round(t, 10, func() bool { return w.bad.Load() >= total })
	w.leave()
	t.Logf("ack p99 %v alone (%d moves), %v beside %d bad connections (%d moves): %.2fx", alone, n, beside, w.bad.Load(), m, float64(beside)/float64(alone))
	s.http.CloseIdleConnections()
	s.settles(t, before)
}
