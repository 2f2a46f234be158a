package fanout

import (
	"context"
	"time"

	"github.com/plygames/ply/domain/game"
)

// Where the lines after a place are.
type where int

const (
	nowhere where = iota // too many: a state replaces them
	inRing
	inPast // more than the ring holds, and all are wanted
)

// backlog finds out where a resuming watcher's lines are, and reads a few that the ring lacks back into it. Those who
// come at the same time wait for one reading.
func (l *Log) backlog(ctx context.Context, s Start) (where, error) {
	l.mu.Lock()
	head, here := l.at.Version, l.ring.has(s.From)
	l.mu.Unlock()
	switch {
	case s.From > head:
		return nowhere, ErrAhead
	case here:
		return inRing, nil
	case head-s.From > ringLines && s.All:
		return inPast, nil
	case head-s.From > ringLines:
		return nowhere, nil
	case head-s.From > uint64(l.src.Keep):
		return inPast, nil // the ring would not hold them
	}
	l.fill <- struct{}{}
	defer func() { <-l.fill }()
	l.mu.Lock()
	here, to, renames := l.ring.has(s.From), l.ring.first-1, l.renames
	l.mu.Unlock()
	if here {
		return inRing, nil
	}
	older, err := l.read(ctx, s.From, to)
	if err != nil || uint64(len(older)) != to-s.From {
		return nowhere, nil // the history can't tell; a state can
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ring.first-1 == to && l.renames == renames {
		l.ring.prepend(older)
	}
	if !l.ring.has(s.From) {
		return nowhere, nil
	}
	return inRing, nil
}

// read encodes the lines from+1..to of the history.
func (l *Log) read(ctx context.Context, from, to uint64) ([]entry, error) {
	entries := make([]entry, 0, to-from)
	err := l.hub.History.Steps(ctx, l.id, from, to, func(step game.Step) bool {
		if step.Version() != from+1+uint64(len(entries)) {
			return false
		}
		entries = append(entries, l.entry(&step))
		return uint64(len(entries)) < to-from
	})
	return entries, err
}

// ended tells whether the game is over, as far as this audience knows.
func (l *Log) ended() bool {
	s := l.State()
	return s != nil && s.Status == game.Over
}

// A watcher whose backlog is longer than the ring reads it from the history in pieces of pastLines, each held in memory
// only until it is sent as messages of ringLines.
const (
	pastLines = 2048
	pastFor   = 10 * time.Second // for one piece
)

// past is what a catching-up cursor and its reader share.
type past struct {
	stop chan struct{} // closed when the cursor leaves
	wake chan struct{} // holds one token: the socket has drained
}

func newPast() *past {
	return &past{stop: make(chan struct{}), wake: make(chan struct{}, 1)}
}

func (p *past) drained() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// catchUp sends the lines between the cursor and the ring, then lets the cursor be like all others. If the history
// fails it gets a state.
func (c *Cursor) catchUp(p *past) {
	for {
		c.mu.Lock()
		from := c.at.version
		c.mu.Unlock()
		c.log.mu.Lock()
		here, to := c.log.ring.has(from), min(c.log.ring.first-1, from+pastLines)
		c.log.mu.Unlock()
		if here {
			break
		}
		ctx, cancel := context.WithTimeout(context.Background(), pastFor)
		entries, err := c.log.read(ctx, from, to)
		cancel()
		if err != nil || len(entries) == 0 {
			break
		}
		if !c.sendPast(p, entries) {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.past = nil
	c.write()
}

// sendPast sends lines as the socket takes them. False: the cursor has left.
func (c *Cursor) sendPast(p *past, entries []entry) bool {
	for len(entries) > 0 {
		n := min(len(entries), ringLines)
		lines := make([][]byte, n)
		for i, e := range entries[:n] {
			lines[i] = e.line
		}
		msg := join(lines)
		for !c.sendOne(msg, uint64(n)) {
			select {
			case <-p.stop:
				return false
			case <-p.wake:
			}
		}
		entries = entries[n:]
	}
	return true
}

// sendOne sends one message of n lines, and an answer that waits. False: the socket is full, or gone.
func (c *Cursor) sendOne(msg []byte, n uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left || c.sock.Full() {
		return false
	}
	c.at.version += n
	c.send(msg, c.at.version)
	return true
}
