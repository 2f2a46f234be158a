package deploy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/haproxy"
	"github.com/plygames/ply/transport/client"
)

// behind puts one ply that has all roles behind the proxy: every backend ends there.
func behind(t *testing.T, env ...string) (*harness.Server, *harness.HAProxy) {
	t.Helper()
	s := harness.Start(t, append(env, harness.Env("PLY_TRUSTED_PROXIES", "127.0.0.1/32"))...)
	addr := strings.TrimPrefix(s.URL, "http://")
	return s, harness.StartHAProxy(t, harness.Servers{Play: []string{addr}, Watch: []string{addr}, Project: []string{addr}})
}

// TestAGameThroughTheProxy plays over sockets and HTTP, through a drain with a restart and a kill of the proxy.
func TestAGameThroughTheProxy(t *testing.T) {
	server, proxy := behind(t)
	ctx := harness.Within(t, 3*time.Minute)
	nobody := client.New(proxy.URL(), client.Options{FirstReconnect: 100 * time.Millisecond, MaxReconnect: time.Second})
	people := make([]*client.Client, 2)
	for i, name := range []string{"Ann", "Bob"} {
		var err error
		if people[i], err = nobody.Guest(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	made, err := people[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people[1].Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		t.Fatal(err)
	}
	var games []*client.Game
	for _, p := range people {
		g, err := p.Play(ctx, made.Game, nil)
		if err != nil {
			t.Fatal(err)
		}
		games = append(games, g)
	}
	watcher, err := nobody.Watch(ctx, made.Game, nil)
	if err != nil {
		t.Fatal(err)
	}
	games = append(games, watcher)
	defer func() {
		for _, g := range games {
			g.Close()
		}
	}()
	move := func(player int, uci string) {
		t.Helper()
		receipt, err := games[player].Do(ctx, client.Move(uci))
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range games {
			if _, err := g.Wait(ctx, func(s client.State) bool { return s.V >= receipt.V }); err != nil {
				t.Fatal(err)
			}
		}
	}
	move(0, "e2e4")
	move(1, "e7e5")

	server.Stop() // drains
	proxy.Await("play", "ws1", haproxy.Down)
	server.Restart()
	proxy.Await("play", "ws1", haproxy.Up)
	move(0, "g1f3")
	proxy.Kill9()
	proxy.Restart()
	move(1, "b8c6")

	if pgn, err := nobody.PGN(ctx, made.Game); err != nil || !strings.Contains(pgn, "Nc6") {
		t.Errorf("%v\n%s", err, pgn)
	}
	for i, g := range games {
		if g.Holes() != 0 || g.Reconnects() < 2 {
			t.Errorf("socket %d: %d holes, %d reconnects", i, g.Holes(), g.Reconnects())
		}
	}
}

// TestADrainingPlySaysSoToTheProxy: the proxy sends nobody new while the sockets are still being closed.
func TestADrainingPlySaysSoToTheProxy(t *testing.T) {
	server, proxy := behind(t, harness.NoLimits)
	ctx := harness.Within(t, 2*time.Minute)
	nobody := client.New(proxy.URL(), client.Options{FirstReconnect: time.Minute})
	guest, err := nobody.Guest(ctx, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	made, err := guest.Create(ctx, client.NewGame{Kind: "chess", Seat: "white"})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // sockets to say goodbye to: they make the drain last
		watcher, err := nobody.Watch(ctx, made.Game, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer watcher.Close()
	}
	seen := make(chan bool, 1)
	stopped := make(chan struct{})
	go func() {
		drained := false
		for {
			if s, err := proxy.Server("watch", "watch1"); err == nil {
				drained = drained || s.Status == haproxy.Draining
			}
			select {
			case <-stopped:
				seen <- drained
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	server.Stop()
	close(stopped)
	if !<-seen {
		t.Error("the proxy never saw the server drain")
	}
}

// TestThePlayersAddressCounts: behind a proxy all connections come from one address, and the limit of handshakes is
// that of the player's all the same.
func TestThePlayersAddressCounts(t *testing.T) {
	_, proxy := behind(t)
	refused := 0
	for range 200 {
		answer, err := handshakeFrom(t, proxy.Addr, "127.0.0.9", "X-Forwarded-For: 192.0.2.1\r\n")
		if err != nil {
			t.Fatal(err)
		}
		if answer == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("200 handshakes of one address, and none was too many: the limit believes what clients say, or does not count")
	}
	if answer, err := handshakeFrom(t, proxy.Addr, "127.0.0.10", ""); err != nil || answer != http.StatusNotFound {
		t.Errorf("another address pays for it: %d, %v", answer, err)
	}
}

// handshakeFrom asks for a socket to a game that does not exist, from an address of this machine.
func handshakeFrom(t *testing.T, addr, from, headers string) (status int, err error) {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, err = io.WriteString(conn, "GET /watch/nosuchgame00 HTTP/1.1\r\nHost: "+addr+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ply.v1\r\n"+headers+"\r\n")
	if err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	_ = answer.Body.Close()
	return answer.StatusCode, nil
}
