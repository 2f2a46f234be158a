package fanout

import (
	"bytes"
	"sync"

	"github.com/plygames/ply/domain/game"
)

// Notice is an unnumbered line to all who look at a game. A newer one replaces an older one of the same slot, whoever
// has not got that yet never will.
type Notice struct {
	Slot   string
	Line   []byte
	Keep   bool      // whoever joins later gets it too
	Now    bool      // not for delayed audiences
	Except game.Seat // this seat does not get it
}

// board is what is to be told of one game beside its events.
type board struct {
	logs map[*Log]struct{} // guarded by Hub.mu

	mu        sync.Mutex
	slots     []slot
	serial    uint64
	now, late crowd // of those who see the game as it is, and of those who see it late
	crowdHeld bool  // it is not true any more, the next one is under way
}

// crowd is how many look at a game.
type crowd struct {
	line   []byte
	serial uint64 // 0 = there is none
}

func (c *crowd) set(line []byte) {
	if !bytes.Equal(c.line, line) {
		c.line = line
		c.serial++
	}
}

// crowdFor is the one that a log shows. After the end nobody sees anything late. Called with the log's mu held.
func (b *board) crowdFor(l *Log) *crowd {
	if l.src.Delayed && (l.at == nil || l.at.Status != game.Over) {
		return &b.late
	}
	return &b.now
}

type slot struct {
	Notice
	serial uint64
}

// boardOf finds or makes a game's board. Called with mu held.
func (h *Hub) boardOf(id string) *board {
	b := h.boards[id]
	if b == nil {
		b = &board{logs: map[*Log]struct{}{}, serial: 1}
		h.boards[id] = b
	}
	return b
}

// Notify tells all who look at a game on this server. Nobody looks: nothing happens.
func (h *Hub) Notify(id string, n Notice) {
	h.change(id, func(b *board) {
		b.serial++
		for i := range b.slots {
			if b.slots[i].Slot == n.Slot {
				b.slots[i] = slot{n, b.serial}
				return
			}
		}
		b.slots = append(b.slots, slot{n, b.serial})
	})
}

// Crowd tells all who look at a game how many they are, if that has changed; whoever has joined since gets it anyway. late
// is for those who see the game late.
func (h *Hub) Crowd(id string, line, late []byte) {
	h.change(id, func(b *board) {
		b.crowdHeld = false
		b.now.set(line)
		b.late.set(late)
	})
}

// HoldCrowd keeps whoever joins from getting a crowd that is not true any more; Crowd must follow.
func (h *Hub) HoldCrowd(id string) {
	h.mu.Lock()
	b := h.boards[id]
	h.mu.Unlock()
	if b != nil {
		b.mu.Lock()
		b.crowdHeld = true
		b.mu.Unlock()
	}
}

// Moved tells that Here has changed for a game: state lines must be encoded anew.
func (h *Hub) Moved(id string) {
	for _, l := range h.logsOf(id) {
		l.mu.Lock()
		if l.at != nil {
			l.changed()
		}
		l.mu.Unlock()
	}
}

// Renamed tells that somebody is called otherwise, or nothing: lines with the old name in them are given to nobody who comes
// after it has returned.
func (h *Hub) Renamed(player string) {
	h.mu.Lock()
	logs := make([]*Log, 0, len(h.logs))
	for _, b := range h.boards {
		for l := range b.logs {
			logs = append(logs, l)
		}
	}
	h.mu.Unlock()
	for _, l := range logs {
		l.renamed(player)
	}
}

func (h *Hub) change(id string, how func(*board)) {
	h.mu.Lock()
	b := h.boards[id]
	h.mu.Unlock()
	if b == nil {
		return
	}
	b.mu.Lock()
	how(b)
	b.mu.Unlock()
	for _, l := range h.logsOf(id) {
		l.touch()
	}
}

// newest tells which notices and which crowd there are for a log; equal numbers mean equal news. A held crowd is another
// one.
func (b *board) newest(l *Log) (serial, crowd uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	crowd = b.crowdFor(l).serial << 1
	if b.crowdHeld {
		crowd |= 1
	}
	return b.serial, crowd
}

// since gives what a watcher of a log lacks that has the notices up to serial and this crowd.
func (b *board) since(serial, crowd uint64, l *Log) (lines [][]byte, nextSerial, nextCrowd uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.slots {
		isNew := s.serial > serial && (serial > 0 || s.Keep)
		mine := s.Except == "" || s.Except != l.to.Seat()
		if isNew && mine && !(s.Now && l.src.Delayed) {
			lines = append(lines, l.named(s.Line))
		}
	}
	if c := b.crowdFor(l); c.serial != crowd && !b.crowdHeld {
		lines = append(lines, l.named(c.line))
		crowd = c.serial
	}
	return lines, b.serial, crowd
}
