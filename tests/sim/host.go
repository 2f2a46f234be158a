package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/liveclock"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/projections/history"
	"github.com/plygames/ply/projections/paced"
	"github.com/plygames/ply/projections/spectate"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/socket"
	"github.com/plygames/ply/transport/wire"
)

// host is one server of people: it plays and shows games. Its parts are the product's, put together as infra/app does.
type host struct {
	process
	runs    int
	inc     string // this run
	skew    time.Duration
	conns   []*conn
	stop    context.CancelFunc
	clock   *liveclock.Clock
	games   *commands.Application
	sockets *socket.Server

	presence *socket.Presence
	takeDown func()
	seeds    uint64
}

// boot starts a run.
func (w *world) boot(h *host) {
	if w.plan.embedded {
		w.bootStore()
	}
	h.begin()
	h.runs++
	h.inc = h.incarnation()
	h.conns = nil
	ctx, cancel := context.WithCancel(context.Background())
	h.stop = cancel
	run := h.died

	began := time.Now()
	h.clock = liveclock.NewFrom(func() time.Duration { return time.Since(began) }, func(d time.Duration) (<-chan time.Time, func()) {
		return h.ticks(run, d)
	})
	clock := h.clock
	w.settle()
	go clock.Run(ctx)
	w.apart()

	log := slog.New(slog.DiscardHandler)
	shared := &shared{from: &h.process, to: w.redis, own: h.inc, up: clock.Now}
	events, snapshots, alive := w.port(ctx, h, run), commands.Snapshots(shared), commands.Alive(shared)
	if w.plan.embedded {
		snapshots, alive = w.store.db, w.store.db
	}
	wall := func() int64 { return time.Now().Add(h.skew).UnixMilli() }
	h.presence = socket.NewPresence(clock)
	h.presence.Join(&site{w, h, run})
	h.presence.Sighted(true)
	h.games = commands.New(commands.Config{
		Incarnation: h.inc, SnapshotEvery: w.plan.snapshotEvery, HotGames: w.plan.hotGames, EvictAfter: w.plan.evictAfter, Shared: !w.plan.embedded,
	}, commands.Ports{
		Store: events, Snapshots: snapshots, Alive: alive, Clock: clock, Presence: h.presence, Quota: anyNumber{}, Announce: h.presence,
		Observer: observer{w, h}, Kinds: games.Kinds, Wall: wall, Seed: h.seed, Log: log,
	})
	w.apart()
	past := &history.History{Log: events, Kinds: games.Kinds}
	shown := spectate.New(spectate.Config{
		Log: events, Kinds: games.Kinds, Logger: log, Partitions: partitions, PartitionOf: partitionOf,
	})
	w.apart()
	slow := paced.New(paced.Config{Live: shown, Past: past, Wall: wall, Logger: log})
	for n := range partitions {
		w.kafka.subscribe(&h.process, n, learner{h.games})
		w.kafka.subscribe(&h.process, n, shown.Partition(n))
	}
	h.sockets = socket.New(socket.Config{
		Incarnation: h.inc, Unlimited: true, WatchersPing: 1 << 50,
	}, socket.Deps{
		Games: h.games, Watched: shown, Play: h.games, Watch: shown, Paced: feeds{slow}, History: past, Encoder: &wire.Encoder{},
		Auth: names{}, Presence: h.presence, Commands: limit.Off{}, Clock: clock, Wall: wall, Log: log,
	})
	w.apart()
	w.after(0, h.name+" marks", func() { w.markAlive(h, run) })

	if w.plan.embedded {
		w.relayTo(ctx, &h.process, w.store.db)
	}

	app, sockets := h.games, h.sockets
	h.takeDown = func() {
		sockets.Close()
		slow.Close()
		shown.Close()
		_ = app.Close(context.Background())
	}
}

// ticks are those that a process sees which stands still at times.
func (h *host) ticks(run chan struct{}, d time.Duration) (<-chan time.Time, func()) {
	seen, ticker := make(chan time.Time, 1), time.NewTicker(d)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case t := <-ticker.C:
				if h.died == run && !h.paused {
					select {
					case seen <- t:
					default:
					}
				}
			case <-done:
				return
			}
		}
	}()
	return seen, func() { ticker.Stop(); close(done) }
}

// markAlive tells each second that a run of a host lives.
func (w *world) markAlive(h *host, run chan struct{}) {
	if h.died != run || !h.up {
		return
	}
	if w.plan.embedded {
		if !h.paused {
			_ = w.store.db.Mark(h.clock.Now())
		}
	} else if !h.paused && !h.cut && w.redis.up && !w.redis.cut {
		w.redis.marks[h.inc] = mark{h.clock.Now(), w.now()}
	}
	w.after(time.Second, h.name+" marks", func() { w.markAlive(h, run) })
}

// kill ends a run of a host at once, with all its connections.
func (w *world) kill(h *host) {
	h.die()
	w.kafka.forget(h.died)
	h.stop()
	for _, c := range h.conns {
		c.clientLoses()
	}
	if w.plan.embedded {
		w.store.crash()
	}
	w.bury(h.takeDown)
	inc := h.inc
	w.after(3*time.Second, "others miss "+inc, func() {
		for _, other := range w.hosts {
			if other != h && other.up {
				other.presence.Silent(inc)
			}
		}
	})
}

