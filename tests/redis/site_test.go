package redis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/fanout/fanouttest"
	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/socket"
	"github.com/plygames/ply/transport/wire"
)

// id is the game of these tests: ann has white, bob has black.
const id = "abcdefghijkl"

// names believes "t-<player>".
type names struct{}

func (names) Verify(token string) (auth.Person, error) {
	name, ok := strings.CutPrefix(token, "t-")
	if !ok {
		return auth.Person{}, domain.Refuse(domain.Unauthorized, "bad token")
	}
	return auth.Person{ID: name, Guest: true, Scopes: []string{auth.ScopePlay}}, nil
}

// site is several servers over one store of games and one Redis.
type site struct {
	*fanouttest.Host
	t     testing.TB
	redis *harness.Redis
}

func newSite(t testing.TB) *site {
	s := &site{Host: fanouttest.NewHost(), t: t, redis: harness.StartRedis(t)}
	s.Create(id, nil)
	s.Begin(id)
	return s
}

// server is one of them: its sockets, its presence and its signals.
type server struct {
	*socket.Presence
	t      testing.TB
	url    string
	stop   func() // ends it with goodbyes
	vanish func() // ends it without: others hear no more of it
}

// start adds a server. change may alter its signals before they run.
func (s *site) start(name string, change ...func(*redis.SignalsConfig, *redis.Client)) *server {
	s.t.Helper()
	client := mustOpen(s.t, s.redis.URL())
	presence := socket.NewPresence(s)
	config := redis.SignalsConfig{Incarnation: name, Presence: presence, Clock: s}
	for _, c := range change {
		c(&config, client)
	}
	var sockets *socket.Server
	made := make(chan struct{})
	revoked := config.Revoked
	config.Revoked = func(player string, at time.Time) {
		<-made
		revoked(player, at)
		sockets.Revoke(player)
	}
	signals := redis.NewSignals(client, config)
	sockets = socket.New(socket.Config{Incarnation: name}, socket.Deps{
		Games: s, Play: s, Watch: s, History: s, Encoder: &wire.Encoder{}, Auth: names{}, Presence: presence,
		Commands: limit.NewCommands(nil), Clock: s, Wall: s.Wall, Log: slog.New(slog.DiscardHandler),
	})
	close(made)
	mux := http.NewServeMux()
	sockets.Register(mux)
	listener := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { signals.Run(ctx) })
	end := sync.OnceFunc(func() { sockets.Close(); listener.Close() })
	v := &server{Presence: presence, t: s.t, url: "ws" + strings.TrimPrefix(listener.URL, "http")}
	v.stop = func() { end(); cancel(); running.Wait() }
	// Without a connection neither what its sockets' end changes nor a goodbye can be said.
	v.vanish = func() { client.Close(); v.stop() }
	s.t.Cleanup(v.stop)
	return v
}

// peer is a client, whose lines are collected as they come.
type peer struct {
	t    testing.TB
	c    *websocket.Conn
	mu   sync.Mutex
	got  []map[string]any
	done sync.WaitGroup
	code int // of the closing frame; read after done
}

// dial opens a socket; an empty token is nobody's.
func (v *server) dial(path, token string) *peer {
	v.t.Helper()
	options := &websocket.DialOptions{Subprotocols: []string{wire.Protocol}, HTTPHeader: http.Header{}}
	if token != "" {
		options.HTTPHeader.Set("Authorization", "Bearer "+token)
	}
	c, _, err := websocket.Dial(within(v.t, soon), v.url+path, options)
	if err != nil {
		v.t.Fatalf("%s: %v", path, err)
	}
	p := &peer{t: v.t, c: c}
	p.done.Go(p.read)
	v.t.Cleanup(p.leave)
	return p
}

func (p *peer) read() {
	for {
		_, data, err := p.c.Read(context.Background())
		if err != nil {
			p.code = int(websocket.CloseStatus(err))
			return
		}
		for line := range bytes.SplitSeq(data, []byte("\n")) {
			var m map[string]any
			if err := json.Unmarshal(line, &m); err != nil {
				p.t.Errorf("%q: %v", line, err)
				return
			}
			p.mu.Lock()
			p.got = append(p.got, m)
			p.mu.Unlock()
		}
	}
}

// closed waits until the server has closed the socket, and tells with which code.
func (p *peer) closed() int {
	p.t.Helper()
	p.done.Wait()
	return p.code
}

// leave closes the socket.
func (p *peer) leave() { _ = p.c.CloseNow(); p.done.Wait() }

// all gives the lines of a type, in a form that can be compared.
func (p *peer) all(kind string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []string
	for _, m := range p.got {
		if m["t"] == kind {
			lines = append(lines, fmt.Sprint(m))
		}
	}
	return lines
}

// newest gives a field of the newest line of a type.
func (p *peer) newest(kind, field string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.got) - 1; i >= 0; i-- {
		if p.got[i]["t"] == kind {
			return fmt.Sprint(p.got[i][field])
		}
	}
	return ""
}

// sees waits until a peer is told who is here and how many watch.
func (p *peer) sees(here string, watchers int) {
	p.t.Helper()
	harness.Eventually(p.t, soon, fmt.Sprintf("crowd %s, %d", here, watchers), func() bool {
		return p.newest("crowd", "here") == here && p.newest("crowd", "watchers") == fmt.Sprint(watchers)
	})
}

const (
	both      = "map[black:true white:true]"
	onlyWhite = "map[black:false white:true]"
	onlyBlack = "map[black:true white:false]"
)

// blind tells that a server does not hear the others: not even a game that does not exist lacks anybody then.
func (v *server) blind() bool { return v.Absent("nobody's game", "white") == game.Present }

// settled waits until a server hears the others.
func (v *server) settled() {
	v.t.Helper()
	harness.Eventually(v.t, soon, "the others are heard", func() bool { return !v.blind() })
}
