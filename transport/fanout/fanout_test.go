package fanout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/fanout/fanouttest"
	"github.com/plygames/ply/transport/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const id = "abcdefghijkl"

// line is what the tests look at in a line.
type line struct {
	T    string `json:"t"`
	V    uint64 `json:"v"`
	ID   string `json:"id"`
	Game string `json:"game"`
}

// sock is a fanout.Socket in memory.
type sock struct {
	mu       sync.Mutex
	msgs     [][]line
	raw      [][]byte
	full     bool
	refused  int // visits while full
	slow     bool
	lost     bool
	finished []bool
	ended    chan struct{}
	changed  chan struct{}
}

func newSock() *sock { return &sock{ended: make(chan struct{}), changed: make(chan struct{}, 1)} }

func (s *sock) note() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}
func (s *sock) Full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		s.refused++
		s.note()
	}
	return s.full
}

func (s *sock) Ended() <-chan struct{} { return s.ended }
func (s *sock) Slow()                  { s.mu.Lock(); s.slow = true; s.mu.Unlock(); s.note() }
func (s *sock) Lost()                  { s.mu.Lock(); s.lost = true; s.mu.Unlock(); s.note() }
func (s *sock) Finished(late bool) {
	s.mu.Lock()
	s.finished = append(s.finished, late)
	s.mu.Unlock()
	s.note()
}

func (s *sock) Send(msg []byte) {
	var lines []line
	for _, l := range strings.Split(string(msg), "\n") {
		var x line
		if err := json.Unmarshal([]byte(l), &x); err != nil {
			panic(err)
		}
		lines = append(lines, x)
	}
	s.mu.Lock()
	s.msgs = append(s.msgs, lines)
	s.raw = append(s.raw, msg)
	s.mu.Unlock()
	s.note()
}

func (s *sock) setFull(full bool) { s.mu.Lock(); s.full, s.refused = full, 0; s.mu.Unlock() }

// types lists all lines as "t/v".
func (s *sock) types() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, m := range s.msgs {
		for _, l := range m {
			all = append(all, fmt.Sprintf("%s/%d", l.T, l.V))
		}
	}
	return all
}

// wait waits until something is true of the socket.
func (s *sock) wait(t *testing.T, what string, ok func(*sock) bool) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		s.mu.Lock()
		done := ok(s)
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-s.changed:
		case <-limit:
			t.Fatalf("%s: never happened; got %v", what, s.types())
		}
	}
}

func (s *sock) waitFor(t *testing.T, want string) {
	t.Helper()
	s.wait(t, want, func(s *sock) bool {
		for _, m := range s.msgs {
			for _, l := range m {
				if fmt.Sprintf("%s/%d", l.T, l.V) == want {
					return true
				}
			}
		}
		return false
	})
}

type rig struct {
	*fanouttest.Host
	hub *fanout.Hub
	src fanout.Source
}

func newRig(t *testing.T) *rig {
	h := fanouttest.NewHost()
	h.Create(id, nil)
	r := &rig{Host: h, src: fanout.Source{Key: "watch", Feed: h}}
	r.hub = fanout.New(fanout.Config{Encoder: &wire.Encoder{}, History: h, Wall: h.Wall, Shards: 2, Linger: time.Millisecond})
	t.Cleanup(r.hub.Close)
	return r
}

func (r *rig) open(t *testing.T, to game.Audience) *fanout.Log {
	t.Helper()
	l, err := r.hub.Open(context.Background(), r.src, id, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Release)
	return l
}

func (r *rig) join(t *testing.T, s *sock, start fanout.Start) *fanout.Cursor {
	t.Helper()
	c, err := r.open(t, game.Watchers).Join(context.Background(), s, start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Leave)
	return c
}

func TestJoinWithoutFrom(t *testing.T) {
	r := newRig(t)
	s := newSock()
	r.join(t, s, fanout.Start{})
	if got := s.types(); !slices.Equal(got, []string{"state/4", "live/4"}) {
		t.Fatalf("got %v", got)
	}
	r.Begin(id)
	s.waitFor(t, "move/6")
	if got := strings.Join(s.types(), " "); got != "state/4 live/4 move/5 move/6" {
		t.Fatalf("got %v", got)
	}
}

// TestResume: what a watcher gets does not depend on how much the log keeps in memory.
func TestResume(t *testing.T) {
	for _, keep := range []int{0, 1, 32} {
		t.Run(fmt.Sprintf("%d lines kept", keep), func(t *testing.T) { resume(t, keep) })
	}
}

