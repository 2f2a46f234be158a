package rest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/rating"
	"github.com/plygames/ply/transport/wire"
)

// Lists finds games by what they are. It may lag behind the games themselves by a moment. Safe for concurrent use.
type Lists interface {
	// Games gives the games that a query asks for, the newest creation first, and what to ask for as Before to go on;
	// empty if there are no more. A Before that it has not given out is a *domain.Error of kind InvalidField.
	Games(ctx context.Context, q Query) (rows []Summary, next string, err error)
}

// Query is what a list is asked for. Zero fields do not narrow it.
type Query struct {
	Status game.Status // Live includes Ready: it means being played
	Player string      // who has a seat
	Kind   string
	Rated  *bool
	Before string // see Lists
	Limit  int    // at least 1

	// Own: the person asks for their own games. Without it only games that anybody may find are listed: watch is
	// public, and of those with a free seat the ones with access open (the lobby).
	Own bool
}

// Summary is one row of a list.
type Summary struct {
	Game    string
	Kind    string
	Status  game.Status
	Clock   clock.Spec
	Rated   bool
	Access  string
	Watch   string
	Delay   int64           // ms
	Creator string          // a player's id
	Pair    json.RawMessage // pairing terms; nil = none
	Seats   []game.Place    // Seat, Player, Rating and Reserved of each, in the order of the rules
	Result  game.Result     // once ended
	Created int64           // Unix ms of the first event
	At      int64           // Unix ms of the last event

	Watchers int // on TV only
}

// Limits of a list's length.
const (
	defaultRows = 30
	maxRows     = 200
)

// list finds games: GET /api/games.
func (a *api) list(w http.ResponseWriter, r *http.Request) error {
	// Nobody has to say who they are, but who does must be believed.
	if _, err := a.caller(r); err != nil {
		return err
	}
	q, err := a.readQuery(r)
	if err != nil {
		return err
	}
	return a.replyList(w, r, q)
}

func (a *api) readQuery(r *http.Request) (Query, error) {
	values := r.URL.Query()
	texts := map[string]string{}
	for _, name := range []string{"status", "player", "kind", "rated", "before"} {
		text, given, err := queryText(values, name)
		if err != nil {
			return Query{}, err
		}
		if given && text == "" {
			return Query{}, domain.Refuse(domain.InvalidField, "%s is empty", name)
		}
		texts[name] = text
	}
	q := Query{Status: game.Status(texts["status"]), Player: texts["player"], Kind: texts["kind"],
		Before: texts["before"], Limit: defaultRows}
	switch q.Status {
	case "", game.Open, game.Live, game.Over:
	default:
		return Query{}, domain.Refuse(domain.InvalidField, "status must be open, live or ended")
	}
	if q.Player != "" && !wire.GoodID(q.Player) {
		return Query{}, domain.Refuse(domain.InvalidField, "player must be an id")
	}
	switch texts["rated"] {
	case "":
	case "true", "false":
		rated := texts["rated"] == "true"
		q.Rated = &rated
	default:
		return Query{}, domain.Refuse(domain.InvalidField, "rated must be true or false")
	}
	limit, given, err := queryVersion(values, "limit")
	if err != nil || given && (limit < 1 || limit > maxRows) {
		return Query{}, domain.Refuse(domain.InvalidField, "limit must be 1..%d", maxRows)
	}
	if given {
		q.Limit = int(limit)
	}
	return q, nil
}

type listReply struct {
	Games []row  `json:"games"`
	Next  string `json:"next,omitempty"`
}

// row is a summary as it is shown: the lobby's fields, and who plays.
type row struct {
	Game    string              `json:"game"`
	Kind    string              `json:"kind"`
	Status  game.Status         `json:"status"`
	Clock   clock.Spec          `json:"clock"`
	Class   rating.Class        `json:"class,omitempty"` // absent without a clock
	Rated   bool                `json:"rated"`
	Access  string              `json:"access"`
	Watch   string              `json:"watch"`
	Delay   int64               `json:"delay"`
	Players map[game.Seat]named `json:"players"`
	Seat    game.Seat           `json:"seat,omitempty"` // the first that is free
	By      *named              `json:"by,omitempty"`   // who created it
	Pair    json.RawMessage     `json:"pair,omitempty"`
	Reason  string              `json:"reason,omitempty"`
	Winner  game.Seat           `json:"winner,omitempty"`
	Scores  map[game.Seat]int   `json:"scores,omitempty"`
	Created int64               `json:"created"`
	TS      int64               `json:"ts"`

	Reserved map[game.Seat]string `json:"reserved,omitempty"` // free seats that are kept for somebody; in one's own lists
	Watchers *int                 `json:"watchers,omitempty"` // on TV
}

type named struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Rating int    `json:"rating,omitempty"`
}

func (a *api) replyList(w http.ResponseWriter, r *http.Request, q Query) error {
	rows, next, err := a.Lists.Games(r.Context(), q)
	if err != nil {
		return err
	}
	out := listReply{Games: make([]row, 0, len(rows)), Next: next}
	for i := range rows {
		shown := a.row(&rows[i])
		if q.Own {
			shown.Reserved = reserved(&rows[i])
		}
		out.Games = append(out.Games, shown)
	}
	return reply(w, http.StatusOK, out)
}

// reserved tells for whom free seats are kept: challenges.
func reserved(s *Summary) map[game.Seat]string {
	kept := map[game.Seat]string{}
	for _, place := range s.Seats {
		if place.Player == "" && place.Reserved != "" && s.Status == game.Open {
			kept[place.Seat] = place.Reserved
		}
	}
	return kept
}

func (a *api) row(s *Summary) row {
	out := row{Game: s.Game, Kind: s.Kind, Status: s.Status, Clock: s.Clock, Class: rating.ClassOf(s.Clock), Rated: s.Rated, Access: s.Access,
		Watch: s.Watch, Delay: s.Delay, Pair: s.Pair, Players: map[game.Seat]named{}, Created: s.Created, TS: s.At,
		Reason: s.Result.Reason, Winner: s.Result.Winner, Scores: s.Result.Scores}
	for _, place := range s.Seats {
		switch {
		case place.Player != "":
			out.Players[place.Seat] = named{place.Player, a.name(place.Player), place.Rating}
		case out.Seat == "" && place.Reserved == "" && s.Status == game.Open:
			out.Seat = place.Seat
		}
	}
	if s.Creator != "" {
		by := named{ID: s.Creator, Name: a.name(s.Creator)}
		for _, place := range s.Seats {
			if place.Player == s.Creator {
				by.Rating = place.Rating
			}
		}
		out.By = &by
	}
	return out
}

func (a *api) name(player string) string {
	if a.Encoder.Names == nil {
		return ""
	}
	return a.Encoder.Names.Name(player)
}
