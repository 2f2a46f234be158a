package socket

import (
	"maps"
	"time"

	"github.com/plygames/ply/domain/game"
)

// Who sees a game late sees also who is there late, by as much: that a player has just come or gone is news of now.

// late is when which seats of a delayed game had a socket. What this server has not known for as long as the delay it does
// not show: a game that was on other servers only begins with nobody there.
type late struct {
	delay   int64 // ms, the game's; 0 = nobody must see it late
	moments []moment
	due     *time.Timer // tells of the next one; nil = there is none
}

// moment is who was there from a time on, live clock.
type moment struct {
	at   int64
	here map[game.Seat]bool
}

// WasHere is Here as long ago as the game's delay: for audiences that see the game late. The result is not changed any more.
func (p *Presence) WasHere(id string) map[game.Seat]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.games[id]
	if a == nil || a.late.delay == 0 {
		return p.here(id)
	}
	return a.late.as(p.clock.Now())
}

// as is what is shown at a time.
func (l *late) as(now int64) map[game.Seat]bool {
	for i := len(l.moments) - 1; i >= 0; i-- {
		if l.moments[i].at+l.delay <= now {
			return l.moments[i].here
		}
	}
	return nil
}

// note remembers who is there, and forgets what nobody is shown any more. Called with mu held, after every change.
func (p *Presence) note(id string, a *attendance) {
	l := &a.late
	if l.delay == 0 || p.closed {
		return
	}
	now, here := p.clock.Now(), p.here(id)
	if n := len(l.moments); n == 0 || !maps.Equal(l.moments[n-1].here, here) {
		l.moments = append(l.moments, moment{now, here})
	}
	for len(l.moments) > 1 && l.moments[1].at+l.delay <= now {
		l.moments = l.moments[1:]
	}
	if l.due != nil {
		return
	}
	for _, m := range l.moments {
		if wait := m.at + l.delay - now; wait > 0 {
			l.due = time.AfterFunc(ms(wait), func() { p.showLate(id, a) })
			return
		}
	}
}

// showLate tells those who see the game late what has become due.
func (p *Presence) showLate(id string, a *attendance) {
	p.mu.Lock()
	a.late.due = nil
	p.note(id, a)
	hub := p.hub
	p.mu.Unlock()
	if hub != nil {
		hub.Moved(id)
		p.crowd(id)
	}
}
