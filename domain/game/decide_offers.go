package game

import "github.com/plygames/ply/domain"

// Offers: a seat may offer a draw once between two of its own moves; the offer lapses, without an event, when the other
// seat moves. A takeback may be offered once between two moves and lapses with any move. An offer while the other
// seat's offer of that kind stands accepts it.

func decideDraw(s *State, seat Seat, w Wish) ([]Event, error) {
	theirs := s.Draw.Version != 0 && s.Draw.Seat != seat
	switch w.(type) {
	case DrawOffer:
		if theirs {
			break
		}
		if s.place(seat).DrawAsked {
			return nil, domain.Refuse(domain.TooEarly, "you have offered a draw already; move before you offer again")
		}
		return []Event{DrawOffered{Seat: seat}}, nil
	case DrawDecline:
		if theirs {
			return []Event{DrawDeclined{Seat: seat}}, nil
		}
	}
	if !theirs {
		return nil, domain.Refuse(domain.NoOffer, "no draw offer of your opponent stands")
	}
	return []Event{s.end(s.tie(Agreement))}, nil
}

func decideTakeback(s *State, seat Seat, w Wish) ([]Event, error) {
	board, ok := s.Board.(Undo)
	if !ok {
		return nil, domain.Refuse(domain.Forbidden, "this game has no takebacks")
	}
	theirs := s.Takeback.Version != 0 && s.Takeback.Seat != seat
	switch w.(type) {
	case TakebackOffer:
		if theirs {
			break
		}
		if s.place(seat).TakebackAsked {
			return nil, domain.Refuse(domain.TooEarly, "you have offered a takeback already; wait for the next move")
		}
		plies, ok := sinceOwnMove(board, seat)
		if !ok {
			return nil, domain.Refuse(domain.TooEarly, "you have made no move that could be taken back")
		}
		return []Event{TakebackOffered{Seat: seat, Plies: plies}}, nil
	case TakebackDecline:
		if theirs {
			return []Event{TakebackDeclined{Seat: seat, Plies: s.Takeback.Plies}}, nil
		}
	}
	if !theirs {
		return nil, domain.Refuse(domain.NoOffer, "no takeback offer of your opponent stands")
	}
	return []Event{TakenBack{Plies: s.Takeback.Plies}}, nil
}

// sinceOwnMove is how many plies go when a seat's own last move is taken back: 1 if nobody has replied.
func sinceOwnMove(board Undo, seat Seat) (plies int, ok bool) {
	for back := 1; ; back++ {
		mover, ok := board.Mover(back)
		if !ok {
			return 0, false
		}
		if mover == seat {
			return back, true
		}
	}
}

// decideDrawClaim: the seat on turn claims a draw that the rules let it claim.
func decideDrawClaim(s *State, seat Seat) ([]Event, error) {
	if !s.OnTurn(seat) {
		return nil, domain.Refuse(domain.NotYourTurn, "only the seat on turn may claim a draw")
	}
	if board, ok := s.Board.(Claims); ok {
		if reason, ok := board.Claim(); ok {
			return []Event{s.end(s.tie(reason))}, nil
		}
	}
	return nil, domain.Refuse(domain.TooEarly, "the position gives no ground for a draw claim")
}

// GoneAfter is how long a seat may be without a socket before it counts as gone, in ms.
const GoneAfter = 5_000

// ClaimAfter is how long after a seat was gone its opponent may claim, in ms; false = never (days). The figures are the
// protocol's (section 13).
func ClaimAfter(s *State) (ms int64, ok bool) {
	switch {
	case s.Setup.Clock.Type == "days":
		return 0, false
	case s.Setup.Clock.Total() < 480_000:
		return 30_000, true
	default:
		return 60_000, true
	}
}

// decideAbandoned: the others are gone for so long that the seat may claim the game, or a draw.
func decideAbandoned(s *State, seat Seat, env Env, victory bool) ([]Event, error) {
	wait, ok := ClaimAfter(s)
	if !ok {
		return nil, domain.Refuse(domain.TooEarly, "games with days for a move can't be claimed")
	}
	for i := range s.Seats {
		if s.Seats[i].Seat == seat {
			continue
		}
		absent := env.measured(i).Absent
		if absent < GoneAfter {
			return nil, domain.Refuse(domain.TooEarly, "your opponent is here")
		}
		if missing := GoneAfter + wait - absent; missing > 0 {
			return nil, &domain.Error{Kind: domain.TooEarly, Message: "your opponent may still come back", After: missing}
		}
	}
	if !victory {
		return []Event{s.end(s.tie(Abandoned))}, nil
	}
	r := Result{Reason: Abandoned, Winner: seat, Scores: make(map[Seat]int, len(s.Seats))}
	for _, p := range s.Seats {
		r.Scores[p.Seat] = 0
	}
	r.Scores[seat] = 2
	return []Event{s.end(r)}, nil
}
