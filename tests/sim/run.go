package sim

import (
	"fmt"
	"hash/fnv"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// plan is what a seed decides before anything happens.
type plan struct {
	hosts, tables, watchers int
	length                  time.Duration // of the part with faults
	calm                    time.Duration // between two faults, on average
	snapshotEvery           uint64
	hotGames                int
	evictAfter              time.Duration
	rematches               bool
	seeks                   int   // people who wait to be paired
	anySeat                 bool  // they would take any
	rated                   bool  // their games are
	journal                 bool  // in front of the store
	embedded                bool  // one server that holds everything
	apart                   bool  // who watches is on other servers than who plays
	faults                  []int // which may happen
	projectors              int   // servers with views; 0 and not embedded: none, and the world wakes games itself
}

func (w *world) newPlan() plan {
	r := w.random
	p := plan{
		hosts: 1 + r.IntN(3), tables: 1 + r.IntN(3), watchers: 1 + r.IntN(3),
		length:        w.between(20*time.Second, 60*time.Second),
		calm:          w.between(500*time.Millisecond, 6*time.Second),
		snapshotEvery: uint64(2 + r.IntN(20)),
		hotGames:      1 + r.IntN(4),
		evictAfter:    []time.Duration{2 * time.Second, 20 * time.Second, 5 * time.Minute}[r.IntN(3)],
		rematches:     w.chance(500),
	}
	switch dice := r.IntN(100); {
	case dice < 35:
		p.journal = true
	case dice < 60:
		p.embedded, p.hosts = true, 1
	}
	if !p.embedded {
		p.apart, p.projectors = r.IntN(3) == 0, r.IntN(3)
	}
	if (p.embedded || p.projectors > 0) && w.chance(500) {
		p.seeks, p.anySeat = 2+r.IntN(3), w.chance(500)
	}
	p.rated = w.chance(300)
	p.faults = w.drawFaults(p.embedded)
	return p
}

// relays is how many servers have the relay's role only.
func (p plan) relays() int {
	if p.embedded {
		return 0
	}
	return 2
}

// Result is what a run was.
type Result struct {
	Seed   uint64
	Hash   string // of everything that happened, in its order
	Wrong  []string
	Events int // of the world
	Stored int // events of games
	Acked  int
	Time   time.Duration // virtual
	Cover  *Cover
}

// Run plays one seed in a bubble of its own. trace, if not nil, is told everything. It must not be called from several
// goroutines at once: the whole process has one processor meanwhile.
func Run(t *testing.T, seed uint64, trace func(string)) (r Result) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	synctest.Test(t, func(*testing.T) {
		w := newWorld(seed)
		w.trace = trace
		w.play()
		r = Result{
			Seed: seed, Hash: fmt.Sprintf("%x", w.hash.Sum(nil)[:12]), Wrong: w.wrong, Events: w.count, Time: w.now(), Cover: w.cover,
			Stored: w.stored, Acked: w.acked,
		}
	})
	return r
}

func (w *world) play() {
	w.plan = w.newPlan()
	w.note(fmt.Sprintf("plan %+v", w.plan))
	w.store, w.redis, w.kafka = w.newStore("store"), newRedis(w), newKafka(w)
	if !w.plan.embedded {
		w.bootStore()
	}
	for i := range w.plan.hosts {
		w.addHost(&host{
			process: process{w: w, name: fmt.Sprintf("host%d", i)}, plays: true, watches: !w.plan.apart, projects: w.plan.embedded,
		})
	}
	if w.plan.apart {
		for i := range 2 {
			w.addHost(&host{process: process{w: w, name: fmt.Sprintf("watch%d", i)}, watches: true})
		}
	}
	for i := range w.plan.projectors {
		w.addHost(&host{process: process{w: w, name: fmt.Sprintf("project%d", i)}, projects: true, disk: newDisk(w)})
	}
	for i := range w.plan.relays() {
		r := &relayer{process: process{w: w, name: fmt.Sprintf("relay%d", i)}}
		w.relays = append(w.relays, r)
		w.bootRelay(r)
	}
	for range w.plan.tables {
		w.newTable()
	}
	for n := range w.plan.seeks {
		w.newSeek(n)
	}
	w.mischief()
	w.sweep()
	w.run(func() bool { return w.now() > w.plan.length })
	w.heal()
	// What was broken is mended within 12 s. Then everybody goes on for a while and comes to rest.
	until := w.now() + 20*time.Second
	w.run(func() bool { return w.now() > until })
	w.closing = true
	w.note("CLOSING")
	until = w.now() + 3*time.Minute
	w.run(func() bool { return w.now() > until || w.rests() })
	w.check()
	w.settle()
	w.end()
}

// addHost begins a server, whose wall clock is off by up to an hour, or by less than a second.
func (w *world) addHost(h *host) {
	skew := w.between(-time.Second, time.Second)
	if w.chance(300) {
		skew = w.between(-time.Hour, time.Hour)
	}
	w.skew(h, skew)
	w.hosts = append(w.hosts, h)
	w.boot(h)
}

// end takes everything down, so that the bubble can close.
func (w *world) end() {
	for _, h := range w.hosts {
		if h.up {
			w.kill(h)
		}
	}
	for _, r := range w.relays {
		if r.up {
			w.killRelay(r)
		}
	}
	if w.store.up {
		w.store.crash()
	}
	w.kafka.die()
	w.redis.die()
	w.burying.Wait()
	w.events = nil
}

// route is the proxy: the same server for a game as long as it lives, mostly.
func (w *world) route(game string, play bool) *host {
	f := fnv.New32a()
	_, _ = f.Write([]byte(game))
	var fit []*host
	for _, h := range w.hosts {
		if play && h.plays || !play && h.watches {
			fit = append(fit, h)
		}
	}
	first := int(f.Sum32() % uint32(len(fit)))
	if !play || w.chance(100) {
		first = w.random.IntN(len(fit))
	}
	for i := range fit {
		if h := fit[(first+i)%len(fit)]; h.up {
			return h
		}
	}
	return nil
}

// creator is the server that a game is created on: one with views, if there is one, or a host.
func (w *world) creator(h *host) *host {
	for _, other := range w.hosts {
		if other.projects && other.up && w.chance(700) {
			return other
		}
	}
	return h
}

// sweep does what the deadlines policy does where there is none: it wakes games, on whichever server.
func (w *world) sweep() {
	if w.plan.embedded || w.plan.projectors > 0 {
		return
	}
	w.after(w.between(time.Second, 3*time.Second), "sweep", func() {
		t := w.tables[w.random.IntN(len(w.tables))]
		if h := w.hosts[w.random.IntN(len(w.hosts))]; h.up && h.plays && !h.paused && t.created {
			go func() { _ = h.games.Wake(contextFor(h), t.id) }()
		}
		w.sweep()
	})
}
