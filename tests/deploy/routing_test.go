package deploy_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/haproxy"
)

// topology is the proxy before dummies of a whole topology.
type topology struct {
	*harness.HAProxy
	play, watch []*dummy
	project     *dummy
}

func startTopology(t *testing.T) *topology {
	t.Helper()
	c := &topology{
		play: newDummies(t, "ws1", "ws2", "ws3", "ws4"), watch: newDummies(t, "watch1", "watch2"), project: newDummy(t, "project"),
	}
	c.HAProxy = harness.StartHAProxy(t, harness.Servers{Play: addrs(c.play), Watch: addrs(c.watch), Project: []string{c.project.addr}})
	return c
}

// one is the play server of that name.
func (c *topology) one(name string) *dummy {
	for _, d := range c.play {
		if d.name == name {
			return d
		}
	}
	return nil
}

// games are ids as ply makes them, spread over the servers.
func games(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("k3JqT9x%05d", i*7919))
	}
	return ids
}

// homes asks for each game and gives the server that it belongs to.
func (c *topology) homes(t *testing.T, ids []string) map[string]string {
	t.Helper()
	at := map[string]string{}
	for _, id := range ids {
		s, status := ask(t, c.URL()+"/api/games/"+id)
		if status != http.StatusOK {
			t.Fatalf("game %s: %d", id, status)
		}
		at[id] = s.Server
	}
	return at
}

func TestEverythingAboutAGameMeetsInOneServer(t *testing.T) {
	c := startTopology(t)
	used := map[string]int{}
	for id, home := range c.homes(t, games(40)) {
		used[home]++
		for _, path := range []string{
			"/play/" + id, "/play/" + id + "?from=17", "/play/" + id + "?from=0&x=/play/other",
			"/api/games/" + id + "?v=56", "/api/games/" + id + ".pgn", "/api/games/" + id + ".pgn?clocks=1",
			"/api/games/" + id + "/events", "/api/games/" + id + "/events?from=3&to=9",
			"/api/games/" + id + "/commands", "/api/games/" + id + "/commands?x=/seats/black",
			"/api/board/game/stream/" + id, "/api/bot/game/stream/" + id,
			"/api/board/game/" + id + "/move/e2e4", "/api/bot/game/" + id + "/resign", "/api/bot/game/" + id + "/draw/yes",
		} {
			s, status := ask(t, c.URL()+path)
			if status != http.StatusOK || s.Server != home {
				t.Errorf("%s went to %s (%d), its game is at %s", path, s.Server, status, home)
			}
			if s.URL != path {
				t.Errorf("%s arrived as %s", path, s.URL)
			}
		}
		if s, status := ask(t, c.URL()+"/api/games/"+id+"/seats/black"); status != http.StatusOK || s.Server != "project" {
			t.Errorf("who sits down goes to %s (%d)", s.Server, status)
		}
		for range 2 {
			if _, at := dial(t, c.URL()+"/play/"+id+"?from=3"); at != home {
				t.Errorf("the socket of %s went to %s, its game is at %s", id, at, home)
			}
		}
	}
	if len(used) != 4 {
		t.Errorf("40 games went to %v: not all servers are used", used)
	}
}

func TestWhatIsAboutNoGameGoesToProject(t *testing.T) {
	c := startTopology(t)
	for _, path := range []string{
		"/", "/icon.svg", "/game/k3JqT9xBv2Lm", "/api/games", "/api/games?status=open&player=/api/games/x", "/api/games/", "/api/events?after=1",
		"/api/export/games.pgn?since=1", "/api/guests", "/api/me", "/api/me/games?status=live", "/api/players/p_1/ratings",
		"/api/leaderboards/chess", "/api/kinds", "/api/openapi.yaml", "/api/account", "/api/stream/event", "/api/challenge/k3JqT9xBv2Lm/accept",
		"/lobby", "/lobby?kind=chess", "/play", "/play/", "/livez", "/nothing/here",
	} {
		if s, status := ask(t, c.URL()+path); status != http.StatusOK || s.Server != "project" {
			t.Errorf("%s went to %s (%d)", path, s.Server, status)
		}
	}
	if _, at := dial(t, c.URL()+"/lobby?kind=chess"); at != "project" {
		t.Errorf("the lobby's socket went to %s", at)
	}
}

func TestSpectatorsGoWhereFewestAre(t *testing.T) {
	c := startTopology(t)
	at := map[string]int{}
	for i := range 20 {
		path := "/watch/k3JqT9xBv2Lm?from=0&delay=5" // all watch the same game
		if i%2 == 1 {
			path = "/watch?games=k3JqT9xBv2Lm,k3JqT9xBv2Ln"
		}
		_, name := dial(t, c.URL()+path)
		at[name]++
	}
	if at["watch1"] != 10 || at["watch2"] != 10 {
		t.Errorf("20 spectators of one game are at %v", at)
	}
	// The least loaded is the one that lost its own.
	c.watch[0].kill()
	c.Await("watch", "watch1", haproxy.Down)
	c.watch[0].rise()
	c.Await("watch", "watch1", haproxy.Up)
	for range 5 {
		if _, name := dial(t, c.URL()+"/watch/another"); name != "watch1" {
			t.Errorf("a spectator went to %s; there are %d at watch1 and %d at watch2",
				name, c.Look("watch", "watch1").Sessions, c.Look("watch", "watch2").Sessions)
		}
	}
}

