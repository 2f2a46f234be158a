package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/plygames/ply/domain/game"
)

// mischief does something bad every now and then, and mends it after a while.
func (w *world) mischief() {
	w.after(w.between(w.plan.calm/2, w.plan.calm*3/2), "mischief", func() {
		if w.calm {
			return
		}
		w.misdeeds()
		w.mischief()
	})
}

func (w *world) did(what, whom string) {
	w.cover.faults[what]++
	w.note("FAULT " + what + " " + whom)
}

func (w *world) misdeeds() {
	h := w.hosts[w.random.IntN(len(w.hosts))]
	r := &relayer{}
	if len(w.relays) > 0 {
		r = w.relays[w.random.IntN(len(w.relays))]
	}
	a := w.between(200*time.Millisecond, 12*time.Second)
	short := w.between(100*time.Millisecond, 4*time.Second)
	what := w.random.IntN(18)
	if w.plan.embedded && slices.Contains([]int{4, 5, 6, 7, 10, 11, 12, 13, 15}, what) { // there is nothing between its parts
		what = 0
	}
	switch what {
	case 0, 1:
		if h.up {
			w.did("kill host", h.name)
			w.kill(h)
			w.after(a, h.name+" boots", func() { w.boot(h) })
		}
	case 2, 3:
		if h.up && !h.paused {
			w.did("pause host", h.name)
			run := h.died
			h.pause()
			w.after(a, h.name+" wakes", func() {
				if h.died == run && h.up {
					h.resume()
				}
			})
		}
	case 4:
		if !h.cut {
			w.did("cut host", h.name)
			h.cut = true
			w.after(short, h.name+" is joined again", func() { h.cut = false })
		}
	case 5, 6:
		if w.store.up {
			w.did("crash store", "")
			w.store.crash()
			w.after(short, "the store boots", func() { w.bootStore() })
		}
	case 7:
		if w.store.up && !w.store.paused {
			w.did("pause store", "")
			run := w.store.died
			w.store.pause()
			w.after(short, "the store wakes", func() {
				if w.store.died == run && w.store.up {
					w.store.resume()
				}
			})
		}
	case 8:
		if w.store.up {
			w.did("disk nearly full", "")
			d := w.store.disk
			d.set(func() { d.free = 1 << 20 })
			w.after(short, "space again", func() { d.set(func() { d.free = plenty }) })
		}
	case 9:
		if w.store.up {
			w.did("disk full", "") // the store stops writing for good, until it is begun anew
			d := w.store.disk
			d.set(func() { d.full = true })
			w.after(short, "the full store is begun anew", func() {
				switch {
				case w.store.disk != d || !w.store.up:
				case w.plan.embedded:
					w.kill(h)
					w.boot(h)
				default:
					w.store.crash()
					w.bootStore()
				}
			})
		}
	case 10:
		if r.up {
			w.did("kill relay", r.name)
			w.killRelay(r)
			w.after(a, r.name+" boots", func() { w.bootRelay(r) })
		}
	case 11:
		if r.up && !r.paused {
			w.did("pause relay", r.name)
			run := r.died
			r.pause()
			w.after(a, r.name+" wakes", func() {
				if r.died == run && r.up {
					r.resume()
				}
			})
		}
	case 12:
		if !w.kafka.cut {
			w.did("cut bus", "")
			w.kafka.cut = true
			w.after(a, "the bus is joined again", func() { w.kafka.cut = false })
		}
	case 13:
		if !w.redis.cut {
			w.did("cut redis", "")
			w.redis.cut = true
			w.after(short, "redis is joined again", func() { w.redis.cut = false })
		}
	case 14:
		w.did("clock jump", h.name)
		h.skew += w.between(-time.Hour, time.Hour)
	case 15:
		w.spoilSnapshot()
	case 16:
		w.disturbClient(false)
	case 17:
		w.disturbClient(true)
	}
}

// spoilSnapshot flips a bit of a snapshot, cuts it, or puts that of another game or of another history in its place.
func (w *world) spoilSnapshot() {
	for _, t := range w.tables {
		kept := w.redis.snapshots[t.id]
		if len(kept) == 0 || !w.chance(400) {
			continue
		}
		w.did("spoil snapshot", t.id)
		switch w.random.IntN(4) {
		case 3:
			if other := w.otherHistory(t.id); other != nil {
				w.redis.snapshots[t.id] = other
			}
		case 0:
			kept[w.random.IntN(len(kept))] ^= 1 << w.random.IntN(8)
		case 1:
			w.redis.snapshots[t.id] = kept[:w.random.IntN(len(kept))]
		default:
			w.redis.snapshots[t.id] = w.redis.snapshots[w.tables[w.random.IntN(len(w.tables))].id]
		}
	}
}

// otherHistory is a snapshot of a game as it would be if its last event but one had been another: what is left when a store
// is restored from yesterday's backup.
func (w *world) otherHistory(id string) []byte {
	if !w.store.up {
		return nil
	}
	steps := w.fold(id)
	if len(steps) < 6 {
		return nil
	}
	step := steps[len(steps)-2]
	other := game.Record(step.Before, step.Before.Rules, []game.Event{game.DrawOffered{Seat: step.Before.Seats[0].Seat}}, step.Meta)
	return game.Save(other[0].After)
}

// disturbClient breaks the connection of a client, with or without a word.
func (w *world) disturbClient(silently bool) {
	t := w.tables[w.random.IntN(len(w.tables))]
	if len(t.clients) == 0 {
		return
	}
	k := t.clients[w.random.IntN(len(t.clients))]
	if k.conn == nil || k.gone {
		return
	}
	if silently {
		w.did("vanish", k.name)
		k.conn.vanish()
		k.connect(w.between(time.Second, 15*time.Second))
		return
	}
	w.did("reset", k.name)
	k.conn.reset()
}

// heal ends all faults.
func (w *world) heal() {
	w.calm = true
	w.note("HEAL")
	w.kafka.cut, w.redis.cut = false, false
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
