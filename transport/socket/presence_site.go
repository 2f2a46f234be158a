package socket

import (
	"maps"
	"slices"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/wire"
)

// Attendance is who looks at one game on one server.
type Attendance struct {
	Seats    []game.Seat // that have a socket, in ascending order
	Watchers int
}

// None tells that nobody does.
func (a Attendance) None() bool { return len(a.Seats) == 0 && a.Watchers == 0 }

// Site carries what a Presence has to say to the other servers of the site; what they say comes to Heard, HeardRematch,
// Silent and Sighted. Its methods never wait, and never call back.
type Site interface {
	// Changed: the Attendance of a game has changed on this server. urgent: a seat came or left.
	Changed(id string, urgent bool)
	// Rematch: a seat has created the next game.
	Rematch(id string, by game.Seat, next string)
}

// Join makes this server one of several. Call it before the first socket is there. Until Sighted tells that the others
// are heard, nobody is absent.
func (p *Presence) Join(site Site) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.site, p.blind, p.others = site, true, map[string]map[string]Attendance{}
}

func (p *Presence) joined() Site {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.site
}

// publish tells the other servers that a game's attendance here has changed. Called without locks.
func (p *Presence) publish(id string, urgent bool) {
	if site := p.joined(); site != nil {
		site.Changed(id, urgent)
	}
}

// expect waits for the other players of a game to which one has just come: their server may have died before this one
// heard of the game, and then nobody else will tell that they are gone. Called without locks.
func (p *Presence) expect(id string) {
	if p.joined() == nil {
		return
	}
	state := p.hub.Peek(id) // before the lock: logs ask Here while they are locked
	if state == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range state.Seats {
		seat := state.Seats[i].Seat
		if p.attendance(id).chairs[seat] == nil && state.Seats[i].Player != "" && !p.present(id, seat) {
			p.vacate(id, seat, p.chair(id, seat))
		}
	}
}

// present tells whether a seat has a socket on any server. Called with mu held.
func (p *Presence) present(id string, seat game.Seat) bool {
	if p.holds(id, seat) {
		return true
	}
	for _, games := range p.others {
		if slices.Contains(games[id].Seats, seat) {
			return true
		}
	}
	return false
}

// Own is who looks at a game on this server.
func (p *Presence) Own(id string) Attendance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.games[id].own()
}

// OwnAll is who looks at any game on this server; games that nobody looks at are not in it.
func (p *Presence) OwnAll() map[string]Attendance {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]Attendance{}
	for id, a := range p.games {
		if own := a.own(); !own.None() {
			all[id] = own
		}
	}
	return all
}

func (a *attendance) own() Attendance {
	if a == nil {
		return Attendance{}
	}
	own := Attendance{Watchers: a.watchers}
	for seat, c := range a.chairs {
		if len(c.socks) > 0 {
			own.Seats = append(own.Seats, seat)
		}
	}
	slices.Sort(own.Seats)
	return own
}

// Heard takes who looks at some games on another server, or at all games: then it has none beside these.
func (p *Presence) Heard(server string, games map[string]Attendance, all bool) {
	ids := slices.Sorted(maps.Keys(games)) // the news are told in one order
	p.mu.Lock()
	known := p.others[server]
	if known == nil {
		known = map[string]Attendance{}
		p.others[server] = known
	}
	var news []change
	if all {
		var over []string
		for id := range known {
			if _, still := games[id]; !still {
				over = append(over, id)
			}
		}
		slices.Sort(over)
		for _, id := range over {
			news = p.replace(news, known, id, Attendance{})
		}
	}
	for _, id := range ids {
		news = p.replace(news, known, id, games[id])
	}
	p.mu.Unlock()
	p.tellOf(news)
}

// Silent takes that another server is not there any more, and with it whoever had sockets there.
func (p *Presence) Silent(server string) {
	p.Heard(server, nil, true)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.others, server)
}

// Sighted takes whether other servers can be heard. While they can't, what is known of them stays as it was, nobody is
// absent and nobody is gone; absence counts anew from when they can again.
func (p *Presence) Sighted(sees bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.blind == !sees {
		return
	}
	p.blind = !sees
	if p.blind {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(p.games)) {
		a := p.games[id]
		for _, seat := range slices.Sorted(maps.Keys(a.chairs)) {
			if !p.present(id, seat) {
				p.vacate(id, seat, a.chairs[seat])
			}
		}
	}
}

// HeardRematch tells all who look at a game on this server that a seat has created the next one.
func (p *Presence) HeardRematch(id string, by game.Seat, next string) {
	if h := p.bound(); h != nil {
		h.Notify(id, fanout.Notice{Slot: "rematch", Line: wire.Rematch(by, next), Keep: true, Except: by})
	}
}

// change is what another server's news mean for a game that this server knows.
type change struct {
	id    string
	moved bool        // a seat came or left
	back  []game.Seat // ... and was said to be gone
}

// replace puts a game's attendance on another server in the place of what was known. Called with mu held.
func (p *Presence) replace(news []change, known map[string]Attendance, id string, now Attendance) []change {
	before := known[id]
	if before.Watchers == now.Watchers && slices.Equal(before.Seats, now.Seats) {
		return news
	}
	seats := slices.Compact(slices.Sorted(slices.Values(slices.Concat(before.Seats, now.Seats))))
	was := make([]bool, len(seats))
	for i, seat := range seats {
		was[i] = p.present(id, seat)
	}
	if now.None() {
		delete(known, id)
	} else {
		known[id] = now
	}
	if p.games[id] == nil {
		return news // nobody here has asked for it yet
	}
	c := change{id: id}
	for i, seat := range seats {
		is := p.present(id, seat)
		if is == was[i] {
			continue
		}
		c.moved = true
		chair := p.chair(id, seat)
		if !is {
			p.vacate(id, seat, chair)
			continue
		}
		if chair.timer != nil {
			chair.timer.Stop()
			chair.timer = nil
		}
		if chair.gone {
			chair.gone = false
			c.back = append(c.back, seat)
		}
	}
	return append(news, c)
}

// tellOf tells those who look here. Called without locks.
func (p *Presence) tellOf(news []change) {
	hub := p.bound()
	if hub == nil {
		return
	}
	for _, c := range news {
		if c.moved {
			hub.Moved(c.id)
		}
		for _, seat := range c.back {
			hub.Notify(c.id, gone(seat, wire.Gone(seat, 0, false, false), false))
		}
		p.crowd(c.id)
	}
}
