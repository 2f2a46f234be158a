package fanout

import (
	"bytes"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

// place is how far a watcher is. Watchers at equal places of a log lack equal bytes.
type place struct {
	version uint64 // has everything up to here
	started bool   // version counts; false = begins with a state
	live    bool   // was told that the backlog is through
	stale   bool   // was told that the feed stands still
	over    bool   // knows that the game has ended
	target  uint64 // the backlog: not live before this version
	serial  uint64 // newest notice it has; 0 = none yet
	crowd   uint64 // newest crowd it has; 0 = none yet
}

// hold keeps back the events of a command until its answer stands behind them. The zero hold keeps nothing back.
type hold struct{ player, command string }

// taken is what a place lacks: one message (empty = nothing), and the place after it.
type taken struct {
	msg     []byte
	next    place
	skipped bool // lines were replaced by a state
	lost    bool
}

// take tells what a watcher at a place lacks. The result's bytes are shared and must not be changed.
func (l *Log) take(p place, h hold) taken {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost {
		return taken{next: p, lost: true}
	}
	l.refresh()
	if h != (hold{}) {
		return l.lacks(p, l.held(p, h))
	}
	for i := range l.memo {
		if l.memo[i].at == p {
			return l.memo[i].taken
		}
	}
	t := l.lacks(p, l.at.Version)
	if len(l.memo) < maxMemo {
		l.memo = append(l.memo, remembered{p, t})
	}
	return t
}

// maxMemo bounds how many places are remembered, and looked through.
const maxMemo = 32

// refresh drops what has become old: new notices, and readings of running clocks. Called with mu held.
func (l *Log) refresh() {
	k := memoKey{ms: l.memoFor.ms}
	k.serial, k.crowd = l.board.newest(l)
	if now := l.hub.Wall(); now-k.ms > readingFor || now < k.ms {
		k.ms = now
		if len(l.at.Running()) > 0 {
			l.changed()
		}
	}
	if k.serial != l.memoFor.serial || k.crowd != l.memoFor.crowd {
		l.forget()
	}
	l.memoFor = k
}

// held is the last version before the first event of a held command. Called with mu held.
func (l *Log) held(p place, h hold) uint64 {
	if !p.started || !l.ring.has(p.version) {
		return l.at.Version
	}
	for i, e := range l.ring.after(p.version, l.ring.last()) {
		if e.command == h.command && e.player == h.player {
			return p.version + uint64(i)
		}
	}
	return l.at.Version
}

// lacks composes what is missing at a place, with lines up to a version. Called with mu held.
func (l *Log) lacks(p place, upTo uint64) taken {
	t := taken{next: p}
	var room [4][]byte
	parts := room[:0]
	head := l.at.Version
	switch {
	case !p.started && head > 0:
		parts = append(parts, l.stateLine())
		t.next.started, t.next.version = true, head
	case p.started && p.version < upTo && !l.ring.has(p.version):
		parts = append(parts, l.stateLine())
		t.next.version, t.skipped = head, true
	case p.started && p.version < upTo:
		for _, e := range l.ring.after(p.version, upTo) {
			parts = append(parts, e.line)
		}
		t.next.version = upTo
	}
	if t.next.started && t.next.version == head {
		parts = l.arrived(parts, p, &t)
	}
	t.msg = join(parts)
	return t
}

// arrived adds what only those are told who have every line. Called with mu held.
func (l *Log) arrived(parts [][]byte, p place, t *taken) [][]byte {
	if l.at.Status == game.Over && !p.over {
		t.next.over = true
		if p.started && !t.skipped && hides(l.at, l.to) {
			parts = append(parts, l.stateLine()) // which hides nothing any more
		}
	}
	switch {
	case l.stale && !p.stale:
		parts = append(parts, l.named(wire.Stale(l.hub.Wall())))
		t.next.stale = true
	case !l.stale && (!p.live || p.stale) && t.next.version >= p.target:
		parts = append(parts, l.named(wire.Live(l.at, l.src.Elapsed)))
		t.next.live, t.next.stale = true, false
	}
	if t.next.live {
		var news [][]byte
		news, t.next.serial, t.next.crowd = l.board.since(p.serial, p.crowd, l)
		parts = append(parts, news...)
	}
	return parts
}

// hides tells whether the end reveals something to an audience: whether it sees less than everybody may see now.
func hides(s *game.State, to game.Audience) bool {
	if s.Board == nil || to.SeesAll() {
		return false
	}
	return !bytes.Equal(s.Board.View(to), s.Board.View(game.Everyone))
}

// join makes one message of lines. A single line stays the bytes it is.
func join(parts [][]byte) []byte {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	default:
		return bytes.Join(parts, []byte{'\n'})
	}
}
