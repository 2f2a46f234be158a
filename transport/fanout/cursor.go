package fanout

import (
	"context"
	"errors"
	"sync"

	"github.com/plygames/ply/domain/game"
)

// Socket is the far end of a cursor. Its methods are called with the cursor locked: they must not wait and must not
// call back into the cursor.
type Socket interface {
	// Full tells that an earlier message has not left yet. The socket calls Cursor.Drained when it has.
	Full() bool
	// Send takes one whole message. It is not called while Full, keeps nothing of msg, and drops it if the socket has ended.
	Send(msg []byte)
	// Ended is closed when nothing more will be sent.
	Ended() <-chan struct{}
	// Slow tells that the watcher can't keep up.
	Slow()
	// Lost tells that this server can't show the game any longer.
	Lost()
	// Finished tells that the watcher has everything there will ever be. late: the game was over when it joined.
	Finished(late bool)
}

// Start is where a cursor begins.
type Start struct {
	Resume bool // the client has everything up to From
	From   uint64
	All    bool   // every message after From, however many
	Target uint64 // the backlog of a paced feed ends here
}

// ErrAhead: the client knows versions that the game does not have.
var ErrAhead = errors.New("from is ahead of the game")

// skipAgain is how soon a second state instead of lines makes a watcher too slow, in ms.
const skipAgain = 30_000

// Cursor is a watcher: a socket and its place in a log. Safe for concurrent use.
type Cursor struct {
	log   *Log
	sock  Socket
	part  *part
	index int // in part; guarded by part.mu; -1 = not there
	late  bool

	mu       sync.Mutex
	at       place
	hold     hold
	answer   *answer
	past     *past // reading lines older than the ring; nil = not
	blocked  bool  // the socket was full when there was something to say
	skipped  int64 // when it last got a state instead of lines, Unix ms
	finished bool
	left     bool
}

// Join adds a socket to a log and writes what it lacks. If the lines after From are not in memory they are read from
// the history, once for all who come from there. ErrAhead: see there. Leave must be called at the end.
func (l *Log) Join(ctx context.Context, sock Socket, s Start) (*Cursor, error) {
	c := &Cursor{log: l, sock: sock, index: -1}
	c.part = &l.parts[l.hub.shardFor(l.src)]
	c.at.target = s.Target
	if s.Resume {
		switch where, err := l.backlog(ctx, s); {
		case err != nil:
			return nil, err
		case where == inRing:
			c.at.started, c.at.version = true, s.From
		case where == inPast:
			c.at.started, c.at.version = true, s.From
			c.past = newPast()
		}
	}
	c.late = c.log.ended()
	c.part.add(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.past != nil {
		go c.catchUp(c.past)
		return c, nil
	}
	c.write()
	return c, nil
}

// Leave ends a cursor. What it was waiting for will not come.
func (c *Cursor) Leave() {
	c.part.remove(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left {
		return
	}
	c.left = true
	if c.answer != nil {
		close(c.answer.done)
		c.answer = nil
	}
	if c.past != nil {
		close(c.past.stop)
	}
}

// Drained tells that the socket is not full any more.
func (c *Cursor) Drained() { c.part.shard.visit(c) }

// visit writes what the cursor lacks, if the socket takes it.
func (c *Cursor) visit() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write()
}

// push is visit for steps that have just come to the log. Those that are held back need none: their answer follows.
func (c *Cursor) push(steps []game.Step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first := &steps[0].Meta; c.hold != (hold{}) && c.hold == (hold{first.Player, first.Command}) {
		return
	}
	c.write()
}

// write sends everything between the cursor and the head, and an answer that may follow it, as one message. Called with
// mu held.
func (c *Cursor) write() {
	if c.left {
		return
	}
	if c.sock.Full() {
		c.blocked = true
		return
	}
	if c.past != nil {
		c.past.drained()
		return
	}
	t := c.log.take(c.at, c.hold)
	if t.lost {
		c.sock.Lost()
		return
	}
	if t.skipped && !c.skip() {
		return
	}
	c.blocked = false
	c.send(t.msg, t.next.version)
	c.at = t.next
	if c.at.over && c.at.live && !c.finished {
		c.finished = true
		c.sock.Finished(c.late)
	}
}

// skip notes that lines are replaced by a state. False: it was the second time in too short a time. If the socket had
// room all the while, it was our loop that was late, and nobody is blamed.
func (c *Cursor) skip() bool {
	c.log.hub.Observer.Skipped()
	if !c.blocked {
		return true
	}
	now := c.log.hub.Wall()
	if c.skipped != 0 && now-c.skipped < skipAgain {
		c.sock.Slow()
		return false
	}
	c.skipped = now
	return true
}

// Place tells how far the watcher is, and whether it was told that its backlog is through.
func (c *Cursor) Place() (version uint64, live bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.version, c.at.live
}
