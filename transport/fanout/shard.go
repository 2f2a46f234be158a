package fanout

import "sync"

// shard is one loop that visits watchers. Each cursor belongs to one shard. A shard never waits for a socket, so a
// round takes as long as its writes do.
type shard struct {
	wake chan struct{} // holds one token: there is something to do
	stop chan struct{}

	mu      sync.Mutex
	parts   []*part
	cursors []*Cursor // to be visited alone: they have drained
}

// part is the cursors of one log in one shard.
type part struct {
	shard  *shard
	queued bool // guarded by shard.mu

	mu      sync.Mutex
	cursors []*Cursor
}

func newShard() *shard {
	return &shard{wake: make(chan struct{}, 1), stop: make(chan struct{})}
}

// dirty asks for a visit to all cursors of a part.
func (s *shard) dirty(p *part) {
	s.mu.Lock()
	if !p.queued {
		p.queued = true
		s.parts = append(s.parts, p)
	}
	s.mu.Unlock()
	s.signal()
}

// visit asks for a visit to one cursor.
func (s *shard) visit(c *Cursor) {
	s.mu.Lock()
	s.cursors = append(s.cursors, c)
	s.mu.Unlock()
	s.signal()
}

func (s *shard) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run visits until the shard stops.
func (s *shard) run() {
	var parts []*part
	var cursors, round []*Cursor
	for {
		select {
		case <-s.stop:
			return
		case <-s.wake:
		}
		s.mu.Lock()
		parts, s.parts = s.parts, parts[:0]
		cursors, s.cursors = s.cursors, cursors[:0]
		for _, p := range parts {
			p.queued = false
		}
		s.mu.Unlock()
		for _, c := range cursors {
			c.visit()
		}
		for _, p := range parts {
			p.mu.Lock()
			round = append(round[:0], p.cursors...)
			p.mu.Unlock()
			for _, c := range round {
				c.visit()
			}
		}
		clear(parts)
		clear(cursors)
		clear(round)
	}
}

func (p *part) add(c *Cursor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.index = len(p.cursors)
	p.cursors = append(p.cursors, c)
}

func (p *part) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.cursors) == 0
}

// only gives the cursor if there is one, and how many there are.
func (p *part) only() (*Cursor, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.cursors) != 1 {
		return nil, len(p.cursors)
	}
	return p.cursors[0], 1
}

func (p *part) remove(c *Cursor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.index < 0 {
		return
	}
	last := len(p.cursors) - 1
	p.cursors[c.index] = p.cursors[last]
	p.cursors[c.index].index = c.index
	p.cursors[last] = nil
	p.cursors = p.cursors[:last]
	c.index = -1
}