func resume(t *testing.T, keep int) {
	r := newRig(t)
	r.src.Keep = keep
	early := r.open(t, game.Watchers) // the log is there before the events, and holds the newest of them
	r.Begin(id)
	r.Fill(id, 300) // version 306
	if v := early.Version(); v != 306 {
		t.Fatalf("the log is at %d", v)
	}
	tests := []struct {
		name  string
		start fanout.Start
		first string
		lines int // numbered
	}{
		{"at the head", fanout.Start{Resume: true, From: 306}, "live/306", 0},
		{"one behind", fanout.Start{Resume: true, From: 305}, "time-added/306", 1},
		{"256 behind", fanout.Start{Resume: true, From: 50}, "time-added/51", 256},
		{"257 behind", fanout.Start{Resume: true, From: 49}, "state/306", 0},
		{"nothing yet", fanout.Start{Resume: true, From: 0}, "state/306", 0},
		{"nothing yet, all wanted", fanout.Start{Resume: true, From: 0, All: true}, "created/1", 306},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSock()
			r.join(t, s, tt.start)
			s.waitFor(t, "live/306")
			got := s.types()
			if got[0] != tt.first {
				t.Errorf("first is %s, want %s", got[0], tt.first)
			}
			last := uint64(0)
			for _, name := range got[:len(got)-1] {
				_, v, _ := strings.Cut(name, "/")
				n, err := strconv.ParseUint(v, 10, 64)
				if err != nil || last != 0 && n != last+1 {
					t.Fatalf("%s after version %d", name, last)
				}
				last = n
			}
			numbered := len(got) - 1
			if strings.HasPrefix(got[0], "state") {
				numbered--
			}
			if numbered != tt.lines {
				t.Errorf("%d numbered lines, want %d", numbered, tt.lines)
			}
		})
	}
	if _, err := r.open(t, game.Watchers).Join(context.Background(), newSock(), fanout.Start{Resume: true, From: 307}); !errors.Is(err, fanout.ErrAhead) {
		t.Errorf("from beyond the version: %v", err)
	}
}

func TestBackfillIsReadOnce(t *testing.T) {
	r := newRig(t)
	r.Begin(id)
	r.Fill(id, 100)
	l := r.open(t, game.Watchers)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			s := newSock()
			c, err := l.Join(context.Background(), s, fanout.Start{Resume: true, From: 3})
			if err != nil {
				t.Error(err)
				return
			}
			s.waitFor(t, "live/106")
			c.Leave()
		})
	}
	wg.Wait()
	if follows, reads, _ := r.Counts(); follows != 1 || reads != 1 {
		t.Errorf("%d follows and %d reads for 50 watchers, want 1 and 1", follows, reads)
	}
}

func TestWatchersShareBytes(t *testing.T) {
	r := newRig(t)
	r.Create(id, func(c *game.Create) { c.Clock = clock.Spec{Type: clock.None} }) // nothing becomes old by itself
	socks := make([]*sock, 100)
	cursors := make([]*fanout.Cursor, len(socks))
	for i := range socks {
		socks[i] = newSock()
		cursors[i] = r.join(t, socks[i], fanout.Start{})
		socks[i].setFull(true)
	}
	r.Begin(id)
	for i, s := range socks {
		s.setFull(false)
		cursors[i].Drained()
	}
	for _, s := range socks {
		s.waitFor(t, "move/6")
		if &s.raw[0][0] != &socks[0].raw[0][0] {
			t.Fatal("two joiners got two state lines")
		}
		if &s.raw[1][0] != &socks[0].raw[1][0] {
			t.Fatal("two watchers at one place got two messages")
		}
	}
}

func TestFullSocketGetsOneMessageWhenItDrains(t *testing.T) {
	r := newRig(t)
	s, other := newSock(), newSock()
	c := r.join(t, s, fanout.Start{})
	r.join(t, other, fanout.Start{})
	s.setFull(true)
	r.Begin(id)
	r.Fill(id, 5)
	other.waitFor(t, "time-added/11")
	s.setFull(false)
	c.Drained()
	s.waitFor(t, "time-added/11")
	if len(s.msgs) != 2 || len(s.msgs[1]) != 7 {
		t.Fatalf("got %v in %d messages", s.types(), len(s.msgs))
	}
}

func TestSlowWatcherGetsStateNotGap(t *testing.T) {
	r := newRig(t)
	r.Begin(id)
	s := newSock()
	c := r.join(t, s, fanout.Start{})
	for round := range 2 {
		s.setFull(true)
		r.Fill(id, 300)
		s.wait(t, "a visit while full", func(s *sock) bool { return s.refused > 0 })
		s.setFull(false)
		c.Drained()
		if round == 0 {
			s.waitFor(t, "state/306")
		}
	}
	s.wait(t, "second time in 30 s", func(s *sock) bool { return s.slow })
	if got := strings.Join(s.types(), " "); got != "state/6 live/6 state/306" {
		t.Fatalf("got %v", got)
	}
}