func TestAKilledServerMovesItsGamesAndNoOthers(t *testing.T) {
	c := startTopology(t)
	ids := games(60)
	before := c.homes(t, ids)
	victim := c.one(before[ids[0]])

	type open struct {
		id, at string
		echo   func(context.Context) error
		gone   chan struct{}
	}
	var sockets []open
	for _, id := range ids {
		conn, at := dial(t, c.URL()+"/play/"+id)
		o := open{id: id, at: at, gone: make(chan struct{})}
		pongs := make(chan struct{}, 1)
		go func() {
			defer close(o.gone)
			for {
				if _, _, err := conn.Read(context.Background()); err != nil {
					return
				}
				pongs <- struct{}{}
			}
		}()
		o.echo = func(ctx context.Context) error {
			if err := conn.Write(ctx, 1, []byte("still here")); err != nil {
				return err
			}
			select {
			case <-pongs:
				return nil
			case <-o.gone:
				return fmt.Errorf("closed")
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		sockets = append(sockets, o)
	}

	victim.kill()
	started := time.Now()
	moved, slowest := 0, time.Duration(0)
	for _, o := range sockets {
		if o.at != victim.name {
			continue
		}
		moved++
		select {
		case <-o.gone:
		case <-time.After(30 * time.Second):
			t.Fatalf("the socket of %s hangs on the killed server", o.id)
		}
		dialled := time.Now()
		_, at, err := tryDial(t, c.URL()+"/play/"+o.id)
		if err != nil || at == victim.name {
			t.Errorf("the first dial of %s after the kill: at %q, %v", o.id, at, err)
		}
		slowest = max(slowest, time.Since(dialled))
	}
	t.Logf("%d of %d sockets were on the killed server; all back %v after the kill, slowest dial %v", moved, len(ids), time.Since(started), slowest)

	for _, o := range sockets {
		if o.at != victim.name {
			if err := o.echo(harness.Within(t, 20*time.Second)); err != nil {
				t.Errorf("the socket of %s at %s, which lives, %v", o.id, o.at, err)
			}
		}
	}
	c.Await("play", victim.name, haproxy.Down)
	after := c.homes(t, ids)
	for _, id := range ids {
		if before[id] != victim.name && after[id] != before[id] {
			t.Errorf("%s moved from %s to %s, and %s was killed", id, before[id], after[id], victim.name)
		}
	}

	// Its games come back with it; open sockets stay where they are.
	victim.rise()
	c.Await("play", victim.name, haproxy.Up)
	for id, at := range c.homes(t, ids) {
		if at != before[id] {
			t.Errorf("%s is at %s after everything, was at %s", id, at, before[id])
		}
	}
}

func TestADrainingServerGetsNobodyNewAndLosesNobody(t *testing.T) {
	c := startTopology(t)
	id := games(1)[0]
	conn, at := dial(t, c.URL()+"/play/"+id)
	server := c.one(at)
	server.ready.Store(http.StatusNotFound)
	c.Await("play", at, haproxy.Draining)

	if s, status := ask(t, c.URL()+"/api/games/"+id); status != http.StatusOK || s.Server == at {
		t.Errorf("a request went to %s (%d), which drains", s.Server, status)
	}
	if _, to := dial(t, c.URL()+"/play/"+id); to == at {
		t.Error("a new socket went to the server that drains")
	}
	ctx := harness.Within(t, 20*time.Second)
	if err := conn.Write(ctx, 1, []byte("still here")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(ctx); err != nil || string(text) != "still here" {
		t.Errorf("the open socket got %q, %v", text, err)
	}

	server.ready.Store(http.StatusOK)
	c.Await("play", at, haproxy.Up)
	if s, _ := ask(t, c.URL()+"/api/games/"+id); s.Server != at {
		t.Errorf("after the drain the game is at %s, was at %s", s.Server, at)
	}
}

func TestASickServerIsCut(t *testing.T) {
	c := startTopology(t)
	conn, at := dial(t, c.URL()+"/play/"+games(1)[0])
	c.one(at).ready.Store(http.StatusServiceUnavailable)
	if _, _, err := conn.Read(harness.Within(t, 30*time.Second)); err == nil || strings.Contains(err.Error(), "deadline") {
		t.Errorf("a server that says 503 kept its socket: %v", err)
	}
	if !c.Is("play", at, haproxy.Down) {
		t.Errorf("cut, and yet %s", c.Look("play", at).Status)
	}
}

func TestTheProxyRestartsOnItsAddresses(t *testing.T) {
	c := startTopology(t)
	before := c.homes(t, games(10))
	addr := c.Addr
	c.Kill9()
	if _, _, err := tryDial(t, c.URL()+"/play/"+games(1)[0]); err == nil {
		t.Fatal("somebody answers at a killed proxy's address")
	}
	c.Restart()
	for id, at := range c.homes(t, games(10)) {
		if at != before[id] {
			t.Errorf("%s is at %s after the proxy's restart, was at %s: the hash depends on the run", id, at, before[id])
		}
	}
	if err := c.Healthy(harness.Within(t, 20*time.Second)); err != nil || c.Addr != addr {
		t.Errorf("at %s, was at %s; %v", c.Addr, addr, err)
	}
	c.Stop()
}
