package spectate

import (
	"sync/atomic"
	"time"

	"github.com/plygames/ply/domain/event"
)

// Partition is one partition of the bus: a stream of events in the order of each game, with a watermark each second.
// Events and Watermark are called by one goroutine at a time and never wait for the store or for a reader.
type Partition struct {
	spectate *Spectate
	number   int
	marks    chan struct{}
	silent   atomic.Bool
}

// Events takes a batch from the bus. What has been seen is dropped, what comes next is pushed, and where something is
// missing the store is read. Consecutive events of one game are one push.
func (p *Partition) Events(batch []event.Recorded) {
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && batch[n].Stream == batch[0].Stream {
			n++
		}
		if id, ok := batch[0].Stream.Game(); ok {
			if w := p.spectate.find(id); w != nil {
				w.take(batch[:n])
			}
		}
		batch = batch[n:]
	}
}

// Watermark tells that everything up to a position has come over this partition.
func (p *Partition) Watermark(event.Position) {
	select {
	case p.marks <- struct{}{}:
	default: // one is waiting already
	}
}

// keep watches for silence. It is the only one who changes silent.
func (p *Partition) keep() {
	s := p.spectate
	timer := time.NewTimer(Silence)
	defer timer.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-timer.C:
			p.silent.Store(true)
			s.observer.Stale(p.number, true)
			s.logger.Warn("the bus is silent; watched games are stale", "partition", p.number)
			for _, w := range s.of(p) {
				w.doubt()
			}
		case <-p.marks:
			timer.Reset(Silence)
			if p.silent.CompareAndSwap(true, false) {
				s.observer.Stale(p.number, false)
				s.logger.Info("the bus lives again; comparing watched games with the store", "partition", p.number)
				s.spawn(p.compare)
			}
		}
	}
}

// compare reads the watched games from the store, a few at a time, because what got lost at the end of a game has no
// successor that would reveal it. Each one stops being stale when it has been read. If the bus falls silent meanwhile,
// its next watermark starts over.
func (p *Partition) compare() {
	s := p.spectate
	for _, w := range s.of(p) {
		select {
		case s.compares <- struct{}{}:
		case <-s.ctx.Done():
			return
		}
		if p.silent.Load() {
			<-s.compares
			return
		}
		w.compare(func() { <-s.compares })
	}
}
