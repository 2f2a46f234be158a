package lobby_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/transport/lobby"
	"github.com/plygames/ply/transport/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is open games as a view tells of them.
type source struct {
	mu     sync.Mutex
	wake   chan struct{}
	open   map[string]lobby.Game
	dirty  map[string]struct{}
	all    bool
	number uint64
}

func newSource() *source {
	return &source{wake: make(chan struct{}, 1), open: map[string]lobby.Game{}, dirty: map[string]struct{}{}}
}

func (s *source) Wake() <-chan struct{} { return s.wake }

func (s *source) Take() (open []lobby.Game, closed []string, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if all = s.all; all {
		for _, g := range s.open {
			open = append(open, g)
		}
	}
	for id := range s.dirty {
		if g, there := s.open[id]; !there {
			closed = append(closed, id)
		} else if !all {
			open = append(open, g)
		}
	}
	s.all = false
	clear(s.dirty)
	return open, closed, all
}

func (s *source) change(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *source) set(id, kind string) {
	s.change(func() {
		s.number++
		s.open[id] = lobby.Game{Offer: wire.Offer{Game: id, Kind: kind, Seat: "white"}, Number: s.number}
		s.dirty[id] = struct{}{}
	})
}

func (s *source) remove(id string) {
	s.change(func() { delete(s.open, id); s.dirty[id] = struct{}{} })
}

// reader is somebody who looks, and what they know.
type reader struct {
	t      *testing.T
	mu     sync.Mutex
	full   bool
	known  []string
	lines  []string
	wholes int
}

func (r *reader) Full() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.full }

func (r *reader) Send(msg []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		r.t.Error("sent to somebody who is full")
	}
	for _, line := range bytes.Split(msg, []byte{'\n'}) {
		r.lines = append(r.lines, string(line))
		var m struct {
			T     string
			Games []struct{ Game string }
			Game  json.RawMessage
		}
		if err := json.Unmarshal(line, &m); err != nil {
			r.t.Errorf("%s: %v", line, err)
		}
		switch m.T {
		case "games":
			r.wholes++
			r.known = nil
			for _, g := range m.Games {
				r.known = append(r.known, g.Game)
			}
		case "open":
			var g struct{ Game string }
			_ = json.Unmarshal(m.Game, &g)
			if !slices.Contains(r.known, g.Game) {
				r.known = append(r.known, g.Game)
			}
		case "closed":
			id := strings.Trim(string(m.Game), `"`)
			i := slices.Index(r.known, id)
			if i < 0 {
				r.t.Errorf("%s closes what was not open", line)
				continue
			}
			r.known = slices.Delete(r.known, i, i+1)
		}
	}
}

func (r *reader) want(wholes int, ids ...string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.known, ids) || r.wholes != wholes {
		r.t.Errorf("knows %v after %d wholes, want %v after %d; was told %v", r.known, r.wholes, ids, wholes, r.lines)
	}
}

func (r *reader) fill(full bool) { r.mu.Lock(); defer r.mu.Unlock(); r.full = full }

// run lets a lobby run over a source on fake time.
func run(t *testing.T, test func(l *lobby.Lobby, s *source, settle func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newSource()
		l := lobby.New(lobby.Config{Source: s, Encode: (&wire.Encoder{}).Offer})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = l.Run(ctx) })
		test(l, s, func() { time.Sleep(20 * time.Millisecond); synctest.Wait() })
		cancel()
		running.Wait()
	})
}

func TestLobby(t *testing.T) {
	run(t, func(l *lobby.Lobby, s *source, settle func()) {
		early, chess := &reader{t: t}, &reader{t: t}
		l.Join(early, "")
		settle()
		early.want(0) // nothing is known yet, not even that there is nothing
		s.change(func() { s.all = true })
		settle()
		early.want(1)
		s.set("a", "chess")
		settle()
		s.set("b", "go")
		settle()
		viewer := l.Join(chess, "chess")
		chess.want(1, "a")
		early.want(1, "a", "b")
		s.set("c", "chess")
		s.set("d", "chess")
		s.remove("d") // was never shown
		s.remove("b")
		settle()
		early.want(1, "a", "c")
		chess.want(1, "a", "c")
		if n := len(chess.lines); n != 2 {
			t.Errorf("who looks at chess alone was told %v", chess.lines)
		}
		s.change(func() { s.all = true; delete(s.open, "a") }) // the view begins anew
		settle()
		early.want(1, "c")
		chess.want(1, "c")
		l.Leave(viewer)
		l.Leave(viewer)
		l.Drained(viewer)
		s.remove("c")
		settle()
		early.want(1)
		chess.want(1, "c")
	})
}

// Who can't keep up is told everything anew when there is room.
func TestSlowReader(t *testing.T) {
	run(t, func(l *lobby.Lobby, s *source, settle func()) {
		slow := &reader{t: t}
		s.set("a", "chess")
		settle()
		v := l.Join(slow, "")
		slow.want(1, "a")
		slow.fill(true)
		l.Drained(v) // says nothing: nothing was missed
		for i := range 100 {
			s.set(fmt.Sprint("x", i), "chess")
			settle()
			s.remove(fmt.Sprint("x", i))
			settle()
		}
		s.remove("a")
		s.set("b", "chess")
		settle()
		slow.want(1, "a")
		slow.fill(false)
		l.Drained(v)
		slow.want(2, "b")
		s.set("c", "chess")
		settle()
		slow.want(2, "b", "c")
	})
}

// Whatever happens, whoever has read everything knows what is open.
func TestReadersAgree(t *testing.T) {
	run(t, func(l *lobby.Lobby, s *source, settle func()) {
		rnd := rand.New(rand.NewPCG(1, 2))
		readers := map[*reader]*lobby.Viewer{}
		for range 2000 {
			switch id := fmt.Sprint("g", rnd.IntN(30)); rnd.IntN(8) {
			case 0, 1, 2:
				s.set(id, []string{"chess", "go"}[rnd.IntN(2)])
			case 3, 4:
				s.remove(id)
			case 5:
				r := &reader{t: t}
				readers[r] = l.Join(r, "")
			case 6:
				for r := range readers {
					r.fill(rnd.IntN(2) == 0)
					break
				}
			default:
				time.Sleep(time.Duration(rnd.IntN(15)) * time.Millisecond)
			}
		}
		for r, v := range readers {
			r.fill(false)
			l.Drained(v)
		}
		settle()
		var want []string
		for id := range s.open {
			want = append(want, id)
		}
		slices.Sort(want)
		for r := range readers {
			slices.Sort(r.known)
			if !slices.Equal(r.known, want) {
				t.Fatalf("knows %v, open are %v", r.known, want)
			}
		}
	})
}
