package commands

import (
	"context"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

// flagGrace is how much later a host lets the flag of a seat fall whose socket it does not hold, in ms: another host may
// hold it, and a move may be on its way there.
const flagGrace = 5_000

// measured is what was measured for one decision. overdue is the same for the question what has run out: seats without a
// socket here have the grace.
type measured struct {
	game.Env
	overdue game.Env
}

// measure takes the time that every seat on turn has used: from the push of the event that put it on turn to the arrival
// of the command, on the live clock. Only clocks of days use the wall. Who is absent is asked of the others on turn,
// whose flags have the grace, and of all seats if the command is a claim or the game is open (who waits there and has gone is
// a ghost); nothing else depends on it, and asking costs.
// Nothing is drawn: Seed is the caller's.
func (a *Application) measure(h *hotGame, s *game.State, c game.Command, at game.Arrival) measured {
	wall, n := a.Wall(), len(s.Seats)
	seats := make([]game.Measured, 2*n)
	m := measured{Env: game.Env{At: wall, Seats: seats[:n:n]}, overdue: game.Env{At: wall, Seats: seats[n:]}}
	for i := range s.Seats {
		p := &s.Seats[i]
		seat := &m.Seats[i]
		acting, claim := c.Player != "" && p.Player == c.Player, claims(c.Wish)
		seat.Absent = game.Present
		if p.Since == 0 && !claim && s.Status != game.Open {
			continue
		}
		if !acting || claim {
			seat.Absent = a.Presence.Absent(s.ID, p.Seat)
		}
		if acting && at.Lag > 0 {
			seat.Lag = at.Lag
		} else {
			seat.Lag = a.Presence.Lag(s.ID, p.Seat)
		}
		seat.Elapsed = h.elapsed(s, i, at.Live, wall)
		m.overdue.Seats[i] = *seat
		if !acting && s.Setup.Clock.Live() && !a.Presence.Holds(s.ID, p.Seat) {
			m.overdue.Seats[i].Elapsed = max(0, seat.Elapsed-flagGrace)
		}
	}
	return m
}

// soonest is an overdue that asks nobody: it knows of no lag that would be forgiven and of no absence that has a grace, so
// what runs out does so sooner by it, never later. The seats are added to into.
func (a *Application) soonest(h *hotGame, s *game.State, live int64, into []game.Measured) game.Env {
	wall := a.Wall()
	for i := range s.Seats {
		into = append(into, game.Measured{Elapsed: h.elapsed(s, i, live, wall), Absent: game.Present})
	}
	return game.Env{Seats: into}
}

// elapsed is the time that a seat on turn has used; 0 if it is not on turn.
func (h *hotGame) elapsed(s *game.State, seat int, live, wall int64) int64 {
	p := &s.Seats[seat]
	switch {
	case p.Since == 0:
		return 0
	case s.Setup.Clock.Type == clock.Days:
		return max(0, wall-p.Origin.At)
	default:
		return max(0, live-h.thinking[seat])
	}
}

// claims tells whether a wish is about somebody's absence.
func claims(w game.Wish) bool {
	switch w.(type) {
	case game.ClaimVictory, game.ClaimDraw:
		return true
	}
	return false
}

// restart notes from when on the seats that were put on turn by events from version first on have been thinking: now, the
// moment at which they were pushed.
func (h *hotGame) restart(s *game.State, first uint64, now int64) {
	if len(h.thinking) != len(s.Seats) {
		h.thinking = make([]int64, len(s.Seats))
	}
	for i := range s.Seats {
		if s.Seats[i].Origin.Version >= first {
			h.thinking[i] = now
		}
	}
}

// thinkingSince gives, for a game that was just loaded, the live-clock readings from which its seats' time counts: the
// event's own if this server recorded it, else the moment of the load less what the server that recorded it had measured
// when it was last known alive, both by that server's own live clock.
func (a *Application) thinkingSince(ctx context.Context, s *game.State) []int64 {
	now := a.Clock.Now()
	since := make([]int64, len(s.Seats))
	for i := range s.Seats {
		since[i] = now
		switch o := s.Seats[i].Origin; {
		case o.Server == a.Incarnation:
			since[i] = o.Up
		case s.Seats[i].Since != 0 && s.Setup.Clock.Live():
			if up, _, known := a.Alive.LastAlive(ctx, o.Server); known {
				since[i] = now - max(0, up-o.Up)
			}
		}
	}
	return since
}
