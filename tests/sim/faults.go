package sim

import (
	"fmt"
	"time"
)

// fault is something bad that can happen, and is mended after a while.
type fault struct {
	name string
	// alone: it can happen to one server that holds everything; there is nothing between its parts.
	alone bool
	// do does it, or tells that there is nothing to do it to.
	do func(*world) bool
}

// faults are all of them. A seed has some of them only (newPlan): what always happens together hides what happens alone.
var faults = []fault{
	{"kill host", true, (*world).killHost},
	{"pause host", true, (*world).pauseHost},
	{"cut host", false, (*world).cutHost},
	{"cut pair", false, func(w *world) bool { return w.cutPair(true) }},
	{"cut one way", false, func(w *world) bool { return w.cutPair(false) }},
	{"crash store", false, (*world).crashStore},
	{"pause store", false, func(w *world) bool { return w.pauseFor(&w.store.process, w.short()) }},
	{"disk nearly full", true, func(w *world) bool { return w.store.up && w.fill(w.store.disk, 1<<20) }},
	{"disk full", true, (*world).fillDisk},
	{"disk of views nearly full", false, func(w *world) bool { return w.fillViews(false) }},
	{"disk of views full", false, func(w *world) bool { return w.fillViews(true) }},
	{"kill relay", false, (*world).killSomeRelay},
	{"pause relay", false, func(w *world) bool { return w.pauseFor(&w.someRelay().process, w.longer()) }},
	{"crash bus", false, func(w *world) bool { return w.restart(&w.kafka.process) }},
	{"pause bus", false, func(w *world) bool { return w.pauseFor(&w.kafka.process, w.longer()) }},
	{"cut bus", false, func(w *world) bool { return w.cutOff(&w.kafka.process, w.longer()) }},
	{"crash redis", false, func(w *world) bool { return w.restart(&w.redis.process) }},
	{"pause redis", false, func(w *world) bool { return w.pauseFor(&w.redis.process, w.short()) }},
	{"cut redis", false, func(w *world) bool { return w.cutOff(&w.redis.process, w.short()) }},
	{"clock jump", true, (*world).jump},
	{"clock strobe", true, (*world).strobes},
	{"spoil snapshot", false, (*world).spoilSnapshot},
	{"reset", true, func(w *world) bool { return w.disturbClient((*client).resets) }},
	{"vanish", true, func(w *world) bool { return w.disturbClient((*client).vanishes) }},
	{"leave", true, func(w *world) bool { return w.disturbClient((*client).leaves) }},
	{"stall one way", true, func(w *world) bool { return w.disturbClient((*client).stalls) }},
}

// mischief does something bad every now and then.
func (w *world) mischief() {
	w.after(w.between(w.plan.calm/2, w.plan.calm*3/2), "mischief", func() {
		if w.calm {
			return
		}
		w.misdeed()
		w.mischief()
	})
}

func (w *world) misdeed() {
	f := faults[w.plan.faults[w.random.IntN(len(w.plan.faults))]]
	if f.do(w) {
		w.cover.faults[f.name]++
	}
}

// drawFaults draws which of them a seed has: all, or about a half or a quarter of them.
func (w *world) drawFaults(alone bool) (drawn []int) {
	keep := []int{1000, 500, 250}[w.random.IntN(3)]
	for i, f := range faults {
		if kept := w.chance(keep); kept && (f.alone || !alone) {
			drawn = append(drawn, i)
		}
	}
	if len(drawn) == 0 {
		drawn = []int{0}
	}
	return drawn
}

func (w *world) fault(what, whom string) { w.note("FAULT " + what + " " + whom) }

func (w *world) short() time.Duration  { return w.between(100*time.Millisecond, 4*time.Second) }
func (w *world) longer() time.Duration { return w.between(200*time.Millisecond, 12*time.Second) }

func (w *world) someHost() *host { return w.hosts[w.random.IntN(len(w.hosts))] }

// someRelay is one of the relays; there are some wherever this is called.
func (w *world) someRelay() *relayer { return w.relays[w.random.IntN(len(w.relays))] }

func (w *world) killHost() bool {
	h := w.someHost()
	if !h.up {
		return false
	}
	w.fault("kill", h.name)
	w.kill(h)
	w.after(w.longer(), h.name+" boots", func() { w.boot(h) })
	return true
}

func (w *world) pauseHost() bool { return w.pauseFor(&w.someHost().process, w.longer()) }

// pauseFor lets a process stand still.
func (w *world) pauseFor(p *process, d time.Duration) bool {
	if !p.up || p.paused {
		return false
	}
	w.fault("pause", p.name)
	run := p.died
	p.pause()
	w.after(d, p.name+" wakes", func() {
		if p.died == run && p.up {
			p.resume()
		}
	})
	return true
}

func (w *world) cutHost() bool { return w.cutOff(&w.someHost().process, w.short()) }

// cutOff cuts a process from all others.
func (w *world) cutOff(p *process, d time.Duration) bool {
	if p.cut {
		return false
	}
	w.fault("cut off", p.name)
	p.cut = true
	w.after(d, p.name+" is joined again", func() { p.cut = false })
	return true
}

