package games

import (
	"encoding/json"
	"fmt"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// Row is one game as lists show it.
type Row struct {
	Game    string          `json:"game"`
	Number  uint64          `json:"number"` // the how many-th game of the store; lists are ordered by it
	Kind    string          `json:"kind"`
	Status  game.Status     `json:"status"`
	Clock   clock.Spec      `json:"clock"`
	Rated   bool            `json:"rated,omitempty"`
	Access  string          `json:"access"`
	Watch   string          `json:"watch"`
	Delay   int64           `json:"delay,omitempty"` // ms
	Creator string          `json:"creator,omitempty"`
	Pair    json.RawMessage `json:"pair,omitempty"`
	Setup   json.RawMessage `json:"setup,omitempty"`
	AnySeat bool            `json:"anySeat,omitempty"` // the creator would take another seat too
	Seats   []Seat          `json:"seats"`
	Result  game.Result     `json:"result"`
	Created int64           `json:"created"`           // Unix ms of the first event
	Started int64           `json:"started,omitempty"` // Unix ms
	Begun   uint64          `json:"begun,omitempty"`   // how many games there were when it was started
	Moved   int64           `json:"moved,omitempty"`   // Unix ms of the first move
	At      int64           `json:"at"`                // Unix ms of the last event that changed the row
}

// Seat is a place in a game and who has it.
type Seat struct {
	Seat     game.Seat `json:"seat"`
	Player   string    `json:"player,omitempty"`
	Rating   int       `json:"rating,omitempty"`
	Reserved string    `json:"reserved,omitempty"` // for whom it is kept
	Kept     string    `json:"kept,omitempty"`     // the game from which pairing brings that player; empty = reserved by the creator
	At       int64     `json:"at,omitempty"`       // Unix ms when it was taken
}

// create fills the row of a new game.
func (r *Row) create(id string, number uint64, c game.Created, seats []game.Seat) {
	*r = Row{
		Game: id, Number: number, Kind: c.Kind, Status: game.Open, Clock: c.Clock, Rated: c.Rated, Access: c.Access,
		Watch: c.Watch, Delay: c.Delay, Creator: c.Creator, Pair: c.Pair, Setup: c.Setup, AnySeat: c.AnySeat,
	}
	for _, seat := range seats {
		r.Seats = append(r.Seats, Seat{Seat: seat, Reserved: c.Reserved[seat]})
	}
}

// apply takes a later event in; false: it does not change the row.
func (r *Row) apply(e game.Event, meta event.Meta) bool {
	switch e := e.(type) {
	case game.Created:
		r.Created = meta.At
	case game.Seated:
		for i := range r.Seats {
			if s := &r.Seats[i]; s.Seat == e.Seat {
				s.Player, s.Rating, s.At, s.Kept = e.Player, e.Rating, meta.At, ""
			}
		}
	case game.SeatKept:
		r.keep(e.Seat, e.Player, e.From)
	case game.SeatReleased:
		r.keep(e.Seat, "", "")
	case game.Started:
		r.Status, r.Started = game.Ready, meta.At
	case game.MovePlayed:
		if r.Status == game.Live {
			return false
		}
		r.Status, r.Moved = game.Live, meta.At
	case game.Ended:
		r.Status = game.Over
		r.Result = game.Result{Reason: e.Reason, Winner: e.Winner, Scores: e.Scores}
	default:
		return false
	}
	r.At = meta.At
	return true
}

// keep notes for whom a seat is kept.
func (r *Row) keep(seat game.Seat, player, from string) {
	for i := range r.Seats {
		if s := &r.Seats[i]; s.Seat == seat {
			s.Reserved, s.Kept = player, from
		}
	}
}

// asOf is the row of an unfinished game as it was at a time (Unix ms); false: there was none yet.
func (r Row) asOf(at int64) (Row, bool) {
	if r.Status == game.Over || r.At <= at {
		return r, true
	}
	if r.Created > at {
		return Row{}, false
	}
	past := r
	past.Status, past.At = game.Open, r.Created
	past.Seats = append([]Seat(nil), r.Seats...)
	for i := range past.Seats {
		s := &past.Seats[i]
		if s.Kept != "" {
			s.Reserved, s.Kept = "", "" // by pairing, a moment before somebody is seated
		}
		if s.Player == "" {
			continue
		}
		if s.At > at {
			s.Player, s.Rating, s.At = "", 0, 0
			continue
		}
		past.At = max(past.At, s.At)
	}
	if past.Started = 0; r.Started != 0 && r.Started <= at {
		past.Status, past.Started, past.At = game.Ready, r.Started, r.Started
	}
	if past.Moved = 0; r.Moved != 0 && r.Moved <= at {
		past.Status, past.Moved, past.At = game.Live, r.Moved, r.Moved
	}
	return past, true
}

// made is the row as it was when only the game was made.
func (r Row) made() Row {
	past := r
	past.Status, past.Started, past.Moved, past.At = game.Open, 0, 0, r.Created
	past.Seats = append([]Seat(nil), r.Seats...)
	for i := range past.Seats {
		s := &past.Seats[i]
		s.Player, s.Rating, s.At = "", 0, 0
		if s.Kept != "" {
			s.Reserved, s.Kept = "", ""
		}
	}
	return past
}

// has tells whether a player sits in the game; "" = whether a seat is free.
func (r *Row) has(player string) bool {
	for i := range r.Seats {
		if r.Seats[i].Player == player {
			return true
		}
	}
	return false
}

// invites tells whether a free seat is kept for a player.
func (r *Row) invites(player string) bool {
	for i := range r.Seats {
		if s := &r.Seats[i]; s.Player == "" && s.Reserved == player && player != "" {
			return true
		}
	}
	return false
}

// people lists those whose game it is: who sits in it, and its creator.
func (r *Row) people() []string {
	var all []string
	if r.Creator != "" {
		all = append(all, r.Creator)
	}
	for i := range r.Seats {
		if p := r.Seats[i].Player; p != "" && p != r.Creator {
			all = append(all, p)
		}
	}
	return all
}

// live begins the stored row of a game that has moved: what comes until its end does not change the row, and need not be
// decoded to know that.
const (
	live  = 'l'
	still = 's'
)

func (r *Row) encode() ([]byte, error) {
	stored, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	mark := byte(still)
	if r.Status == game.Live {
		mark = live
	}
	return append([]byte{mark}, stored...), nil
}

func decodeRow(stored []byte) (Row, error) {
	var r Row
	if len(stored) == 0 {
		return r, fmt.Errorf("row of a game is empty")
	}
	if err := json.Unmarshal(stored[1:], &r); err != nil {
		return r, fmt.Errorf("row of a game: %w", err)
	}
	return r, nil
}
