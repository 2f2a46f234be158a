package client

import (
	"encoding/json"
	"slices"
	"time"
)

// State is a game as a session knows it: the last state message and everything after it. A State that was handed out
// is never changed.
type State struct {
	V       uint64            `json:"v"`
	Game    string            `json:"game"`
	Kind    string            `json:"kind"`
	Status  string            `json:"status"` // open, ready, live, ended
	Seat    string            `json:"seat"`   // ours; empty = watching
	Players map[string]Player `json:"players"`
	Turn    []string          `json:"turn"`
	Clock   Clock             `json:"clock"`
	Offers  []Offer           `json:"offers"`
	Rated   bool              `json:"rated"`
	Delay   int64             `json:"delay"`

	// View is the kind's own picture of the game, as of the version ViewV; Moves are those made since then.
	View  json.RawMessage `json:"view"`
	ViewV uint64          `json:"-"`
	Moves []Moved         `json:"-"`

	Reason string         `json:"reason"` // once ended
	Winner string         `json:"winner"`
	Scores map[string]int `json:"scores"`
	Chain  string         `json:"chain"`
	Next   string         `json:"next"`

	Received time.Time `json:"-"` // when the newest message about clocks came
	Stale    bool      `json:"-"` // the feed stands still; what is shown may be old
}

// Player is a person on a seat.
type Player struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Rating int    `json:"rating"`
	Here   bool   `json:"here"`
}

// Offer is a standing offer.
type Offer struct {
	Kind string `json:"kind"` // draw, takeback
	Seat string `json:"seat"`
	V    uint64 `json:"v"`
}

// Moved is a move as it was announced. X is what the game derived for thin clients.
type Moved struct {
	V       uint64          `json:"v"`
	Seat    string          `json:"seat"`
	M       json.RawMessage `json:"m"`
	Elapsed int64           `json:"elapsed"`
	Lag     int64           `json:"lag"`
	Comp    int64           `json:"comp"`
	X       json.RawMessage `json:"x"`
}

// Apply makes s the state after a message. Types it does not know change the version only.
func (s *State) Apply(m Message) error {
	if m.Type == "state" {
		fresh := State{}
		if err := m.Decode(&fresh); err != nil {
			return err
		}
		fresh.ViewV, fresh.Received = fresh.V, time.Now()
		*s = fresh
		return nil
	}
	if m.Numbered() {
		s.V = m.V
	}
	switch m.Type {
	case "stale":
		s.Stale = true
	case "live":
		s.Stale = false
	case "created":
		s.Status = "open"
		return m.Decode(s)
	case "seated":
		return s.seated(m)
	case "started":
		s.Status = "ready"
		s.Turn = nil
		return m.Decode(s)
	case "move":
		return s.moved(m)
	case "takeback":
		s.dropOffers(func(o Offer) bool { return o.Kind == "takeback" })
		s.Moves, s.ViewV, s.View = nil, m.V, nil
		return s.ticked(m)
	case "time-added", "clock-adjusted":
		return s.ticked(m)
	case "draw-offered", "takeback-offered":
		return s.offered(m)
	case "draw-declined":
		s.dropOffers(func(o Offer) bool { return o.Kind == "draw" })
	case "takeback-declined":
		s.dropOffers(func(o Offer) bool { return o.Kind == "takeback" })
	case "crowd":
		return s.crowd(m)
	case "ended":
		s.Status, s.Offers = "ended", nil
		if err := s.ticked(m); err != nil {
			return err
		}
		s.Turn = []string{}
	}
	return nil
}

func (s *State) seated(m Message) error {
	var seated struct {
		Seat   string `json:"seat"`
		Player Player `json:"player"`
	}
	if err := m.Decode(&seated); err != nil {
		return err
	}
	players := make(map[string]Player, len(s.Players)+1)
	for seat, p := range s.Players {
		players[seat] = p
	}
	players[seated.Seat] = seated.Player
	s.Players = players
	return nil
}

func (s *State) moved(m Message) error {
	var move Moved
	if err := m.Decode(&move); err != nil {
		return err
	}
	s.Status = "live"
	s.Moves = append(slices.Clip(s.Moves), move)
	// A draw offer lapses when the other seat moves, an offer to take back with any move.
	s.dropOffers(func(o Offer) bool { return o.Kind == "takeback" || o.Seat != move.Seat })
	return s.ticked(m)
}

// ticked takes over the clock, the turn and whatever else of the state a message carries.
func (s *State) ticked(m Message) error {
	var part struct {
		Clock  *Clock          `json:"clock"`
		Turn   []string        `json:"turn"`
		View   json.RawMessage `json:"view"`
		Reason string          `json:"reason"`
		Winner string          `json:"winner"`
		Scores map[string]int  `json:"scores"`
		Chain  string          `json:"chain"`
		Next   string          `json:"next"`
	}
	if err := m.Decode(&part); err != nil {
		return err
	}
	if part.Clock != nil {
		s.Clock.Left, s.Clock.Run = part.Clock.Left, part.Clock.Run
		s.Received = time.Now()
	}
	if part.Turn != nil {
		s.Turn = part.Turn
	}
	if part.View != nil {
		s.View = part.View
	}
	if m.Type == "ended" { // clock-adjusted has a reason too, of another sort
		s.Reason, s.Winner, s.Scores, s.Chain, s.Next = part.Reason, part.Winner, part.Scores, part.Chain, part.Next
	}
	return nil
}

func (s *State) offered(m Message) error {
	var o Offer
	if err := m.Decode(&o); err != nil {
		return err
	}
	o.Kind = "draw"
	if m.Type == "takeback-offered" {
		o.Kind = "takeback"
	}
	s.Offers = append(slices.Clip(s.Offers), o)
	return nil
}

func (s *State) dropOffers(gone func(Offer) bool) {
	s.Offers = slices.DeleteFunc(slices.Clone(s.Offers), gone)
}

func (s *State) crowd(m Message) error {
	var crowd struct {
		Here map[string]bool `json:"here"`
	}
	if err := m.Decode(&crowd); err != nil {
		return err
	}
	players := make(map[string]Player, len(s.Players))
	for seat, p := range s.Players {
		p.Here = crowd.Here[seat]
		players[seat] = p
	}
	s.Players = players
	return nil
}

// Left is what a seat's clock shows at a moment, in ms: it counts down from the newest message, with a delay clock
// only after the delay.
func (s *State) Left(seat string, now time.Time) int64 {
	left := s.Clock.Left[seat]
	if !slices.Contains(s.Clock.Run, seat) {
		return left
	}
	used := now.Sub(s.Received).Milliseconds()
	if s.Clock.Type == "delay" {
		used -= s.Clock.Delay
	}
	return max(0, left-max(0, used))
}

// OnTurn tells whether a seat is to move.
func (s *State) OnTurn(seat string) bool { return slices.Contains(s.Turn, seat) }