func (h *host) incarnation() string { return fmt.Sprintf("%s-%d", h.name, h.runs) }

func (h *host) seed() game.Seed {
	h.seeds++
	return sha256.Sum256(fmt.Appendf(nil, "%s %d", h.inc, h.seeds))
}

// site tells the other servers who is here.
type site struct {
	w   *world
	h   *host
	run chan struct{}
}

func (s *site) Changed(id string, _ bool) {
	s.w.post(s.h.name+" tells who is at "+id, func() { s.tell(func(to *host) { to.presence.Heard(s.h.inc, s.own(id), false) }) })
}

func (s *site) own(id string) map[string]socket.Attendance {
	return map[string]socket.Attendance{id: s.h.presence.Own(id)}
}

func (s *site) Rematch(id string, by game.Seat, next string) {
	s.w.post(s.h.name+" tells of rematch "+next, func() { s.tell(func(to *host) { to.presence.HeardRematch(id, by, next) }) })
}

func (s *site) tell(what func(*host)) {
	s.w.after(s.w.between(20*time.Millisecond, 60*time.Millisecond), s.h.name+" is heard by others", func() {
		if s.h.died != s.run || !s.h.up || s.h.paused || s.h.cut {
			return
		}
		for _, other := range s.w.hosts {
			if other != s.h && other.up && !other.cut {
				what(other)
			}
		}
	})
}

type learner struct{ games *commands.Application }

func (l learner) Events(batch []event.Recorded) { l.games.Learn(batch) }
func (learner) Watermark(event.Position)        {}

var _ bus.Handler = learner{}

// feeds gives sockets the paced feeds as they know them, as infra/app does.
type feeds struct{ *paced.Paced }

func (f feeds) Delayed(d time.Duration) fanout.Feed { return f.Paced.Delayed(d) }

func (f feeds) Replay(from uint64, speed float64, delay time.Duration) fanout.Feed {
	if delay > 0 {
		return f.Paced.Delayed(delay).Replay(from, speed)
	}
	return f.Paced.Replay(from, speed)
}

// names believes whoever says a name.
type names struct{}

func (names) Verify(token string) (auth.Person, error) {
	if token == "" {
		return auth.Person{}, domain.Refuse(domain.Unauthorized, "no token")
	}
	return auth.Person{ID: token, Scopes: []string{auth.ScopePlay}}, nil
}

type anyNumber struct{}

func (anyNumber) Reserve(string, string) bool { return true }
func (anyNumber) Release(string, string)      {}

// observer listens for alarms.
type observer struct {
	w *world
	h *host
}

func (o observer) Command(string, string, float64) {}
func (o observer) Hot(int)                         {}
func (o observer) Snapshot(outcome string)         { o.w.post(o.h.name+" snapshot "+outcome, func() {}) }
func (o observer) Alarm(what string) {
	o.w.post(o.h.name+" alarm "+what, func() {
		if what == "unreadable game" {
			o.w.fail("%s can't read a game", o.h.name)
		}
	})
}

// dial opens a socket of a client; answer gets the status, and what comes later goes to client.
func (w *world) dial(h *host, name, path, token string, window int, client func([]byte, error), answered func(status int)) *conn {
	c := w.newConn(name, &h.process, window, client)
	run := h.died
	w.after(w.lag(), name+" dials "+h.name, func() {
		if !h.up || h.died != run {
			w.after(0, name+" is refused", func() { answered(0) })
			return
		}
		h.reach(run, func() {
			h.conns = append(h.conns, c)
			target, _ := url.Parse(path)
			r := (&http.Request{
				Method: http.MethodGet, URL: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "ply", RemoteAddr: "10.0.0.2:4000",
				Header: http.Header{
					"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
					"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, "Sec-Websocket-Protocol": {"ply.v1"},
				},
			}).WithContext(context.Background())
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			u := &upgrade{conn: c, header: http.Header{}}
			mux := http.NewServeMux()
			h.sockets.Register(mux)
			go func() {
				mux.ServeHTTP(u, r)
				w.post(name+" is answered", func() {
					h.reach(run, func() { w.after(w.lag(), fmt.Sprintf("%s is told %d", name, u.status), func() { answered(u.status) }) })
				})
			}()
		})
	})
	// Of a server that dies meanwhile, nothing is heard.
	w.after(10*time.Second, name+" waited", func() { answered(0) })
	return c
}

// contextFor bounds a call of the server's own.
func contextFor(h *host) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// port is the store as a host sees it.
func (w *world) port(ctx context.Context, h *host, run chan struct{}) commands.EventStore {
	switch {
	case w.plan.embedded:
		return w.store.db
	case w.plan.journal:
		j := journal.New(journal.Config{Keys: keys{&h.process, w.redis}, Store: &port{from: &h.process, to: w.store}})
		w.flush(ctx, h, run, j)
		return j
	default:
		return &port{from: &h.process, to: w.store}
	}
}
