package socket

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/limit"
)

// Games is the write side, as far as sockets need it.
type Games interface {
	// Do carries out a command and answers within 2 s. Refusals are *domain.Error. When it returns a receipt, all sinks of
	// the play feed have the events.
	Do(ctx context.Context, id string, c game.Command, at game.Arrival) (game.Receipt, error)
	// State is a game as it is now. One that does not exist is a *domain.Error of kind NotFound.
	State(ctx context.Context, id string) (*game.State, error)
}

// Watched is the games as they are shown to watchers here, which may be a little behind.
type Watched interface {
	// State is a game as it is shown. One that does not exist is a *domain.Error of kind NotFound.
	State(ctx context.Context, id string) (*game.State, error)
	// Refresh makes sure that what was stored before the call is shown, for somebody who has seen more elsewhere.
	Refresh(ctx context.Context, id string) (*game.State, error)
}

// Paced makes feeds over the past. Feeds of equal arguments show the same.
type Paced interface {
	// Delayed shows every event that much later, and all at once when the game has ended.
	Delayed(d time.Duration) fanout.Feed
	// Replay shows the events after a version at a multiple of their pace, gaps capped at 10 s, none before its delay is
	// over.
	Replay(from uint64, speed float64, delay time.Duration) fanout.Feed
}

// Authority tells whom a token names.
type Authority interface {
	Verify(token string) (auth.Person, error)
}

// LiveClock is monotonic time that stands still while the process does: ms since the process started.
type LiveClock interface {
	Now() int64
}

// Observer is told what happens at the edge; for metrics. Its methods must be quick and safe for concurrent use.
type Observer interface {
	// Opened and Closed report sockets by kind ("play", "watch", "lobby"). why is the reason for which we ended it, or "peer".
	Opened(kind string)
	Closed(kind, why string)
	// Refused reports a handshake that was answered with an HTTP status.
	Refused(status int)
	// Told reports an error that a socket was told, by its code.
	Told(code string)
	// Wrote reports a message of so many bytes; full: the socket did not take all of it at once.
	Wrote(bytes int, full bool)
	// RoundTrip reports a ping of a player that was answered.
	RoundTrip(seconds float64)
}

// Config says how sockets behave. The zero value is the protocol's; the durations are there for tests.
type Config struct {
	Incarnation string         // this run of this server, as in event.Meta.Server
	Origins     []string       // pages that may connect beside our own: "https://example.org"
	Proxies     []netip.Prefix // whose X-Forwarded-For is believed
	Unlimited   bool           // no limits per second on pings; commands and handshakes: see Deps

	PlayersPing, WatchersPing time.Duration // 5 s, 25 s
	PongWithin                time.Duration // 10 s
	MessageWithin             time.Duration // 5 s from the first byte
	WriteWithin               time.Duration // 30 s for what a full socket did not take
	Farewell                  time.Duration // 5 s for the peer's half of the closing handshake
	PlayAfter, WatchAfter     time.Duration // 60 s, 10 s: sockets are kept after the end
	PlayLeast                 time.Duration // 5 s: ... also those opened later
	FloodFor                  time.Duration // 5 s of too much
	WatcherBuffer             int           // 64 KiB of kernel memory for what a watcher has not read
}

func (c *Config) setDefaults() {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.PlayersPing, 5 * time.Second}, {&c.WatchersPing, 25 * time.Second}, {&c.PongWithin, 10 * time.Second},
		{&c.MessageWithin, 5 * time.Second}, {&c.WriteWithin, 30 * time.Second}, {&c.Farewell, 5 * time.Second},
		{&c.PlayAfter, 60 * time.Second}, {&c.WatchAfter, 10 * time.Second}, {&c.PlayLeast, 5 * time.Second},
		{&c.FloodFor, 5 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.WatcherBuffer == 0 {
		c.WatcherBuffer = 64 << 10
	}
}

// Deps is what sockets need of the world. Handshakes, Observer and FanoutObserver may be nil.
type Deps struct {
	Games          Games
	Watched        Watched     // nil: Games tells, which is never behind
	Play, Watch    fanout.Feed // of players; of watchers without delay
	Paced          Paced
	History        fanout.History
	Encoder        fanout.Encoder
	Auth           Authority
	Presence       *Presence
	Lobby          Lobby                  // nil: this server has none, and ServeLobby is not mounted
	Commands       limit.Limiter          // commands of a player in a game, shared with HTTP
	Handshakes     *limit.Buckets[string] // by address; nil = no limit
	Clock          LiveClock
	Wall           func() int64 // Unix ms
	Observer       Observer
	FanoutObserver fanout.Observer
	Log            *slog.Logger
}

// Server serves the game sockets. Safe for concurrent use.
type Server struct {
	Config
	Deps
	hub         *fanout.Hub
	play, watch fanout.Source
	pings       *pinger
	scratch     sync.Pool // *[]byte: a message on its way out
	messages    sync.Pool // *[]byte: a message on its way in

	mu       sync.Mutex
	socks    map[*sock]struct{}
	byPlayer map[string][]*sock
	replays  uint64
	draining bool
	empty    chan struct{} // closed when draining and no socket is left
	closing  sync.Once
}

