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

// host is one server: it plays games, shows them, keeps views, or several of these. Its parts are the product's, put
// together as infra/app does.
type host struct {
	process
	plays, watches, projects bool

	runs    int
	inc     string // this run
	skew    time.Duration
	disk    *disk // of one that keeps views and no events
	views   *views
	conns   []*conn
	stop    context.CancelFunc
	clock   *liveclock.Clock
	alive   commands.Alive
	games   *commands.Application
	sockets *socket.Server

	presence *socket.Presence
	site     *site // nil: there are no others
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
	h.alive = alive
	wall := func() int64 { return w.wall(h) }
	var quota commands.Quota = anyNumber{}
	var rated commands.Ratings
	if h.views = nil; h.projects {
		h.views = w.openViews(h)
		quota, rated = h.views.lists, h.views.ratings
	}
	h.presence = socket.NewPresence(clock)
	if !w.plan.embedded {
		h.site = &site{w: w, h: h, run: run, others: map[string]int64{}}
		h.presence.Join(h.site)
		h.site.speak()
	}
	h.games = commands.New(commands.Config{
		Incarnation: h.inc, SnapshotEvery: w.plan.snapshotEvery, HotGames: w.plan.hotGames, EvictAfter: w.plan.evictAfter, Shared: !w.plan.embedded,
	}, commands.Ports{
		Store: events, Snapshots: snapshots, Alive: alive, Clock: clock, Presence: h.presence, Quota: quota, Announce: h.presence,
		Observer: observer{w, h}, Kinds: games.Kinds, Wall: wall, Seed: h.seed, Log: log, Ratings: rated,
	})
	w.apart()
	past := &history.History{Log: events, Kinds: games.Kinds}
	shown := spectate.New(spectate.Config{
		Log: events, Kinds: games.Kinds, Logger: log, Partitions: partitions, PartitionOf: partitionOf,
	})
	w.apart()
	slow := paced.New(paced.Config{Live: shown, Past: past, Wall: wall, Logger: log})
	for n := range partitions {
		if h.plays || h.projects {
			w.kafka.subscribe(&h.process, n, learner{h.games})
		}
		if h.watches {
			w.kafka.subscribe(&h.process, n, shown.Partition(n))
		}
	}
	watched := socket.Watched(nil)
	if h.watches && !w.plan.embedded {
		watched = shown // a crowd that joins must not ask the store
	}
	h.sockets = socket.New(socket.Config{
		Incarnation: h.inc, Unlimited: true, WatchersPing: 1 << 50,
	}, socket.Deps{
		Games: h.games, Watched: watched, Play: h.games, Watch: shown, Paced: feeds{slow}, History: past, Encoder: &wire.Encoder{},
		Auth: names{}, Presence: h.presence, Commands: limit.Off{}, Clock: clock, Wall: wall, Log: log,
	})
	w.apart()
	w.after(0, h.name+" marks", func() { w.markAlive(h, run) })

	if w.plan.embedded {
		w.relayTo(ctx, &h.process, w.store.db)
	}

	app, sockets, read := h.games, h.sockets, h.views
	if read != nil {
		read.run(ctx, w, h)
	}
	h.takeDown = func() {
		sockets.Close()
		slow.Close()
		shown.Close()
		_ = app.Close(context.Background())
		if read != nil {
			read.close()
		}
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
	} else if !h.paused && w.redis.up && !w.redis.paused && !w.parted(&h.process, &w.redis.process) {
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
		w.store.crash(h.takeDown)
		return
	}
	if h.disk != nil {
		h.disk = h.disk.crash(w.chance(500))
	}
	w.bury(h.takeDown)
}

func (h *host) incarnation() string { return fmt.Sprintf("%s-%d", h.name, h.runs) }

func (h *host) seed() game.Seed {
	h.seeds++
	return sha256.Sum256(fmt.Appendf(nil, "%s %d", h.inc, h.seeds))
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
