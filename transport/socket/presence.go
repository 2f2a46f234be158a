package socket

import (
	"maps"
	"sync"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/wire"
)

// Presence knows who has a socket, and tells the others: crowd, gone, rematch. It is made before everything else, because
// the write side asks it too (commands.Presence, commands.Announce). Alone it knows this server's sockets only; with a
// Site also those of other servers, see presence_site.go. Safe for concurrent use.
type Presence struct {
	clock     LiveClock
	goneAfter time.Duration
	crowdGap  time.Duration

	mu      sync.Mutex
	hub     *fanout.Hub // nil until a Server is made
	games   map[string]*attendance
	sweep   int // clean up at so many games
	closed  bool
	vacated int // chairs, since the start

	site   Site                             // nil = there are no other servers
	blind  bool                             // others can't be heard: what is known of them is old
	others map[string]map[string]Attendance // server -> game
}

// attendance is who looks at one game on this server.
type attendance struct {
	chairs   map[game.Seat]*chair
	watchers int
	told     int64       // when the crowd was last told, live clock; -1 = never
	telling  *time.Timer // will tell again; nil = not
	late     late
}

// chair is one seat's sockets on this server.
type chair struct {
	socks []*sock
	since int64 // absent since then, everywhere, live clock
	gone  bool  // the others were told
	timer *time.Timer
}

const (
	crowdEvery  = time.Second
	crowdSlower = 1000 // watchers beyond so many slow the crowd down: telling them all costs as much as a move
	forgetAfter = int64(time.Hour / time.Millisecond)
)

// NewPresence makes one. clock is the server's live clock.
func NewPresence(clock LiveClock) *Presence {
	return &Presence{clock: clock, goneAfter: game.GoneAfter * time.Millisecond, crowdGap: crowdEvery,
		games: map[string]*attendance{}, sweep: 1024}
}

func (p *Presence) bind(h *fanout.Hub) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hub = h
}

// Absent is for how many ms a seat has had no socket; game.Present if it has one. A seat that never had one counts from
// the moment it is first asked about.
func (p *Presence) Absent(id string, seat game.Seat) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.chair(id, seat)
	if p.blind || p.present(id, seat) {
		return game.Present // nobody is absent on the word of servers that can't be heard
	}
	return max(0, p.clock.Now()-c.since)
}

// Holds tells whether this very server has a socket of a seat.
func (p *Presence) Holds(id string, seat game.Seat) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.holds(id, seat)
}

func (p *Presence) holds(id string, seat game.Seat) bool {
	a := p.games[id]
	return a != nil && a.chairs[seat] != nil && len(a.chairs[seat].socks) > 0
}

// Lag is the newest round trip of a seat's socket in ms, by our pings; 0 = not known.
func (p *Presence) Lag(id string, seat game.Seat) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.games[id]
	if a == nil || a.chairs[seat] == nil {
		return 0
	}
	for i := len(a.chairs[seat].socks) - 1; i >= 0; i-- {
		if lag := a.chairs[seat].socks[i].pinging.lag.Load(); lag > 0 {
			return lag
		}
	}
	return 0
}

// Here tells which seats of a game have a socket. The result is the caller's.
func (p *Presence) Here(id string) map[game.Seat]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.here(id)
}

// here is Here. Called with mu held.
func (p *Presence) here(id string) map[game.Seat]bool {
	here := map[game.Seat]bool{}
	if a := p.games[id]; a != nil {
		for seat, c := range a.chairs {
			if len(c.socks) > 0 {
				here[seat] = true
			}
		}
	}
	for _, games := range p.others {
		for _, seat := range games[id].Seats {
			here[seat] = true
		}
	}
	return here
}

// Rematch tells all who look at a game that a seat has created the next one.
func (p *Presence) Rematch(id string, by game.Seat, next string) {
	p.HeardRematch(id, by, next)
	if site := p.joined(); site != nil {
		site.Rematch(id, by, next)
	}
}

func (p *Presence) bound() *fanout.Hub {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hub
}

// chair finds or makes a seat's. Called with mu held.
func (p *Presence) chair(id string, seat game.Seat) *chair {
	a := p.attendance(id)
	c := a.chairs[seat]
	if c == nil {
		c = &chair{since: p.clock.Now()}
		a.chairs[seat] = c
	}
	return c
}

// attendance finds or makes a game's. Called with mu held.
func (p *Presence) attendance(id string) *attendance {
	a := p.games[id]
	if a == nil {
		if len(p.games) >= p.sweep {
			p.forget()
		}
		a = &attendance{chairs: map[game.Seat]*chair{}, told: -1}
		p.games[id] = a
	}
	return a
}

// forget drops the games that nobody has looked at for long. Called with mu held.
func (p *Presence) forget() {
	now := p.clock.Now()
	for id, a := range p.games {
		old := a.watchers == 0 && a.late.due == nil
		for _, c := range a.chairs {
			old = old && len(c.socks) == 0 && now-c.since > forgetAfter
		}
		if old {
			delete(p.games, id)
		}
	}
	p.sweep = max(1024, 2*len(p.games))
}

