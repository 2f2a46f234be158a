package game

import "github.com/plygames/ply/domain"

// decideMove judges a move by the rules of the game. Its clock figures follow DESIGN 5.6: a seat's first move is not
// charged; lag is forgiven by quota. A flag that has fallen was found by Check before.
func decideMove(s *State, seat Seat, w Move, env Env) ([]Event, error) {
	if !s.OnTurn(seat) {
		return nil, domain.Refuse(domain.NotYourTurn, "it is not your turn")
	}
	drawn, err := s.Board.Judge(seat, w.M, env.Seed)
	if err != nil {
		return nil, err
	}
	i := s.Index(seat)
	p := &s.Seats[i]
	m := env.measured(i)
	e := MovePlayed{Seat: seat, M: w.M, Drawn: drawn, Elapsed: m.Elapsed, Lag: m.Lag, Left: s.Times()}
	if p.Moved && s.hasClock() {
		if s.Setup.Clock.Live() {
			e.Comp = quota(p).Forgive(m.Lag, m.Elapsed)
		}
		e.Left[seat] = s.Setup.Clock.Spend(p.Left, m.Elapsed, e.Comp)
	}
	e.next = s.Board.Play(seat, w.M, drawn)
	events := []Event{e}
	if r, over := e.next.Result(); over {
		events = append(events, Ended{Reason: r.Reason, Winner: r.Winner, Scores: r.Scores, Left: e.Left})
	}
	return events, nil
}

// measured is what was measured of a seat; nothing if the caller gave nothing.
func (e Env) measured(i int) Measured {
	if i < len(e.Seats) {
		m := e.Seats[i]
		m.Elapsed, m.Lag = max(0, m.Elapsed), max(0, m.Lag)
		return m
	}
	return Measured{Absent: Present}
}
