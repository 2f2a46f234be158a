package game

import (
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
)

// Gift is what add-time gives the opponent, in ms.
const Gift = 15_000

// Due is how many ms from now something in the game runs out if nobody acts: a flag or a first move, given what was
// measured. False: nothing does.
func Due(s *State, env Env) (in int64, ok bool) {
	if s.Setup.Clock.Type == clock.None {
		return 0, false
	}
	for _, seat := range s.Turn() {
		i := s.Index(seat)
		p, m := &s.Seats[i], env.measured(i)
		var left int64
		switch {
		case s.runs(i):
			left = s.Setup.Clock.Until(p.Left, m.Elapsed, forgiven(s, p, m))
		case s.Setup.Clock.Live():
			left = FirstMove - m.Elapsed
		default:
			continue
		}
		if !ok || left < in {
			in, ok = left, true
		}
	}
	return in, ok
}

func forgiven(s *State, p *Place, m Measured) int64 {
	if !s.Setup.Clock.Live() {
		return 0
	}
	return quota(p).Forgive(m.Lag, m.Elapsed)
}

// overdue ends a game in which something has run out.
func overdue(s *State, env Env) []Event {
	if s.ghost(env) {
		return []Event{s.end(Result{Reason: Withdrawn})}
	}
	for _, seat := range s.Turn() {
		i := s.Index(seat)
		p, m := &s.Seats[i], env.measured(i)
		if s.runs(i) {
			if s.Setup.Clock.Until(p.Left, m.Elapsed, forgiven(s, p, m)) <= 0 {
				ended := s.end(s.Board.Timeout(seat))
				ended.Left[seat] = 0
				return []Event{ended}
			}
		} else if s.Setup.Clock.Live() && m.Elapsed >= FirstMove {
			return []Event{s.end(Result{Reason: NoStart})}
		}
	}
	return nil
}

// decideAdjust charges a running seat for time on a server that died. Nothing to charge on any other seat.
func decideAdjust(s *State, w Adjust) []Event {
	i := s.Index(w.Seat)
	if i < 0 || !s.OnTurn(w.Seat) || !s.runs(i) || !s.Setup.Clock.Live() {
		return nil
	}
	left := s.Times()
	left[w.Seat] = s.Setup.Clock.Charge(left[w.Seat], w.Charged)
	return []Event{ClockAdjusted{Reason: w.Reason, Seat: w.Seat, Charged: w.Charged, Left: left}}
}

// decideAddTime gives the opponent some time.
func decideAddTime(s *State, seat Seat) ([]Event, error) {
	if !s.Setup.Clock.Live() {
		return nil, domain.Refuse(domain.Forbidden, "this game has no clock that time could be added to")
	}
	to, ok := s.opponent(seat)
	if !ok {
		return nil, domain.Refuse(domain.Forbidden, "time can be given only in games of two")
	}
	if p := s.place(to); p.Left+Gift > clock.MaxInitial {
		return nil, domain.Refuse(domain.Forbidden, "the opponent has more than enough time")
	}
	return []Event{TimeAdded{Seat: seat, To: to, MS: Gift}}, nil
}

// opponent is the other seat of a game of two.
func (s *State) opponent(seat Seat) (Seat, bool) {
	if len(s.Seats) != 2 {
		return "", false
	}
	return s.Seats[1-s.Index(seat)].Seat, true
}