// join counts a socket in. Its logs are open already, its cursors are not.
func (p *Presence) join(k *sock) {
	for i := range k.boards {
		id := k.boards[i].log.Game()
		delay := k.boards[i].log.State().Setup.Delay // before the lock: logs ask Here while they are locked
		p.mu.Lock()
		p.attendance(id).late.delay = delay
		back, first := false, false
		if k.kind == kindPlay {
			c := p.chair(id, k.seat)
			first = len(c.socks) == 0
			back, c.gone = c.gone, false
			if c.timer != nil {
				c.timer.Stop()
				c.timer = nil
			}
			c.socks = append(c.socks, k)
		} else {
			p.attendance(id).watchers++
		}
		p.mu.Unlock()
		if k.kind == kindPlay {
			p.hub.Moved(id)
		}
		if back {
			p.hub.Notify(id, gone(k.seat, wire.Gone(k.seat, 0, false, false), false))
		}
		p.crowd(id)
		p.publish(id, first)
		if first {
			p.expect(id)
		}
	}
}

// leave counts a socket out.
func (p *Presence) leave(k *sock) {
	for i := range k.boards {
		id := k.boards[i].log.Game()
		p.mu.Lock()
		last := false
		if k.kind == kindPlay {
			last = p.standUp(id, k)
		} else {
			p.attendance(id).watchers--
		}
		p.mu.Unlock()
		if k.kind == kindPlay {
			p.hub.Moved(id)
		}
		p.crowd(id)
		p.publish(id, last)
	}
}

// standUp takes a socket from its chair; after the last one the player is soon gone. Called with mu held.
func (p *Presence) standUp(id string, k *sock) (last bool) {
	c := p.chair(id, k.seat)
	for i, other := range c.socks {
		if other == k {
			c.socks = append(c.socks[:i:i], c.socks[i+1:]...)
			break
		}
	}
	if len(c.socks) > 0 {
		return false
	}
	if !p.present(id, k.seat) {
		p.vacate(id, k.seat, c)
	}
	return true
}

// vacate notes that a seat has no socket from now on. Called with mu held.
func (p *Presence) vacate(id string, seat game.Seat, c *chair) {
	c.since = p.clock.Now()
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if !p.closed {
		p.vacated++
		apart := time.Duration(p.vacated % 1024) // those who left together are told of one after the other
		c.timer = time.AfterFunc(p.goneAfter+apart, func() { p.left(id, seat, c) })
	}
}

// left tells the others that a player is gone, if the game is one in which that matters.
func (p *Presence) left(id string, seat game.Seat, c *chair) {
	hub := p.bound()
	if hub == nil {
		return // nobody is here to be told
	}
	state := hub.Peek(id)
	if state == nil || state.Status == game.Open || state.Status == game.Over {
		return
	}
	claim, can := game.ClaimAfter(state)
	line := wire.Gone(seat, claim, can, true)
	if line == nil {
		return
	}
	p.mu.Lock()
	if p.present(id, seat) || p.blind || p.closed {
		p.mu.Unlock()
		return
	}
	c.gone = true
	p.mu.Unlock()
	hub.Notify(id, gone(seat, line, true))
}

func gone(seat game.Seat, line []byte, keep bool) fanout.Notice {
	return fanout.Notice{Slot: "gone " + string(seat), Line: line, Keep: keep, Now: true, Except: seat}
}

// crowd tells how many look at a game: now if that was long enough ago, else as soon as it is.
func (p *Presence) crowd(id string) {
	p.mu.Lock()
	a := p.games[id]
	if a == nil || p.hub == nil || p.closed {
		p.mu.Unlock()
		return
	}
	p.note(id, a)
	gap := p.crowdGap + p.crowdGap*time.Duration(a.watchers/crowdSlower)
	wait := gap - ms(p.clock.Now()-a.told)
	if a.told < 0 || wait <= 0 && a.telling == nil {
		p.mu.Unlock()
		p.tell(id, a)
		return
	}
	p.hub.HoldCrowd(id)
	if a.telling == nil {
		a.telling = time.AfterFunc(wait, func() { p.tell(id, a) })
	}
	p.mu.Unlock()
}

// tell gives the hub the crowd as it is.
func (p *Presence) tell(id string, a *attendance) {
	state := p.hub.Peek(id) // before the lock: logs ask Here while they are locked
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	a.told, a.telling = p.clock.Now(), nil
	here := map[game.Seat]bool{}
	if state != nil {
		for i := range state.Seats {
			here[state.Seats[i].Seat] = false
		}
	}
	for seat := range a.chairs {
		here[seat] = false
	}
	watchers := a.watchers
	for _, games := range p.others {
		watchers += games[id].Watchers
	}
	was := maps.Clone(here)
	for seat := range here {
		here[seat] = p.present(id, seat)
	}
	line := wire.Crowd(here, watchers)
	late := line
	if a.late.delay != 0 {
		then := a.late.as(a.told)
		for seat := range was {
			was[seat] = then[seat]
		}
		late = wire.Crowd(was, watchers)
	}
	p.hub.Crowd(id, line, late)
}

// close stops all timers.
func (p *Presence) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, a := range p.games {
		if a.telling != nil {
			a.telling.Stop()
		}
		if a.late.due != nil {
			a.late.due.Stop()
		}
		for _, c := range a.chairs {
			if c.timer != nil {
				c.timer.Stop()
			}
		}
	}
}
