package game

import "github.com/plygames/ply/domain"

// GhostAfter is how long the creator of an open game may have no socket before the game is withdrawn, in ms.
const GhostAfter = 10_000

// Quick pairing merges two open games of one seat each, in three steps that are one stream each: the seat is kept for the
// one who comes (Keep), the game that they leave ends (Pair), they sit down (Sit). Nobody is without a game in between,
// because a kept seat is nobody else's and its game can't be withdrawn. The second step is refused if somebody sits in the
// game that is to be left, or is on the way to it, or anything else has happened there since the attempt began. That is for
// ever (versions only grow), so the seat can be given back then (Release), whoever else may be at the same two games.
//
// The versions that the steps name make an attempt one that can be called off, from outside and without a trace in its
// other game: Pass makes the game one version older, and every attempt that was begun before is refused. That is how a
// person who waits in several games is paired out of one of them at a time; see policies.Pairing.
type (
	// Keep keeps a free seat of an open game, which must be at version At, for the creator of the game From, which was at
	// FromVersion when the attempt began. 0 = at any. No events = it is kept for this very attempt already.
	Keep struct {
		Seat        Seat   `json:"seat"`
		Player      string `json:"player"`
		From        string `json:"from"`
		FromVersion uint64 `json:"fromVersion,omitempty"`
		At          uint64 `json:"at,omitempty"`
	}
	// Release gives back the seat that is kept by an attempt, if there is one.
	Release struct {
		From        string `json:"from"`
		FromVersion uint64 `json:"fromVersion,omitempty"`
	}
	// Pair ends an open game in which nobody but its creator sits, and which must be at version At (0 = any): the creator
	// goes on to the game Next.
	Pair struct {
		Next string `json:"next"`
		At   uint64 `json:"at,omitempty"`
	}
	// Pass calls off all attempts that were begun with this game at version At or before, none of which has kept a seat of
	// it. No events = that has happened already.
	Pass struct {
		At uint64 `json:"at"`
	}
)

// Names, as in metrics; no client can give these commands.
func (Keep) Name() string    { return "keep" }
func (Release) Name() string { return "release" }
func (Pair) Name() string    { return "pair" }
func (Pass) Name() string    { return "pass" }

// ByServer tells whether a wish is one of the server itself, which acts for nobody.
func ByServer(w Wish) bool {
	switch w.(type) {
	case Check, Adjust, Keep, Release, Pair, Pass:
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
	if p != nil && p.Player == "" && p.Reserved == w.Player && p.Kept != "" && p.Kept == w.From && p.KeptAt == w.FromVersion {
		return nil, nil // has been done
	}
	if w.At != 0 && w.At != s.Version {
		return nil, errPassed
	}
	if p == nil || p.Player != "" || p.Reserved != "" || s.Setup.Access != AccessOpen || s.Setup.Pair == nil {
		return nil, domain.Refuse(domain.GameFull, "the seat is not free for pairing")
	}
	return []Event{SeatKept{Seat: w.Seat, Player: w.Player, From: w.From, FromVersion: w.FromVersion}}, nil
}

func decideRelease(s *State, w Release) []Event {
	for i := range s.Seats {
		if p := &s.Seats[i]; s.Status == Open && p.Kept != "" && p.Kept == w.From && p.KeptAt == w.FromVersion {
			return []Event{SeatReleased{Seat: p.Seat}}
		}
	}
	return nil
}

func decidePair(s *State, c Command, w Pair) ([]Event, error) {
	if s.Status == Over {
		return nil, s.phase("", c)
	}
	if w.At != 0 && w.At != s.Version {
		return nil, errPassed
	}
	_, waits := s.SeatOf(s.Setup.Creator)
	if s.visited() {
		return nil, domain.Refuse(domain.GameFull, "somebody has come to this game")
	}
	if s.Expects() {
		return nil, domain.Refuse(domain.Busy, "somebody is on the way to this game")
	}
	if !waits || s.Status != Open || s.Setup.Access != AccessOpen || s.Setup.Pair == nil {
		return nil, domain.Refuse(domain.Forbidden, "nobody waits in this game to be paired")
	}
	ended := s.end(Result{Reason: Paired})
	ended.Next = w.Next
	return []Event{ended}, nil
}

var errPassed = domain.Refuse(domain.VersionConflict, "something has happened in this game since the attempt to pair it began")

func decidePass(s *State, c Command, w Pass) ([]Event, error) {
	switch {
	case s.Status == Over:
		return nil, s.phase("", c)
	case s.Version > w.At:
		return nil, nil
	case s.Status != Open || s.visited():
		return nil, domain.Refuse(domain.GameFull, "somebody has come to this game")
	}
	for i := range s.Seats {
		if p := &s.Seats[i]; p.Player == "" && p.Reserved == "" {
			return []Event{SeatReleased{Seat: p.Seat}}, nil // it is free still; what counts is the version
		}
	}
	return nil, domain.Refuse(domain.GameFull, "no seat of this game is free for pairing")
}

// Expects tells whether somebody is on the way to a seat of this game.
func (s *State) Expects() bool {
	for i := range s.Seats {
		if s.Seats[i].Kept != "" {
			return true
		}
	}
	return false
}

// WaitsAlone tells whether a player is the creator of an open game in which nobody else sits.
func (s *State) WaitsAlone(player string) bool {
	return s.Status == Open && s.Setup.Creator == player && !s.visited()
}

// visited tells whether somebody but the creator sits here.
func (s *State) visited() bool {
	for i := range s.Seats {
		if p := &s.Seats[i]; p.Player != "" && p.Player != s.Setup.Creator {
			return true
		}
	}
	return false
}

// ghost tells whether an open game is one whose creator waited in it and has gone.
func (s *State) ghost(env Env) bool {
	if s.Status != Open || s.Setup.Access != AccessOpen || s.Expects() {
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
