package fanout

import (
	"context"
	"sync"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

// Log is one game as one audience sees it: the newest lines, encoded once, and the state line. It is the sink of its
// feed. Safe for concurrent use.
type Log struct {
	hub   *Hub
	src   Source
	id    string
	to    game.Audience
	board *board

	ready chan struct{} // closed when the feed has answered
	err   error         // set, with Hub.mu held, before ready is closed

	// Guarded by Hub.mu.
	refs    int
	linger  *time.Timer
	dropped bool
	stop    func()

	parts []part        // cursors by shard; the slice never changes
	fill  chan struct{} // holds a token while somebody reads the history, which may take long

	mu    sync.Mutex
	at    *game.State // newest; nil until the feed has answered
	early []game.Step // came before the feed had answered
	ring  ring
	stale bool
	lost  bool

	renames int // how often lines became wrong

	state   []byte // state line of at; nil = to be encoded
	memo    []remembered
	memoFor memoKey
}

// remembered is what a place lacks. There are few at a time: watchers are where everybody is.
type remembered struct {
	at place
	taken
}

// memoKey is what a memo holds for, beside the log itself.
type memoKey struct {
	ms     int64 // when it was begun; counts while clocks run
	serial uint64
	crowd  uint64
}

// readingFor is how long a reading of running clocks may be shared, in ms.
const readingFor = 100

func newLog(h *Hub, src Source, id string, to game.Audience, b *board) *Log {
	if src.Keep == 0 {
		src.Keep = ringLines
	}
	l := &Log{hub: h, src: src, id: id, to: to, board: b, ready: make(chan struct{}), parts: make([]part, h.Shards), fill: make(chan struct{}, 1)}
	shards := h.watchers
	if src.Players {
		shards = h.players
	}
	for i := range l.parts {
		l.parts[i].shard = shards[i]
	}
	return l
}

// follow registers with the feed and takes what has come meanwhile.
func (l *Log) follow(ctx context.Context) {
	defer close(l.ready)
	// Others wait for this log too: it must not fail because the first of them left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), followFor)
	defer cancel()
	at, stop, err := l.src.Feed.Follow(ctx, l.id, l)
	if err != nil {
		l.hub.mu.Lock()
		l.err = err
		l.hub.forget(l)
		l.hub.mu.Unlock()
		return
	}
	l.hub.mu.Lock()
	l.stop = stop
	l.hub.mu.Unlock()

	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = at
	l.ring = ring{first: at.Version + 1, keep: l.src.Keep}
	early := l.early
	l.early = nil
	l.add(early)
}

// Steps takes what happened next. It encodes each line once and writes it, or wakes the loops; it never waits.
func (l *Log) Steps(steps []game.Step) {
	if len(steps) == 0 {
		return
	}
	l.mu.Lock()
	if l.at == nil {
		l.early = append(l.early, steps...)
		l.mu.Unlock()
		return
	}
	l.add(steps)
	l.mu.Unlock()
	if !l.src.Delayed {
		l.hub.Observer.Behind(float64(l.hub.Wall()-steps[len(steps)-1].Meta.At) / 1000)
	}
	if l.src.Players {
		l.push(steps)
		return
	}
	l.touch()
}

// push shows steps to players. A seat's only socket is written to here and now: the loops would cost a move more than the
// writing, which does not wait.
func (l *Log) push(steps []game.Step) {
	for i := range l.parts {
		p := &l.parts[i]
		switch only, n := p.only(); n {
		case 0:
		case 1:
			only.push(steps)
		default:
			p.shard.dirty(p)
		}
	}
}

// add encodes steps. Called with mu held.
func (l *Log) add(steps []game.Step) {
	for i := range steps {
		step := &steps[i]
		if step.Version() != l.at.Version+1 {
			continue // known already: feeds may repeat themselves around the start
		}
		l.ring.push(l.entry(step))
		l.at = step.After
	}
	l.changed()
}

// entry encodes a step.
func (l *Log) entry(step *game.Step) entry {
	e := entry{line: l.encode(step), player: step.Meta.Player, command: step.Meta.Command}
	if seated, ok := step.Event.(game.Seated); ok {
		e.named = seated.Player
	}
	return e
}

// renamed drops what was encoded with another name of somebody's. Whoever lacks those lines gets a state.
func (l *Log) renamed(player string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renames++
	if l.at == nil {
		return // nothing is encoded yet
	}
	l.ring.forget(player)
	l.changed()
}

// encode gives one line.
func (l *Log) encode(step *game.Step) []byte {
	line := l.hub.Encoder.Line(*step, l.to)
	if l.src.Board {
		line = wire.WithGame(line, l.id)
	}
	return line
}

// named adds the game to a line that is not numbered, if the log is one of a board.
func (l *Log) named(line []byte) []byte {
	if l.src.Board {
		return wire.WithGame(line, l.id)
	}
	return line
}

// Stale takes whether the feed stands still.
func (l *Log) Stale(stale bool) {
	l.mu.Lock()
	l.stale = stale
	l.changed()
	l.mu.Unlock()
	l.touch()
}

// Lost takes that the feed is at its end. All who watch are sent away; the next who asks gets a new log.
func (l *Log) Lost(error) {
	l.mu.Lock()
	l.lost = true
	l.mu.Unlock()
	l.hub.mu.Lock()
	l.hub.forget(l)
	l.hub.mu.Unlock()
	l.touch()
}

// changed drops everything that was derived. Called with mu held.
func (l *Log) changed() {
	l.state = nil
	l.forget()
}

// forget drops what was found for places, but keeps the room. Called with mu held.
func (l *Log) forget() {
	clear(l.memo)
	l.memo = l.memo[:0]
}

// touch makes the loops visit all cursors. A cursor that joins meanwhile looks for itself.
func (l *Log) touch() {
	for i := range l.parts {
		if p := &l.parts[i]; !p.empty() {
			p.shard.dirty(p)
		}
	}
}

// Game is the id of the game that the log is of.
func (l *Log) Game() string { return l.id }

// State is the newest state that this audience may know of; nil before the feed has answered.
func (l *Log) State() *game.State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at
}

// Version is the newest version that this audience may know of.
func (l *Log) Version() uint64 {
	if s := l.State(); s != nil {
		return s.Version
	}
	return 0
}

// stateLine is the state line as of now. Called with mu held.
func (l *Log) stateLine() []byte {
	if l.state == nil {
		here := l.hub.Here
		if l.src.Delayed && l.at.Status != game.Over {
			here = l.hub.WasHere
		}
		l.state = l.named(l.hub.Encoder.State(l.at, wire.StateContext{
			TS: l.hub.Wall(), To: l.to, Here: here(l.id), Elapsed: l.src.Elapsed,
		}))
	}
	return l.state
}

var _ game.Sink = (*Log)(nil)
