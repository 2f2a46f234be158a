package load

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/plygames/ply/transport/client"
)

// tally is what all pairs note together.
type tally struct {
	acks, deliveries samples
	mu               sync.Mutex
	moves, refused   int
	failure          error // the first thing that should not have happened
}

func (t *tally) moved() {
	t.mu.Lock()
	t.moves++
	t.mu.Unlock()
}

func (t *tally) count() (moves, refused int, failure error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.moves, t.refused, t.failure
}

func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused++
	if t.failure == nil {
		t.failure = err
	}
}

// table is where a pair plays: a server or the relay.
type table interface {
	// sit opens the sockets of a new game's two players, and tells its id and version. The sockets call the handlers.
	sit(ctx context.Context, white, black client.Handler) (id string, players [2]*client.Session, err error)
}

// pair is two players who play one game after the other. A player moves when it has seen the other's move (closed loop),
// and not before the next move is meant to be sent (open loop).
type pair struct {
	table table
	tally *tally
	every time.Duration                // between two moves of the pair; 0 = closed loop
	told  func(v uint64, at time.Time) // when the move that makes version v was meant to be sent; nil: nobody asks

	mu       sync.Mutex
	players  [2]*client.Session
	line     []string
	ply      int
	intended time.Time // when the newest move was meant to be sent
	acked    bool      // the newest move is acknowledged
	seen     bool      // the other player has seen it
	stopped  bool
	ended    chan struct{} // closed when the line is at its end
}

// firstMove is the version that a game's first move makes: created, seated twice and started come before it.
const firstMove = 5

// start seats the players; play begins with begin.
func (p *pair) start(ctx context.Context, line []string) (string, error) {
	p.mu.Lock()
	p.line, p.ply, p.acked, p.seen = line, 0, true, true
	p.ended = make(chan struct{})
	p.mu.Unlock()
	id, players, err := p.table.sit(ctx, p.handler(0), p.handler(1))
	p.mu.Lock()
	p.players = players
	stopped := p.stopped
	p.mu.Unlock()
	if stopped { // meanwhile: nobody else knows these sockets
		p.stop()
	}
	return id, err
}

// handler is one player's eyes.
func (p *pair) handler(side int) client.Handler {
	return func(m client.Message) {
		if m.Type != "move" {
			return
		}
		now := time.Now()
		p.mu.Lock()
		defer p.mu.Unlock()
		// The player who did not make the newest move.
		if p.ply > 0 && side == p.ply%2 && !p.seen {
			p.seen = true
			p.tally.deliveries.add(now.Sub(p.intended))
			p.next(now)
		}
	}
}

// begin makes the first move, at that time.
func (p *pair) begin(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.intended = at.Add(-p.every)
	p.next(time.Now())
}

// next sends the next move if the last one is through. Called with mu held.
func (p *pair) next(now time.Time) {
	if !p.acked || !p.seen || p.stopped {
		return
	}
	if p.ply == len(p.line) {
		close(p.ended)
		return
	}
	if p.every == 0 {
		p.send(now)
		return
	}
	due := p.intended.Add(p.every)
	if wait := due.Sub(now); wait > 0 {
		time.AfterFunc(wait, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if !p.stopped {
				p.send(due)
			}
		})
		return
	}
	p.send(due)
}

// send sends the next move. Called with mu held.
func (p *pair) send(intended time.Time) {
	player, uci := p.players[p.ply%2], p.line[p.ply]
	p.intended, p.acked, p.seen = intended, false, false
	if p.told != nil {
		p.told(uint64(p.ply)+firstMove, intended)
	}
	p.ply++
	// The session's own lock is never held while it calls us, so sending from here can't lock up.
	if _, err := player.Send(client.Move(uci), func(_ client.Receipt, err error) { p.answered(intended, err) }); err != nil {
		p.tally.fail(err)
	}
}

func (p *pair) answered(intended time.Time, err error) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	var stopped *client.Stopped
	if err != nil {
		if !p.stopped || !errors.As(err, &stopped) {
			p.tally.fail(err)
		}
		return
	}
	p.tally.moved()
	p.tally.acks.add(now.Sub(intended))
	p.acked = true
	p.next(now)
}

// stop ends the game as it stands.
func (p *pair) stop() {
	p.mu.Lock()
	p.stopped = true
	players := p.players
	p.mu.Unlock()
	for _, s := range players {
		if s != nil {
			s.Close()
		}
	}
}
