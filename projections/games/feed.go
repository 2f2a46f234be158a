package games

import "github.com/plygames/ply/domain/game"

// Feed tells what happens to the games that anybody may sit down in: open, with access open. Between two calls of Take
// only the last of what happened to a game counts. Wake and Take are for one goroutine; Close it.
type Feed struct {
	games *Games
	wake  chan struct{} // holds one entry if there is something to take
	dirty map[string]struct{}
	all   bool // everything may have changed
}

// Feed makes one, which begins with all open games.
func (g *Games) Feed() *Feed {
	f := &Feed{games: g, wake: make(chan struct{}, 1), dirty: map[string]struct{}{}}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.feeds == nil {
		g.feeds = map[*Feed]struct{}{}
	}
	g.feeds[f] = struct{}{}
	if g.ready {
		f.all = true
		f.signal()
	}
	return f
}

// Close ends it.
func (f *Feed) Close() {
	f.games.mu.Lock()
	defer f.games.mu.Unlock()
	delete(f.games.feeds, f)
}

// Wake is signalled when there is something to take.
func (f *Feed) Wake() <-chan struct{} { return f.wake }

// Take gives the games that are open and have changed since the last call, in no order, and those that are not open any
// more. all: open is everything there is, and what was open before and is not in it is open no more.
func (f *Feed) Take() (open []Row, closed []string, all bool) {
	g := f.games
	g.mu.Lock()
	defer g.mu.Unlock()
	if all = f.all; all {
		for _, e := range g.open {
			open = append(open, e.Row)
		}
	} else {
		for id := range f.dirty {
			if e := g.open[id]; e != nil {
				open = append(open, e.Row)
			} else {
				closed = append(closed, id)
			}
		}
	}
	f.all = false
	clear(f.dirty)
	return open, closed, all
}

func (f *Feed) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// tell takes a new or a removed entry into the open games and the feeds. Called with mu held.
func (m *memory) tell(e *entry) {
	was := m.open[e.Game] != nil
	is := !e.gone && e.Status == game.Open && e.Access == game.AccessOpen
	if is {
		m.open[e.Game] = e
	} else {
		delete(m.open, e.Game)
	}
	if !e.gone {
		m.invite(e)
	}
	if !was && !is {
		return
	}
	for f := range m.feeds {
		f.dirty[e.Game] = struct{}{}
		f.signal()
	}
}

// tellAll makes the feeds begin anew. Called with mu held.
func (m *memory) tellAll() {
	for f := range m.feeds {
		f.all = true
		clear(f.dirty)
		f.signal()
	}
}

// invite lists a game with those for whom a free seat is kept; uninvite takes it away. Called with mu held.
func (m *memory) invite(e *entry) {
	for i := range e.Seats {
		player := e.Seats[i].Reserved
		if player == "" || e.Seats[i].Player != "" {
			continue
		}
		if m.guests[player] == nil {
			m.guests[player] = map[string]*entry{}
		}
		m.guests[player][e.Game] = e
	}
}

func (m *memory) uninvite(e *entry) {
	for i := range e.Seats {
		player := e.Seats[i].Reserved
		delete(m.guests[player], e.Game)
		if len(m.guests[player]) == 0 {
			delete(m.guests, player)
		}
	}
}

// Lobby tells whether a game is shown in the lobby: anybody may know of it now, and sit down.
func (r *Row) Lobby() bool {
	return r.Status == game.Open && r.Access == game.AccessOpen && r.Watch == game.WatchPublic && r.Delay == 0 && r.Free() != ""
}

// Free is the first seat that anybody may take, if the game is open to all; empty if there is none.
func (r *Row) Free() game.Seat {
	for i := range r.Seats {
		if s := &r.Seats[i]; s.Player == "" && s.Reserved == "" {
			return s.Seat
		}
	}
	return ""
}

// Waiting is the seat in which the creator of a game waits; empty if they have none.
func (r *Row) Waiting() game.Seat {
	for i := range r.Seats {
		if s := &r.Seats[i]; s.Player != "" && s.Player == r.Creator {
			return s.Seat
		}
	}
	return ""
}

// Open lists the games that anybody may sit down in, in no order.
func (g *Games) Open() []Row {
	g.mu.RLock()
	defer g.mu.RUnlock()
	rows := make([]Row, 0, len(g.open))
	for _, e := range g.open {
		rows = append(rows, e.Row)
	}
	return rows
}

// Barred tells whether the creator of an open game plays one that bars it.
func (g *Games) Barred(r *Row) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, e := range g.people[r.Creator] {
		if e.Status != game.Open && e.has(r.Creator) && e.bars(r) {
			return true
		}
	}
	return false
}

// Bars tells whether an open game may not be paired while its creator plays another one. One that is not known does.
func (g *Games) Bars(playing, seek string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	e, s := g.byGame[playing], g.byGame[seek]
	return e == nil || s == nil || e.Status == game.Open || e.bars(&s.Row)
}

// bars: nobody plays two games against the clock at once, and who has begun to play has what they waited for until then;
// but who seeks another game beside one of many days wishes just that. What was first is the order of the store, the same
// for all servers.
func (r *Row) bars(seek *Row) bool {
	return r.Clock.Live() && seek.Clock.Live() || seek.Number <= r.Begun
}

// Live lists the games that are being played and that everybody may watch as they are now, the oldest first.
func (g *Games) Live() []Row {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var rows []Row
	for _, e := range g.order {
		if !e.gone && e.Status == game.Live && e.Watch == game.WatchPublic && e.Delay == 0 {
			rows = append(rows, e.Row)
		}
	}
	return rows
}