// cutPair cuts two processes from each other, or one direction between them.
func (w *world) cutPair(both bool) bool {
	pairs := w.pairs()
	l := pairs[w.random.IntN(len(pairs))]
	back := link{l.to, l.from}
	if !both && w.chance(500) {
		l, back = back, l
	}
	d := w.longer()
	w.part(l)
	if both {
		w.part(back)
	}
	w.after(d, l.from+" and "+l.to+" are joined again", func() {
		w.join(l)
		if both {
			w.join(back)
		}
	})
	return true
}

func (w *world) crashStore() bool {
	if !w.store.up {
		return false
	}
	w.fault("crash", w.store.name)
	w.store.crash()
	w.after(w.short(), "the store boots", w.bootStore)
	return true
}

// restart ends a service that loses nothing by it: Redis with the settings that the journal insists on, and Kafka, whose
// page cache outlives its process.
func (w *world) restart(p *process) bool {
	if !p.up {
		return false
	}
	w.fault("crash", p.name)
	p.die()
	w.after(w.short(), p.name+" boots", p.begin)
	return true
}

// fill leaves little space on a disk for a while.
func (w *world) fill(d *disk, free uint64) bool {
	w.fault("disk nearly full", "")
	d.set(func() { d.free = free })
	w.after(w.short(), "space again", func() { d.set(func() { d.free = plenty }) })
	return true
}

// fillDisk: the store stops writing for good, until it is begun anew.
func (w *world) fillDisk() bool {
	if !w.store.up {
		return false
	}
	w.fault("disk full", "")
	d := w.store.disk
	d.set(func() { d.full = true })
	w.after(w.short(), "the full store is begun anew", func() {
		switch {
		case w.store.disk != d || !w.store.up:
		case w.plan.embedded:
			w.kill(w.hosts[0])
			w.boot(w.hosts[0])
		default:
			w.store.crash()
			w.bootStore()
		}
	})
	return true
}

// fillViews fills the disk of a server that keeps views, which goes on by itself once there is space.
func (w *world) fillViews(quite bool) bool {
	h := w.someHost()
	if h.disk == nil || !h.up {
		return false
	}
	if !quite {
		return w.fill(h.disk, 1<<20)
	}
	w.fault("disk full", h.name)
	d := h.disk
	d.set(func() { d.full, d.free = true, 0 })
	w.after(w.short(), h.name+" has space again", func() { d.set(func() { d.full, d.free = false, plenty }) })
	return true
}

func (w *world) killSomeRelay() bool {
	r := w.someRelay()
	if !r.up {
		return false
	}
	w.fault("kill", r.name)
	w.killRelay(r)
	w.after(w.longer(), r.name+" boots", func() { w.bootRelay(r) })
	return true
}

// jump sets a server's wall clock to another time, up to an hour off.
func (w *world) jump() bool {
	h := w.someHost()
	w.fault("clock jump", h.name)
	by := w.between(-time.Hour, time.Hour)
	if w.chance(300) {
		by = []time.Duration{-time.Hour, time.Hour}[w.random.IntN(2)]
	}
	w.skew(h, h.skew+by)
	return true
}

func (w *world) strobes() bool {
	h := w.someHost()
	w.fault("clock strobe", h.name)
	w.strobe(h, 10+w.random.IntN(40))
	return true
}

// disturbClient does something to a client that is connected.
func (w *world) disturbClient(how func(*client)) bool {
	t := w.tables[w.random.IntN(len(w.tables))]
	if len(t.clients) == 0 {
		return false
	}
	k := t.clients[w.random.IntN(len(t.clients))]
	if k.conn == nil || k.gone {
		return false
	}
	how(k)
	return true
}

// resets breaks the connection and tells both ends.
func (k *client) resets() {
	k.w.fault("reset", k.name)
	k.conn.reset()
}

// vanishes breaks the connection and tells nobody.
func (k *client) vanishes() {
	k.w.fault("vanish", k.name)
	k.conn.vanish()
	k.connect(k.w.between(time.Second, 15*time.Second))
}

// leaves goes away for long enough that the other one may claim the game.
func (k *client) leaves() {
	k.w.fault("leave", k.name)
	k.conn.vanish()
	k.connect(k.w.between(30*time.Second, 90*time.Second))
}

// stalls lets nothing through in one direction for a while; what was sent comes late, as over TCP.
func (k *client) stalls() {
	until := k.w.now() + k.w.longer()
	if k.w.chance(500) {
		k.w.fault("stall to", k.name)
		k.conn.lastOut = max(k.conn.lastOut, until)
		return
	}
	k.w.fault("stall from", k.name)
	k.conn.lastIn = max(k.conn.lastIn, until)
}

// heal ends all faults.
func (w *world) heal() {
	w.calm = true
	w.note("HEAL")
	w.kafka.cut, w.redis.cut = false, false
	clear(w.links)
	for _, h := range w.hosts {
		h.cut = false
	}
}

func (w *world) bootStore() {
	w.settle()
	incarnation := ""
	if w.plan.embedded {
		incarnation = fmt.Sprintf("%s-%d", w.hosts[0].name, w.hosts[0].runs+1)
	}
	w.store.boot(incarnation)
	w.apart()
}
