package socket

import (
	"cmp"
	"context"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plygames/ply/transport/wire"
)

// pinging is what a socket knows of its round trips, in ms of the live clock, so that a server that was stopped does not
// take the whole world for dead.
type pinging struct {
	sent   atomic.Int64 // when the ping that is out was sent; 0 = none is
	serial atomic.Uint64
	lag    atomic.Int64 // newest round trip; 0 = not known
	last   int64        // when the last ping was sent; the pinger's
}

// pinger sends the pings of all sockets from one goroutine. A wheel of slots holds the sockets to be looked at, so that
// the pings of many are spread.
type pinger struct {
	server *Server
	stop   chan struct{}
	done   chan struct{}

	mu    sync.Mutex
	slots []map[*sock]uint64 // each with the number of its turn, so that a slot is gone through in one order
	turns uint64
	at    map[*sock]int // slot of each socket
	now   int
}

// wheelTick is how long one slot is.
const wheelTick = 100 * time.Millisecond

func newPinger(s *Server) *pinger {
	longest := max(s.PlayersPing, s.PongWithin)
	p := &pinger{
		server: s, stop: make(chan struct{}), done: make(chan struct{}), at: map[*sock]int{},
		slots: make([]map[*sock]uint64, int(longest/wheelTick)+2),
	}
	go p.run()
	return p
}

func (p *pinger) run() {
	defer close(p.done)
	tick := time.NewTicker(wheelTick)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.mu.Lock()
			p.now = (p.now + 1) % len(p.slots)
			due := p.slots[p.now]
			p.slots[p.now] = nil
			for k := range due {
				delete(p.at, k)
			}
			p.mu.Unlock()
			for _, k := range slices.SortedFunc(maps.Keys(due), func(x, y *sock) int { return cmp.Compare(due[x], due[y]) }) {
				p.look(k)
			}
		}
	}
}

// look pings a socket, or finds that its last ping was not answered in time.
func (p *pinger) look(k *sock) {
	select {
	case <-k.ended:
		return
	default:
	}
	s := p.server
	every := s.WatchersPing
	if k.kind == kindPlay {
		every = s.PlayersPing
	}
	now := s.Clock.Now()
	next := every - ms(now-k.pinging.last)
	switch sent := k.pinging.sent.Load(); {
	case k.pipe.Full():
		// It has not read what was before the ping. Whether it reads at all shows when it drains, or does not.
		k.pinging.sent.Store(0)
		next = every
	case sent != 0 && now-sent >= s.PongWithin.Milliseconds():
		k.cut(closeNoPong)
		return
	case sent != 0:
		next = s.PongWithin - ms(now-sent)
	case next <= 0:
		k.ping(now)
		next = min(every, s.PongWithin)
	}
	p.add(k, min(next, s.PongWithin))
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// start pings a player at once, to know the lag before the first move, and a watcher at a random moment.
func (p *pinger) start(k *sock) {
	now := p.server.Clock.Now()
	if k.kind == kindPlay {
		k.ping(now)
		p.add(k, min(p.server.PlayersPing, p.server.PongWithin))
		return
	}
	k.pinging.last = now - rand.Int64N(p.server.WatchersPing.Milliseconds()+1)
	p.add(k, p.server.PongWithin)
}

// add asks for a look at a socket after a while.
func (p *pinger) add(k *sock, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-k.ended:
		return
	default:
	}
	if old, ok := p.at[k]; ok {
		delete(p.slots[old], k)
	}
	ticks := max(1, min(int((after+wheelTick-1)/wheelTick), len(p.slots)-1))
	slot := (p.now + ticks) % len(p.slots)
	if p.slots[slot] == nil {
		p.slots[slot] = map[*sock]uint64{}
	}
	p.turns++
	p.slots[slot][k] = p.turns
	p.at[k] = slot
}

func (p *pinger) remove(k *sock) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slot, ok := p.at[k]; ok {
		delete(p.slots[slot], k)
		delete(p.at, k)
	}
}

func (p *pinger) close() {
	close(p.stop)
	<-p.done
}

// ping sends one, with a number by which its answer is known.
func (k *sock) ping(now int64) {
	frame := [10]byte{0x89, 8}
	binary.BigEndian.PutUint64(frame[2:], k.pinging.serial.Add(1))
	k.pinging.last = now
	k.pinging.sent.Store(max(1, now))
	k.pipe.inject(frame[:], false)
}

// ponged takes an answer; others than to the newest ping are nothing. Called by the reader.
func (k *sock) ponged(_ context.Context, payload []byte) {
	if len(payload) != 8 || binary.BigEndian.Uint64(payload) != k.pinging.serial.Load() {
		return
	}
	sent := k.pinging.sent.Swap(0)
	if sent == 0 {
		return
	}
	trip := max(0, k.server.Clock.Now()-sent)
	k.pinging.lag.Store(trip)
	if k.kind == kindPlay {
		k.server.Observer.RoundTrip(float64(trip) / 1000)
	}
}

// pinged takes a ping of the client's. False: it is not answered. Called by the reader.
func (k *sock) pinged(context.Context, []byte) bool {
	after, ok := k.limits.ping()
	if ok {
		return true
	}
	k.flooded(after)
	return false
}

// flooded answers pings above the limit, now and then, and ends a socket that does not stop.
func (k *sock) flooded(after int64) {
	k.pipe.count(refusalCost)
	if k.limits.refused() {
		k.drop(closeTooMany)
		return
	}
	if k.limits.tell() {
		k.say(wire.Error("", rateLimited(after)))
	}
}
