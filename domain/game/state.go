package game

import (
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
)

// Status is how far a game is.
type Status string

// The statuses, in the order in which a game passes them.
const (
	Open  Status = "open"  // a seat is free
	Ready Status = "ready" // started, no move yet
	Live  Status = "live"
	Over  Status = "ended"
)

// State is a game at one version. The zero State (but for ID) is a game that does not exist. It is never changed
// after it was returned by Apply.
type State struct {
	ID      string
	Version uint64
	Chain   event.Hash // head of the hash chain at Version
	At      int64      // Unix ms of the last event

	Rules  Rules
	Setup  *Created // the first event; empty before it
	Status Status
	Seats  []Place // in the order of Rules.Seats
	Board  Board   // nil before Created

	Changed  uint64 // version of the last event that changed the position or the turn
	Draw     Offer  // standing draw offer; Version 0 = none
	Takeback Offer  // standing takeback offer

	Result Result // once Status is Over
	Next   string // the game that replaced this one (paired)

	receipts receipts
}

// Place is one seat of one game.
type Place struct {
	Seat     Seat
	Player   string // empty = free
	Rating   int
	Reserved string // player for whom the seat is kept
	Kept     string `json:",omitempty"` // the game from which pairing brings that player; empty = reserved by the creator
	KeptAt   uint64 `json:",omitempty"` // the version of that game when the attempt to pair began

	Left  int64 // ms; meaningless without a clock
	Quota int64 // ms of lag that may still be forgiven
	Moved bool  // has made its first move; from then on its clock runs on its turns

	Since  uint64 // version of the last event that its next move depends on; 0 = not on turn
	Origin Origin // where its thinking time is counted from

	DrawAsked     bool   // has offered a draw since its last own move
	DrawAskedAt   uint64 // version of its last draw offer
	TakebackAsked bool   // has offered a takeback since the last move
}

// Origin is the event from which a seat's thinking time counts, as its server recorded it.
type Origin struct {
	Version uint64
	Server  string // incarnation
	Up      int64  // ms on that incarnation's live clock
	At      int64  // Unix ms; only days clocks count from it
}

// Offer is a standing offer.
type Offer struct {
	Seat    Seat
	Version uint64 // of the event that made it; 0 = no offer
	Plies   int    // takeback only
}

// New is the game with this id before its first event.
func New(id string) *State {
	return &State{ID: id, Chain: event.Genesis(event.GameStream(id)), Setup: &Created{}}
}

// Index is a seat's place in Seats, or -1.
func (s *State) Index(seat Seat) int {
	for i := range s.Seats {
		if s.Seats[i].Seat == seat {
			return i
		}
	}
	return -1
}

// SeatOf tells which seat a player has; false = none.
func (s *State) SeatOf(player string) (Seat, bool) {
	if player == "" {
		return "", false
	}
	for i := range s.Seats {
		if s.Seats[i].Player == player {
			return s.Seats[i].Seat, true
		}
	}
	return "", false
}

// ReservedFor tells which free seat is kept for a player; false = none.
func (s *State) ReservedFor(player string) (Seat, bool) {
	for i := range s.Seats {
		if p := &s.Seats[i]; p.Player == "" && p.Reserved != "" && p.Reserved == player {
			return p.Seat, true
		}
	}
	return "", false
}

// Turn lists the seats that are to move; none unless the game is being played.
func (s *State) Turn() []Seat {
	if s.Status != Ready && s.Status != Live {
		return nil
	}
	return s.Board.Turn()
}

// OnTurn tells whether a seat is to move.
func (s *State) OnTurn(seat Seat) bool {
	for _, t := range s.Turn() {
		if t == seat {
			return true
		}
	}
	return false
}

// Running lists the seats whose clocks count down: on turn and past their first move. A clock of days runs from the
// start. It is asked for with every line that is written, so what it gives may be shared, and is not to be changed.
func (s *State) Running() []Seat {
	turn := s.Turn()
	for i, seat := range turn {
		if s.runs(s.Index(seat)) {
			continue
		}
		var run []Seat // nearly always all or none run
		run = append(run, turn[:i]...)
		for _, seat := range turn[i+1:] {
			if s.runs(s.Index(seat)) {
				run = append(run, seat)
			}
		}
		return run
	}
	return turn
}

// runs tells whether the clock of a seat that is on turn counts down.
func (s *State) runs(i int) bool {
	switch s.Setup.Clock.Type {
	case clock.Fischer, clock.Delay:
		return s.Status == Live && s.Seats[i].Moved
	case clock.Days:
		return true
	default:
		return false
	}
}

// Times is what every seat has left; nil without a clock.
func (s *State) Times() Times {
	if !s.hasClock() {
		return nil
	}
	t := make(Times, len(s.Seats))
	for i := range s.Seats {
		t[s.Seats[i].Seat] = s.Seats[i].Left
	}
	return t
}

// hasClock tells whether the game has any time control.
func (s *State) hasClock() bool { return s.Setup.Clock.Live() || s.Setup.Clock.Type == clock.Days }
