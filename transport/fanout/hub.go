package fanout

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

// Encoder makes the lines that depend on a game; wire.Encoder is one.
type Encoder interface {
	Line(step game.Step, to game.Audience) []byte
	State(s *game.State, c wire.StateContext) []byte
}

// Observer is told how the fan-out does; for metrics. Its methods must be quick and safe for concurrent use.
type Observer interface {
	// Logs reports how many logs are in memory.
	Logs(n int)
	// Behind reports how long after it was recorded an event reached a log of a feed without delay.
	Behind(seconds float64)
	// Skipped reports a slow watcher that got a state instead of lines.
	Skipped()
}

// Config is what a Hub needs. Observer, Here, WasHere, Shards and Linger may be left out.
type Config struct {
	Encoder  Encoder
	History  History
	Wall     func() int64                       // Unix ms
	Here     func(id string) map[game.Seat]bool // which seats have a socket; quick; the result is not changed any more
	WasHere  func(id string) map[game.Seat]bool // the same for those who see the game late; default Here
	Shards   int                                // loops for players and as many for watchers; default GOMAXPROCS
	Linger   time.Duration                      // how long a log without watchers is kept; default 5 s
	Observer Observer
}

// Source is a feed with what the logs over it have in common. Logs are shared by all who ask for the same Key, game and
// audience.
type Source struct {
	Key     string
	Feed    Feed
	Elapsed func(game.Origin) int64 // ms used since an origin, as of this feed's now; nil = 0
	Players bool                    // served by the players' loops, which no crowd of watchers holds up
	Delayed bool                    // not told of what has no number and happens now (gone)
	Board   bool                    // for sockets that show several games: every line names its own
	Keep    int                     // lines in the ring; default 256; who resumes further back reads the history
}

// followFor bounds how long a log waits for its feed at the start.
const followFor = 5 * time.Second

type key struct {
	source string
	id     string
	to     game.Audience
}

// Hub knows all logs of this server. Safe for concurrent use.
type Hub struct {
	Config
	players, watchers []*shard
	running           sync.WaitGroup

	mu     sync.Mutex
	logs   map[key]*Log
	boards map[string]*board
	next   int // shard of the next cursor
	closed bool
}

// New starts a hub's loops. Close stops them.
func New(c Config) *Hub {
	if c.Shards == 0 {
		c.Shards = runtime.GOMAXPROCS(0)
	}
	if c.Linger == 0 {
		c.Linger = 5 * time.Second
	}
	if c.Here == nil {
		c.Here = func(string) map[game.Seat]bool { return nil }
	}
	if c.WasHere == nil {
		c.WasHere = c.Here
	}
	if c.Observer == nil {
		c.Observer = unobserved{}
	}
	h := &Hub{Config: c, logs: map[key]*Log{}, boards: map[string]*board{}}
	for range c.Shards {
		h.players = append(h.players, newShard())
		h.watchers = append(h.watchers, newShard())
	}
	for i := range c.Shards {
		h.running.Go(h.players[i].run)
		h.running.Go(h.watchers[i].run)
	}
	return h
}

// Close stops all loops and feeds. Sockets are left as they are.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	logs := make([]*Log, 0, len(h.logs))
	for _, l := range h.logs {
		logs = append(logs, l)
	}
	h.mu.Unlock()
	for _, l := range logs {
		<-l.ready
		h.drop(l)
	}
	for i := range h.players {
		close(h.players[i].stop)
		close(h.watchers[i].stop)
	}
	h.running.Wait()
}

// Open finds or makes the log of a game for an audience; whoever comes while it is being made waits for it. The caller
// must Release it. A game that does not exist is a *domain.Error of kind NotFound.
func (h *Hub) Open(ctx context.Context, src Source, id string, to game.Audience) (*Log, error) {
	k := key{src.Key, id, to}
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil, domain.Refuse(domain.Unavailable, "this server is shutting down")
	}
	l := h.logs[k]
	if l != nil {
		l.refs++
		h.mu.Unlock()
		select {
		case <-l.ready:
		case <-ctx.Done():
			l.Release()
			return nil, ctx.Err()
		}
	} else {
		l = newLog(h, src, id, to, h.boardOf(id))
		l.refs = 1
		h.logs[k] = l
		l.board.logs[l] = struct{}{}
		h.Observer.Logs(len(h.logs))
		h.mu.Unlock()
		l.follow(ctx)
	}
	if l.err != nil {
		l.Release()
		return nil, l.err
	}
	return l, nil
}

// Release gives a log back. It lingers for a while, for those who reconnect.
func (l *Log) Release() {
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	l.refs--
	if l.refs > 0 {
		return
	}
	if h.closed || l.err != nil {
		go h.drop(l)
		return
	}
	l.linger = time.AfterFunc(h.Linger, func() { h.drop(l) })
}

// drop forgets a log that nobody holds (any, when the hub closes) and ends its feed.
func (h *Hub) drop(l *Log) {
	h.mu.Lock()
	if l.refs > 0 && !h.closed || l.dropped {
		h.mu.Unlock()
		return
	}
	l.dropped = true
	if l.linger != nil {
		l.linger.Stop()
	}
	h.forget(l)
	delete(l.board.logs, l)
	if len(l.board.logs) == 0 && h.boards[l.id] == l.board {
		delete(h.boards, l.id)
	}
	h.Observer.Logs(len(h.logs))
	stop := l.stop
	h.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// forget makes the next who asks get a new log. Called with mu held.
func (h *Hub) forget(l *Log) {
	k := key{l.src.Key, l.id, l.to}
	if h.logs[k] == l {
		delete(h.logs, k)
	}
}

// Peek is the newest state of a game that any log without delay has; nil if there is none.
func (h *Hub) Peek(id string) *game.State {
	var newest *game.State
	for _, l := range h.logsOf(id) {
		if s := l.State(); !l.src.Delayed && s != nil && (newest == nil || s.Version > newest.Version) {
			newest = s
		}
	}
	return newest
}

func (h *Hub) logsOf(id string) []*Log {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.boards[id]
	if b == nil {
		return nil
	}
	logs := make([]*Log, 0, len(b.logs))
	for l := range b.logs {
		logs = append(logs, l)
	}
	return logs
}

// shardFor spreads the cursors evenly, also those of one game.
func (h *Hub) shardFor(src Source) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next++
	return h.next % h.Shards
}

type unobserved struct{}

func (unobserved) Logs(int)       {}
func (unobserved) Behind(float64) {}
func (unobserved) Skipped()       {}