func TestStaleAndLive(t *testing.T) {
	r := newRig(t)
	s := newSock()
	r.join(t, s, fanout.Start{})
	r.Stale(id, true)
	s.waitFor(t, "stale/0")
	late := newSock()
	r.join(t, late, fanout.Start{})
	if got := strings.Join(late.types(), " "); got != "state/4 stale/0" {
		t.Fatalf("joined while stale: %v", got)
	}
	r.Stale(id, false)
	late.waitFor(t, "live/4")
	s.wait(t, "live again", func(s *sock) bool { return len(s.msgs) == 3 })
	if got := strings.Join(s.types(), " "); got != "state/4 live/4 stale/0 live/4" {
		t.Fatalf("got %v", got)
	}
}

func TestLost(t *testing.T) {
	r := newRig(t)
	s := newSock()
	r.join(t, s, fanout.Start{})
	r.Lose(id)
	s.wait(t, "lost", func(s *sock) bool { return s.lost })
	again := newSock()
	r.join(t, again, fanout.Start{})
	again.waitFor(t, "live/4")
}

func TestFinished(t *testing.T) {
	r := newRig(t)
	r.Begin(id)
	s := newSock()
	r.join(t, s, fanout.Start{})
	r.Must(id, game.Command{ID: "r", Player: "ann", Basis: 6, Wish: game.Resign{}})
	s.wait(t, "finished", func(s *sock) bool { return slices.Equal(s.finished, []bool{false}) })
	late := newSock()
	r.join(t, late, fanout.Start{Resume: true, From: 0})
	late.wait(t, "finished late", func(s *sock) bool { return slices.Equal(s.finished, []bool{true}) })
	if got := late.types(); got[len(got)-2] != "ended/7" || got[len(got)-1] != "live/7" {
		t.Fatalf("got %v", got)
	}
}

func TestAnswerStandsBehindItsEventsInOneMessage(t *testing.T) {
	r := newRig(t)
	s, other := newSock(), newSock()
	c := r.join(t, s, fanout.Start{})
	r.join(t, other, fanout.Start{})
	for i, uci := range []string{"e2e4", "d7d5", "e4d5"} {
		player, command := []string{"ann", "bob", "ann"}[i], fmt.Sprint("c", i)
		if player == "bob" {
			r.Must(id, r.Move(id, player, command, uci))
			s.waitFor(t, "move/6")
			continue
		}
		c.Hold(player, command)
		receipt := r.Must(id, r.Move(id, player, command, uci))
		other.waitFor(t, fmt.Sprintf("move/%d", receipt.Version)) // the loops had every chance
		if !c.Answer(wire.OK(command, receipt), receipt.Version) {
			t.Fatal("not sent")
		}
		last := s.msgs[len(s.msgs)-1]
		if len(last) != 2 || last[0].T != "move" || last[1].T != "ok" || last[1].V != last[0].V {
			t.Fatalf("last message is %v", last)
		}
	}
}

func TestHoldLetsOthersPass(t *testing.T) {
	r := newRig(t)
	r.Begin(id)
	s := newSock()
	c := r.join(t, s, fanout.Start{})
	c.Hold("ann", "mine")
	r.Must(id, game.Command{ID: "his", Player: "bob", Basis: 6, Wish: game.AddTime{}})
	s.waitFor(t, "time-added/7")
	r.Must(id, game.Command{ID: "mine", Player: "ann", Basis: 7, Wish: game.AddTime{}})
	if c.Answer([]byte(`{"t":"ok","v":8}`), 8); strings.Join(s.types(), " ") != "state/6 live/6 time-added/7 time-added/8 ok/8" {
		t.Fatalf("got %v", s.types())
	}
}

func TestAnswerEndsWithItsSocket(t *testing.T) {
	r := newRig(t)
	s := newSock()
	c := r.join(t, s, fanout.Start{})
	s.setFull(true)
	done := make(chan bool)
	go func() { done <- c.Answer([]byte(`{"t":"pong"}`), 0) }()
	close(s.ended)
	if <-done {
		t.Fatal("claims to have been sent")
	}
}

