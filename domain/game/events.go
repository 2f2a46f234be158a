package game

import (
	"encoding/json"

	"github.com/plygames/ply/domain/clock"
)

// Event is a fact of a game. Its stored name is in the table of codec.go.
type Event interface{ isEvent() }

// Times are ms for each seat.
type Times map[Seat]int64

// The facts. Every one of them is stored as JSON under an explicit, versioned name.
type (
	// Created is version 1 of every game. Setup is what was asked for, Drawn what chance added to it.
	Created struct {
		Kind     string          `json:"kind"`
		Setup    json.RawMessage `json:"setup,omitempty"`
		Drawn    Drawn           `json:"drawn,omitempty"`
		Creator  string          `json:"creator,omitempty"` // a player's id
		Clock    clock.Spec      `json:"clock"`
		Access   string          `json:"access"`
		Pair     json.RawMessage `json:"pair,omitempty"`
		Rated    bool            `json:"rated,omitempty"`
		Watch    string          `json:"watch"`
		Delay    int64           `json:"delay,omitempty"`
		Reserved map[Seat]string `json:"reserved,omitempty"`
		Parent   string          `json:"parent,omitempty"`
		AnySeat  bool            `json:"anySeat,omitempty"` // the creator's seat was drawn: another would do
	}
	// Seated: a person took a seat.
	Seated struct {
		Seat   Seat   `json:"seat"`
		Player string `json:"player"`
		Rating int    `json:"rating,omitempty"`
	}
	// SeatKept: pairing keeps a seat for the creator of the game From, who is on the way. FromVersion is the version of From
	// that the attempt goes out from: if anything else happens there, it has failed.
	SeatKept struct {
		Seat        Seat   `json:"seat"`
		Player      string `json:"player"`
		From        string `json:"from"`
		FromVersion uint64 `json:"fromVersion,omitempty"`
	}
	// SeatReleased: a kept seat is free again, or a seat is free and attempts to pair the game have been called off.
	SeatReleased struct {
		Seat Seat `json:"seat"`
	}
	// Started: all seats are taken, the first moves are due.
	Started struct {
		Turn []Seat `json:"turn"`
	}
	// MovePlayed: M as sent; Drawn what chance added. Elapsed, Lag and Comp are what was measured and forgiven, Left
	// what every seat has after the move, so that any dispute can be recomputed. Left is absent without a clock.
	MovePlayed struct {
		Seat    Seat            `json:"seat"`
		M       json.RawMessage `json:"m"`
		Drawn   Drawn           `json:"drawn,omitempty"`
		Elapsed int64           `json:"elapsed"`
		Lag     int64           `json:"lag"`
		Comp    int64           `json:"comp"`
		Left    Times           `json:"left,omitempty"`

		next Board // the board after the move if Decide has just made it: Apply need not make it again
	}
	// DrawOffered and the like name the seat that acted.
	DrawOffered struct {
		Seat Seat `json:"seat"`
	}
	DrawDeclined struct {
		Seat Seat `json:"seat"`
	}
	TakebackOffered struct {
		Seat  Seat `json:"seat"`
		Plies int  `json:"plies"`
	}
	TakebackDeclined struct {
		Seat  Seat `json:"seat"`
		Plies int  `json:"plies"`
	}
	// TakenBack: the last Plies moves do not count; used time is not given back.
	TakenBack struct {
		Plies int `json:"plies"`
	}
	// TimeAdded: Seat gave To some time.
	TimeAdded struct {
		Seat Seat  `json:"seat"`
		To   Seat  `json:"to"`
		MS   int64 `json:"ms"`
	}
	// ClockAdjusted: a running seat was charged for time that no live server measured.
	ClockAdjusted struct {
		Reason  string `json:"reason"`
		Seat    Seat   `json:"seat"`
		Charged int64  `json:"charged"`
		Left    Times  `json:"left,omitempty"`
	}
	// Ended is the last event of every game.
	Ended struct {
		Reason string       `json:"reason"`
		Winner Seat         `json:"winner,omitempty"`
		Scores map[Seat]int `json:"scores,omitempty"`
		Left   Times        `json:"left,omitempty"`
		Next   string       `json:"next,omitempty"`
	}
)

func (Created) isEvent()          {}
func (Seated) isEvent()           {}
func (SeatKept) isEvent()         {}
func (SeatReleased) isEvent()     {}
func (Started) isEvent()          {}
func (MovePlayed) isEvent()       {}
func (DrawOffered) isEvent()      {}
func (DrawDeclined) isEvent()     {}
func (TakebackOffered) isEvent()  {}
func (TakebackDeclined) isEvent() {}
func (TakenBack) isEvent()        {}
func (TimeAdded) isEvent()        {}
func (ClockAdjusted) isEvent()    {}
func (Ended) isEvent()            {}

// Reasons of ClockAdjusted.
const (
	Failover = "failover"
	Arbiter  = "arbiter"
)
