package game

import "github.com/plygames/ply/domain"

// GhostAfter is how long the creator of an open game may have no socket before the game is withdrawn, in ms.
const GhostAfter = 10_000

// Quick pairing merges two open games of one seat each, in three steps that are one stream each: the seat is kept for the
// one who comes (Keep), the game that they leave ends (Pair), they sit down (Sit). Nobody is without a game in between,
// because a kept seat is nobody else's and its game can't be withdrawn; nobody is in two games, because the second step
// is refused if somebody sits in the game that is to be left. That refusal is for ever (nobody gets up, and an end is one),
// so the seat can be given back then (Release), whoever else may be at the same two games. Every refusal of Pair is but
// Busy: then somebody is on the way to the game that is to be left, and it is not known yet whether they arrive.
type (
	// Keep keeps a free seat of an open game for the creator of the game From. No events = it is kept for them already.
	Keep struct {
		Seat   Seat   `json:"seat"`
		Player string `json:"player"`
		From   string `json:"from"`
	}
	// Release gives back a seat that is kept for the creator of the game From, if there is one.
	Release struct {
		From string `json:"from"`
	}
	// Pair ends an open game in which nobody but its creator sits: the creator goes on to the game Next.
	Pair struct {
		Next string `json:"next"`
	}
)

// Names, as in metrics; no client can give these commands.
func (Keep) Name() string    { return "keep" }
func (Release) Name() string { return "release" }
func (Pair) Name() string    { return "pair" }

// ByServer tells whether a wish is one of the server itself, which acts for nobody.
func ByServer(w Wish) bool {
	switch w.(type) {
	case Check, Adjust, Keep, Release, Pair:
		return true
	default:
		return false
	}
}

func decideKeep(s *State, c Command, w Keep) ([]Event, error) {
	if s.Status == Over {
		return nil, s.phase("", c)
	}
	if _, seated := s.SeatOf(w.Player); seated {
		return nil, domain.Refuse(domain.AlreadyJoined, "the player sits in this game already")
	}
	p := s.place(w.Seat)
	if p != nil && p.Player == "" && p.Reserved == w.Player && p.Kept != "" && p.Kept == w.From {
		return nil, nil // has been done
	}
	if p == nil || p.Player != "" || p.Reserved != "" || s.Setup.Access != AccessOpen || s.Setup.Pair == nil {
		return nil, domain.Refuse(domain.GameFull, "the seat is not free for pairing")
	}
	return []Event{SeatKept{Seat: w.Seat, Player: w.Player, From: w.From}}, nil
}

func decideRelease(s *State, w Release) []Event {
	for i := range s.Seats {
		if p := &s.Seats[i]; s.Status == Open && p.Kept != "" && p.Kept == w.From {
			return []Event{SeatReleased{Seat: p.Seat}}
		}
	}
	return nil
}

func decidePair(s *State, c Command, w Pair) ([]Event, error) {
	if s.Status == Over {
		return nil, s.phase("", c)
	}
	_, waits := s.SeatOf(s.Setup.Creator)
	for i := range s.Seats {
		if p := &s.Seats[i]; p.Player != "" && p.Player != s.Setup.Creator {
			return nil, domain.Refuse(domain.GameFull, "somebody has come to this game")
		}
	}
	if s.kept() {
		return nil, domain.Refuse(domain.Busy, "somebody is on the way to this game")
	}
	if !waits || s.Status != Open || s.Setup.Access != AccessOpen || s.Setup.Pair == nil {
		return nil, domain.Refuse(domain.Forbidden, "nobody waits in this game to be paired")
	}
	ended := s.end(Result{Reason: Paired})
	ended.Next = w.Next
	return []Event{ended}, nil
}

// kept tells whether somebody is on the way to a seat of this game.
func (s *State) kept() bool {
	for i := range s.Seats {
		if s.Seats[i].Kept != "" {
			return true
		}
	}
	return false
}

// ghost tells whether an open game is one whose creator waited in it and has gone.
func (s *State) ghost(env Env) bool {
	if s.Status != Open || s.Setup.Access != AccessOpen || s.kept() {
		return false
	}
	seat, waits := s.SeatOf(s.Setup.Creator)
	return waits && env.measured(s.Index(seat)).Absent >= GhostAfter
}

// declines tells whether a player for whom a seat of an open game is reserved may end it: the answer to a challenge.
func (s *State) declines(player string) bool {
	seat, challenged := s.ReservedFor(player)
	return challenged && s.place(seat).Kept == ""
}