func TestNotices(t *testing.T) {
	r := newRig(t)
	s := newSock()
	r.join(t, s, fanout.Start{})
	r.hub.Notify(id, fanout.Notice{Slot: "gone", Line: []byte(`{"t":"gone","v":1}`), Keep: true})
	s.waitFor(t, "gone/1")
	r.hub.Crowd(id, []byte(`{"t":"crowd","v":1}`), []byte(`{"t":"crowd","v":1}`))
	s.waitFor(t, "crowd/1")
	r.hub.Crowd(id, []byte(`{"t":"crowd","v":1}`), []byte(`{"t":"crowd","v":1}`)) // unchanged
	r.hub.Notify(id, fanout.Notice{Slot: "gone", Line: []byte(`{"t":"gone","v":2}`)})
	s.waitFor(t, "gone/2")
	if got := strings.Join(s.types(), " "); got != "state/4 live/4 gone/1 crowd/1 gone/2" {
		t.Fatalf("got %v", got)
	}
	late := newSock()
	r.join(t, late, fanout.Start{})
	if got := strings.Join(late.types(), " "); got != "state/4 live/4 crowd/1" {
		t.Fatalf("who joins later got %v", got)
	}
	r.hub.HoldCrowd(id)
	held := newSock()
	r.join(t, held, fanout.Start{})
	r.hub.Crowd(id, []byte(`{"t":"crowd","v":1}`), []byte(`{"t":"crowd","v":1}`))
	held.waitFor(t, "crowd/1")
}

// Who sees a game late is told of who was there then, and not even that something has changed now.
func TestCrowdOfThoseWhoSeeLate(t *testing.T) {
	r := newRig(t)
	r.src.Key, r.src.Delayed = "late", true
	s := newSock()
	r.join(t, s, fanout.Start{})
	crowd := func(n int) []byte { return fmt.Appendf(nil, `{"t":"crowd","v":%d}`, n) }
	r.hub.Crowd(id, crowd(1), crowd(9))
	s.waitFor(t, "crowd/9")
	r.hub.Crowd(id, crowd(2), crowd(9))
	r.hub.Crowd(id, crowd(2), crowd(8))
	s.waitFor(t, "crowd/8")
	if got := strings.Join(s.types(), " "); got != "state/4 live/4 crowd/9 crowd/8" {
		t.Fatalf("got %v", got)
	}
}

func TestLogsAreSharedAndDropped(t *testing.T) {
	r := newRig(t)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			l, err := r.hub.Open(context.Background(), r.src, id, game.Watchers)
			if err != nil {
				t.Error(err)
				return
			}
			l.Release()
		})
	}
	wg.Wait()
	limit := time.After(time.Minute)
	for {
		if _, _, sinks := r.Counts(); sinks == 0 {
			break
		}
		select {
		case <-limit:
			t.Fatal("the feed was never given back")
		case <-time.After(time.Millisecond):
		}
	}
	if _, err := r.hub.Open(context.Background(), r.src, "nosuchgame00", game.Watchers); err == nil {
		t.Fatal("a game that does not exist was opened")
	}
}

// TestVersionsAreContiguous: whoever joins, stalls, resumes or leaves whenever, sees every version once, in order, from
// its start or its last state on.
func TestVersionsAreContiguous(t *testing.T) {
	r := newRig(t)
	r.Begin(id)
	l := r.open(t, game.Watchers)
	const events = 1500
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			for {
				select {
				case <-stop:
					return
				default:
				}
				head := l.Version()
				start := fanout.Start{Resume: rnd.IntN(4) > 0, From: head - min(head, rnd.Uint64N(400)), All: rnd.IntN(2) == 0}
				s := newSock()
				c, err := l.Join(context.Background(), s, start)
				if err != nil {
					t.Errorf("join: %v", err)
					return
				}
				target := min(head+rnd.Uint64N(80), events)
				stalls := rnd.IntN(3)
				for {
					at, _ := c.Place()
					if at >= target {
						break
					}
					if stalls > 0 {
						stalls--
						s.setFull(true)
						mark := l.Version() + rnd.Uint64N(30)
						for l.Version() < min(mark, events) {
							<-time.After(100 * time.Microsecond)
						}
						s.setFull(false)
						c.Drained()
						continue
					}
					select {
					case <-s.changed:
					case <-time.After(time.Millisecond):
					}
				}
				c.Leave()
				check(t, s, start)
			}
		})
	}
	r.Fill(id, events)
	close(stop)
	wg.Wait()
}

func check(t *testing.T, s *sock, start fanout.Start) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known, lives := start.From, start.Resume, 0
	for _, m := range s.msgs {
		for _, l := range m {
			switch {
			case l.T == "state":
				last, known = l.V, true
			case l.T == "live":
				lives++
				if l.V != last {
					t.Errorf("live %d behind %d", l.V, last)
				}
			case !known || l.V != last+1:
				t.Errorf("%s %d behind %d", l.T, l.V, last)
				return
			default:
				last = l.V
			}
		}
	}
	if lives > 1 {
		t.Errorf("%d times live", lives)
	}
}