// New starts what sockets share. Mount Register's routes; Drain and Close end it.
func New(c Config, d Deps) *Server {
	c.setDefaults()
	if d.Observer == nil {
		d.Observer = unobserved{}
	}
	if d.Watched == nil {
		d.Watched = neverBehind{d.Games}
	}
	s := &Server{Config: c, Deps: d, socks: map[*sock]struct{}{}, byPlayer: map[string][]*sock{},
		empty: make(chan struct{})}
	s.scratch.New = func() any { return new([]byte) }
	s.messages.New = func() any { b := make([]byte, readSize); return &b }
	s.hub = fanout.New(fanout.Config{
		Encoder: d.Encoder, History: d.History, Wall: d.Wall, Here: d.Presence.Here, WasHere: d.Presence.WasHere,
		Observer: d.FanoutObserver,
	})
	d.Presence.bind(s.hub)
	s.play = fanout.Source{Key: "play", Feed: d.Play, Elapsed: s.elapsed, Players: true, Keep: playKeep}
	s.watch = fanout.Source{Key: "watch", Feed: d.Watch, Elapsed: s.elapsed}
	s.pings = newPinger(s)
	return s
}

// neverBehind is the games of the write side as Watched.
type neverBehind struct{ Games }

// Refresh implements Watched.
func (n neverBehind) Refresh(ctx context.Context, id string) (*game.State, error) {
	return n.State(ctx, id)
}

// Register mounts the routes. The patterns have no method, so that the WebSocket library answers wrong ones.
func (s *Server) Register(mux *http.ServeMux) {
	mux.HandleFunc("/play/{game}", s.ServePlay)
	mux.HandleFunc("/watch/{game}", s.ServeWatch)
	mux.HandleFunc("/watch", s.ServeBoards)
	if s.Lobby != nil {
		mux.HandleFunc("/lobby", s.ServeLobby)
	}
}

// elapsed is how long a seat has been thinking: on our live clock if we put it on turn, else on the wall's.
func (s *Server) elapsed(o game.Origin) int64 {
	if o.Server == s.Incarnation {
		return max(0, s.Clock.Now()-o.Up)
	}
	return max(0, s.Wall()-o.At)
}

// Revoke ends all sockets of a player.
func (s *Server) Revoke(player string) {
	for _, k := range s.of(player) {
		k.drop(closeRevoked)
	}
}

// Renamed tells that somebody is called otherwise, or nothing: no socket that is opened after it has returned shows the old
// name.
func (s *Server) Renamed(player string) { s.hub.Renamed(player) }

func (s *Server) of(player string) []*sock {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*sock(nil), s.byPlayer[player]...)
}

// Close cuts all sockets at once and ends the loops. More than once is harmless.
func (s *Server) Close() { s.closing.Do(s.close) }

func (s *Server) close() {
	s.mu.Lock()
	s.startDraining()
	socks := s.all()
	s.mu.Unlock()
	for _, k := range socks {
		k.cut(closeCut)
	}
	<-s.empty
	s.pings.close()
	s.hub.Close()
	s.Presence.close()
}

// startDraining refuses new sockets from now on. Called with mu held.
func (s *Server) startDraining() {
	if !s.draining {
		s.draining = true
		if len(s.socks) == 0 {
			close(s.empty)
		}
	}
}

// all lists the sockets. Called with mu held.
func (s *Server) all() []*sock {
	socks := make([]*sock, 0, len(s.socks))
	for k := range s.socks {
		socks = append(socks, k)
	}
	return socks
}

var errDraining = errors.New("draining")

// add counts a socket in. If the player has too many, the one idle longest must go.
func (s *Server) add(k *sock) error {
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		return errDraining
	}
	s.socks[k] = struct{}{}
	var surplus *sock
	if k.player != "" {
		surplus = longestIdle(s.byPlayer[k.player])
		s.byPlayer[k.player] = append(s.byPlayer[k.player], k)
	}
	s.mu.Unlock()
	if surplus != nil {
		surplus.drop(closeConnections)
	}
	s.Observer.Opened(k.kind)
	return nil
}

func (s *Server) remove(k *sock) {
	s.mu.Lock()
	delete(s.socks, k)
	mine := s.byPlayer[k.player]
	for i, other := range mine {
		if other == k {
			mine = append(mine[:i:i], mine[i+1:]...)
			break
		}
	}
	if len(mine) == 0 {
		delete(s.byPlayer, k.player)
	} else {
		s.byPlayer[k.player] = mine
	}
	if s.draining && len(s.socks) == 0 {
		close(s.empty)
	}
	s.mu.Unlock()
	s.Observer.Closed(k.kind, k.reason())
}

type unobserved struct{}

func (unobserved) Opened(string)         {}
func (unobserved) Closed(string, string) {}
func (unobserved) Refused(int)           {}
func (unobserved) Told(string)           {}
func (unobserved) Wrote(int, bool)       {}
func (unobserved) RoundTrip(float64)     {}
