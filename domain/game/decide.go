package game

import (
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
)

// FirstMove is how long a seat may take for its first move when the clock is live, in ms.
const FirstMove = 30_000

// MaxEvents is the longest history a game may have; what would make it longer is refused.
const MaxEvents = 20_000

// Decide judges a command on the game as it stands and gives the events it causes, at least one; or a *domain.Error.
// It changes nothing. The order of the checks is the protocol's (section 13); that a command was accepted before is the
// caller's to find out, between NotAPlayer and the rest: see Seat and Accepted.
func Decide(s *State, c Command, env Env) ([]Event, error) {
	switch w := c.Wish.(type) {
	case Create:
		return decideCreate(s, c, w, env)
	case Check:
		return overdue(s, env), nil
	case Adjust:
		return decideAdjust(s, w), nil
	}
	if s.Version == 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no such game")
	}
	if s.Version >= MaxEvents-2 {
		if _, resigns := c.Wish.(Resign); !resigns {
			return nil, domain.Refuse(domain.QuotaExceeded, "a game has at most %d events", MaxEvents)
		}
	}
	switch w := c.Wish.(type) {
	case Sit:
		return decideSit(s, c, w, env)
	case Keep:
		return decideKeep(s, c, w)
	case Release:
		return decideRelease(s, w), nil
	case Pair:
		return decidePair(s, c, w)
	case Pass:
		return decidePass(s, c, w)
	}
	seat, err := s.Acting(c)
	if err != nil {
		return nil, err
	}
	if err := s.phase(seat, c); err != nil {
		return nil, err
	}
	if err := s.checkBasis(seat, c); err != nil {
		return nil, err
	}
	switch w := c.Wish.(type) {
	case Move:
		return decideMove(s, seat, w, env)
	case Resign:
		return []Event{s.end(s.defeat(seat, Resigned))}, nil
	case Abort:
		return decideAbort(s, seat, c)
	case DrawOffer, DrawAccept, DrawDecline:
		return decideDraw(s, seat, w)
	case TakebackOffer, TakebackAccept, TakebackDecline:
		return decideTakeback(s, seat, w)
	case DrawClaim:
		return decideDrawClaim(s, seat)
	case AddTime:
		return decideAddTime(s, seat)
	case ClaimVictory:
		return decideAbandoned(s, seat, env, true)
	case ClaimDraw:
		return decideAbandoned(s, seat, env, false)
	default:
		return nil, domain.Refuse(domain.UnknownType, "unknown command %q", w.Name())
	}
}

// Acting is the seat that a command acts for. The creator of a game may withdraw it without having a seat, and who is
// challenged may decline: then the seat is empty.
func (s *State) Acting(c Command) (Seat, error) {
	if seat, ok := s.SeatOf(c.Player); ok {
		return seat, nil
	}
	if _, abort := c.Wish.(Abort); abort && c.Player != "" && (c.Player == s.Setup.Creator || s.declines(c.Player)) {
		return "", nil
	}
	return "", domain.Refuse(domain.NotAPlayer, "you have no seat in this game")
}

// phase refuses what comes too early or too late in the life of the game.
func (s *State) phase(seat Seat, c Command) error {
	_, move := c.Wish.(Move)
	_, abort := c.Wish.(Abort)
	switch s.Status {
	case Over:
		return &domain.Error{Kind: domain.GameOver, Message: "the game is over: " + s.Result.Reason,
			Reason: s.Result.Reason, Winner: string(s.Result.Winner)}
	case Open:
		if !abort || c.Player != s.Setup.Creator && !s.declines(c.Player) {
			return domain.Refuse(domain.NotStarted, "a seat is still free")
		}
	case Ready:
		if !move && !abort {
			return domain.Refuse(domain.NotStarted, "no move has been made yet")
		}
	}
	return nil
}

// end closes the game with a result.
func (s *State) end(r Result) Ended {
	return Ended{Reason: r.Reason, Winner: r.Winner, Scores: r.Scores, Left: s.Times()}
}

// defeat is the result of a game that one seat gives up.
func (s *State) defeat(loser Seat, reason string) Result {
	r := Result{Reason: reason, Scores: make(map[Seat]int, len(s.Seats))}
	for _, p := range s.Seats {
		if p.Seat == loser {
			r.Scores[p.Seat] = 0
			continue
		}
		r.Scores[p.Seat] = 2
		if len(s.Seats) == 2 {
			r.Winner = p.Seat
		}
	}
	return r
}

// tie is the result of a game that nobody wins.
func (s *State) tie(reason string) Result {
	r := Result{Reason: reason, Scores: make(map[Seat]int, len(s.Seats))}
	for _, p := range s.Seats {
		r.Scores[p.Seat] = 1
	}
	return r
}

func decideAbort(s *State, seat Seat, c Command) ([]Event, error) {
	switch {
	case s.Status == Open && c.Player != s.Setup.Creator:
		return []Event{s.end(Result{Reason: Aborted})}, nil
	case s.Status == Open && s.Expects():
		return nil, domain.Refuse(domain.Busy, "an opponent is on the way")
	case s.Status == Open:
		return []Event{s.end(Result{Reason: Withdrawn})}, nil
	}
	if p := s.place(seat); p == nil || p.Moved {
		return nil, domain.Refuse(domain.Forbidden, "a game can be aborted only before your first move; resign instead")
	}
	return []Event{s.end(Result{Reason: Aborted})}, nil
}

func quota(p *Place) clock.Quota { return clock.Quota(p.Quota) }
