package rest

import (
	"sync"
	"time"

	"github.com/plygames/ply/transport/wire"
)

// Heartbeat is how often a feed looks whether it was silent; so it is silent for twice that at most. It must be well below
// the time after which proxies on the way cut an answer in which nothing moves: 60 s with many, 65 s with ours.
const Heartbeat = 15 * time.Second

// pulse keeps a feed from being silent. While there is nothing to tell, it tells where the reader is; who hears nothing for
// longer knows that the connection is dead, and the server finds readers that have gone. Safe for concurrent use.
type pulse struct {
	mu   sync.Mutex
	flow *flow
	last string // position of the last line, or where the reader wanted to go on
	beat bool   // something was sent since the last look
	over bool
}

// start begins to look every so often whether something was sent. If the reader can't be told so, it calls lost. The
// function that comes back ends it, and waits until it has.
func (p *pulse) start(every time.Duration, lost func()) (stop func()) {
	ended, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
			}
			if p.look() != nil {
				lost()
				return
			}
		}
	}()
	return func() { close(ended); <-gone }
}

// look says that there is nothing to tell, unless something was sent since the last look.
func (p *pulse) look() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := p.beat
	p.beat = false
	if sent || p.over {
		return nil
	}
	if _, err := p.flow.Write(append(wire.Heartbeat(p.last), '\n')); err != nil {
		return err
	}
	return p.flow.push()
}

// write takes the line of an event at a position.
func (p *pulse) write(line []byte, at string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = at
	_, err := p.flow.Write(line)
	return err
}

// push sends what has been written so far.
func (p *pulse) push() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beat = true
	return p.flow.push()
}

// end lets no more be said: the flow is its owner's again.
func (p *pulse) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
}
