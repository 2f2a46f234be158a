package wire

import (
	"encoding/json"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

// StateContext is what a state line depends on beside the game itself.
type StateContext struct {
	TS   int64         // Unix ms; the moment that the clocks are read at
	To   game.Audience // what may be seen, and the "seat" of the line
	Here map[game.Seat]bool

	// Revealed: the game is over, so that nothing of it is hidden any more, at whichever version it is shown. A state
	// that is itself the end need not say so.
	Revealed bool

	// Elapsed is how many ms a seat on turn has used since its origin, as of TS; nil = 0. For days clocks it is the
	// wall time since the origin.
	Elapsed func(game.Origin) int64
}

// State is a whole game as an audience sees it: one unnumbered line. Once the game is over nothing is hidden from
// anybody.
func (e *Encoder) State(s *game.State, c StateContext) []byte {
	look := c.To
	if s.Status == game.Over || c.Revealed {
		look = game.Everyone
	}
	view := viewFor(s, look)
	b := open(make([]byte, 0, 768+len(view)), "state")
	b = fieldInt(b, "v", int64(s.Version))
	b = fieldInt(b, "ts", c.TS)
	b = fieldString(b, "game", s.ID)
	b = fieldString(b, "kind", s.Setup.Kind)
	b = fieldString(b, "status", string(s.Status))
	if s.Status == game.Over {
		b = fieldResult(b, s, s.Result)
		b = fieldString(b, "chain", s.Chain.String())
		if s.Next != "" {
			b = fieldString(b, "next", s.Next)
		}
	}
	if seat := c.To.Seat(); seat != "" {
		b = fieldString(b, "seat", string(seat))
	}
	b = e.fieldPlayers(b, s, c.Here)
	b = fieldSeats(b, "turn", s.Turn())
	b = append(b, `,"clock":{`...)
	b = appendSpec(b, s.Setup.Clock)
	if hasClock(s) {
		b = append(b, ',')
		b = appendReading(b, s, s.Running(), c.Elapsed)
	}
	b = append(b, '}')
	b = fieldOffers(b, s)
	b = fieldRaw(b, "view", view)
	b = fieldBool(b, "rated", s.Setup.Rated)
	b = fieldInt(b, "delay", s.Setup.Delay)
	if s.Setup.Parent != "" {
		b = fieldString(b, "parent", s.Setup.Parent)
	}
	return append(b, '}')
}

// fieldPlayers lists who sits where; free seats are absent.
func (e *Encoder) fieldPlayers(b []byte, s *game.State, here map[game.Seat]bool) []byte {
	b = append(b, `,"players":{`...)
	n := 0
	for i := range s.Seats {
		p := &s.Seats[i]
		if p.Player == "" {
			continue
		}
		if n > 0 {
			b = append(b, ',')
		}
		n++
		b = appendString(b, string(p.Seat))
		b = append(b, ':')
		b = e.appendPlayer(b, p.Player, p.Rating)
		b = fieldBool(b, "here", here[p.Seat])
		b = append(b, '}')
	}
	return append(b, '}')
}

// fieldOffers lists the offers that stand; none after the end.
func fieldOffers(b []byte, s *game.State) []byte {
	b = append(b, `,"offers":[`...)
	n := 0
	add := func(kind string, o game.Offer) {
		if o.Version == 0 || s.Status == game.Over {
			return
		}
		if n > 0 {
			b = append(b, ',')
		}
		n++
		b = append(b, `{"kind":"`...)
		b = append(b, kind...)
		b = append(b, '"')
		b = fieldString(b, "seat", string(o.Seat))
		b = fieldInt(b, "v", int64(o.Version))
		if o.Plies > 0 {
			b = fieldInt(b, "plies", int64(o.Plies))
		}
		b = append(b, '}')
	}
	add("draw", s.Draw)
	add("takeback", s.Takeback)
	return append(b, ']')
}

// appendReading adds left and run, without braces: what everybody has now. Seats whose clocks run are charged what
// they have used so far.
func appendReading(b []byte, s *game.State, run []game.Seat, elapsed func(game.Origin) int64) []byte {
	b = append(b, `"left":{`...)
	for i := range s.Seats {
		p := &s.Seats[i]
		left := p.Left
		if elapsed != nil && contains(run, p.Seat) {
			left = reading(s.Setup.Clock, left, elapsed(p.Origin))
		}
		b = appendSeatInt(b, i, p.Seat, left)
	}
	b = append(b, '}')
	return fieldSeats(b, "run", run)
}

// reading is what a running clock shows after elapsed ms.
func reading(c clock.Spec, left, elapsed int64) int64 {
	elapsed = max(0, elapsed)
	if c.Live() {
		return c.Charge(left, elapsed)
	}
	return max(0, left-elapsed)
}

func contains(seats []game.Seat, seat game.Seat) bool {
	for _, s := range seats {
		if s == seat {
			return true
		}
	}
	return false
}

// viewFor is the game's own view, and for a seat on turn (additively) its legal moves.
func viewFor(s *game.State, to game.Audience) json.RawMessage {
	if s.Board == nil {
		return json.RawMessage("{}")
	}
	view := s.Board.View(to)
	legal := legalFor(s, to)
	if len(legal) == 0 {
		return view
	}
	return appendWithLegal(make([]byte, 0, len(view)+len(legal)+16), view, legal)
}

// legalFor lists the legal moves of the audience's seat if it is to move.
func legalFor(s *game.State, to game.Audience) json.RawMessage {
	seat := to.Seat()
	if seat == "" || !s.OnTurn(seat) {
		return nil
	}
	return s.Board.Legal(seat)
}

// appendWithLegal adds an object, with the member "legal" appended to it if there is any.
func appendWithLegal(b []byte, object, legal json.RawMessage) []byte {
	if len(object) < 2 {
		object = json.RawMessage("{}")
	}
	if len(legal) == 0 {
		return append(b, object...)
	}
	b = append(b, object[:len(object)-1]...)
	if len(object) > 2 {
		b = append(b, ',')
	}
	b = append(b, `"legal":`...)
	b = append(b, legal...)
	return append(b, '}')
}
