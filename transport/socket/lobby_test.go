package socket_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/transport/lobby"
	"github.com/plygames/ply/transport/socket"
	"github.com/plygames/ply/transport/wire"
)

// shelf is open games that a test puts there.
type shelf struct {
	mu   sync.Mutex
	wake chan struct{}
	open []lobby.Game
}

func (s *shelf) Wake() <-chan struct{} { return s.wake }

func (s *shelf) Take() ([]lobby.Game, []string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open, nil, true
}

func (s *shelf) put(ids ...string) {
	s.mu.Lock()
	s.open = nil
	for i, id := range ids {
		s.open = append(s.open, lobby.Game{Offer: wire.Offer{Game: id, Kind: "chess", Seat: "white", By: strings.Repeat("x", 60)}, Number: uint64(i)})
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// lobbyRig is a server with a lobby.
func lobbyRig(t *testing.T) (*rig, *shelf) {
	t.Helper()
	s := &shelf{wake: make(chan struct{}, 1)}
	l := lobby.New(lobby.Config{Source: s, Encode: (&wire.Encoder{}).Offer})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = l.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return newRig(t, func(_ *socket.Config, d *socket.Deps) { d.Lobby = l }), s
}

func TestLobbySocket(t *testing.T) {
	r, s := lobbyRig(t)
	s.put("a", "b")
	p := r.dial("/lobby", "")
	first, _ := p.until("games")
	if games := first["games"].([]any); len(games) != 2 || games[0].(map[string]any)["game"] != "a" {
		t.Errorf("first: %v", first)
	}
	s.put("b", "c")
	if m, _ := p.until("closed"); m["game"] != "a" {
		t.Errorf("closed: %v", m)
	}
	if m, _ := p.until("open"); m["game"].(map[string]any)["game"] != "c" {
		t.Errorf("open: %v", m)
	}
	p.send(`{"t":"ping","ts":7}`)
	if m, _ := p.until("pong"); m["echo"] != 7.0 || m["v"] != nil {
		t.Errorf("pong: %v", m)
	}
	p.send(`{"t":"resign","id":"x","v":1}`)
	if m, _ := p.until("error"); m["id"] != "x" || m["code"] != "not_a_player" {
		t.Errorf("error: %v", m)
	}
	known := r.dial("/lobby?kind=chess", "t-ann")
	known.until("games")
	other := r.dial("/lobby?kind=go", "")
	if m, _ := other.until("games"); len(m["games"].([]any)) != 0 {
		t.Errorf("of another kind: %v", m)
	}
	r.server.Revoke("ann")
	known.wantClose(4503)
	r.dial("/lobby?kind=", "").wantClose(4500)
	r.dial("/lobby?kind=a&kind=b", "").wantClose(4500)
	if _, status := r.try("/lobby", "bad"); status != 401 {
		t.Errorf("with a bad token: %d", status)
	}
	for range 3 {
		p.send(`nonsense`)
	}
	p.wantClose(4500)
	drained := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		drained <- r.server.Drain(ctx, 0)
	}()
	other.wantClose(4001)
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

// Who does not read is told everything anew, once, when they do.
func TestSlowLobbySocket(t *testing.T) {
	r, s := lobbyRig(t)
	s.put()
	slow, quick := r.dial("/lobby", ""), r.dial("/lobby", "")
	slow.until("games")
	quick.until("games")
	many := make([]string, 2000)
	for round := range 25 { // 10 MB, more than the kernel keeps for somebody
		for i := range many {
			many[i] = fmt.Sprintf("%d-%d", round, i)
		}
		s.put(many...)
		last := many[len(many)-1]
		for seen := false; !seen; {
			at := len(quick.got)
			if _, err := quick.message(); err != nil {
				t.Fatal(err)
			}
			for _, m := range quick.got[at:] { // one by one, or all anew if it was too slow itself
				if o, ok := m["game"].(map[string]any); ok {
					seen = seen || o["game"] == last
				}
				if all, ok := m["games"].([]any); ok && len(all) > 0 {
					seen = seen || all[len(all)-1].(map[string]any)["game"] == last
				}
			}
			quick.got, quick.in, quick.msgs = nil, nil, nil
		}
	}
	m, before := slow.until("games")
	if got := len(m["games"].([]any)); got != len(many) {
		t.Errorf("%d games after %d lines, want %d", got, len(before), len(many))
	}
}
