package rest

import (
	"context"
	"math"
	"net/http"
	"slices"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/rating"
	"github.com/plygames/ply/transport/wire"
)

// Players knows how people play. It may lag behind the games by a moment. All methods are safe for concurrent use; refusals
// are *domain.Error, of kind NotFound if a person is not known.
type Players interface {
	// Profile gives a person.
	Profile(ctx context.Context, player string) (Profile, error)
	// Ratings gives the changes of a person's ratings, the newest first, and what to ask for as before to go on; empty if
	// there are no more. An empty kind or class does not narrow it.
	Ratings(ctx context.Context, player, kind string, class rating.Class, before string, limit int) ([]RatingChange, string, error)
	// Top gives the highest rated people of a class whose ratings are not provisional.
	Top(ctx context.Context, kind string, class rating.Class, limit int) ([]Rated, error)
	// Versus tells how often a person has won, drawn and lost against another.
	Versus(ctx context.Context, player, other string) (Tally, error)
}

// Tally is how games went.
type Tally struct {
	Won   uint64 `json:"won"`
	Drawn uint64 `json:"drawn"`
	Lost  uint64 `json:"lost"`
}

// Profile is one person; games are those that had a result.
type Profile struct {
	Created      int64 // Unix ms of the first event about the person
	Games, Rated uint64
	Tally
	Ratings []Rated
}

// Rated is what a person is rated in one class.
type Rated struct {
	Player string
	Kind   string
	Class  rating.Class
	rating.Rating
	Games uint64
	At    int64 // Unix ms of the last rated game
}

// RatingChange is what one game has done to a rating.
type RatingChange struct {
	Game          string // empty if not everybody may find it
	Kind          string
	Class         rating.Class
	At            int64 // Unix ms
	Opponents     []string
	Score         float64 // 1, 0.5, 0
	Before, After float64
	Deviation     float64
}

type profileReply struct {
	ID      string     `json:"id"`
	Name    string     `json:"name,omitempty"`
	Created int64      `json:"created"`
	Games   uint64     `json:"games"`
	Rated   uint64     `json:"rated"`
	Won     uint64     `json:"won"`
	Drawn   uint64     `json:"drawn"`
	Lost    uint64     `json:"lost"`
	Ratings []ratedRow `json:"ratings"`
}

type ratedRow struct {
	ID          string       `json:"id,omitempty"`
	Name        string       `json:"name,omitempty"`
	Kind        string       `json:"kind,omitempty"`
	Class       rating.Class `json:"class,omitempty"`
	Rating      int          `json:"rating"`
	Deviation   int          `json:"deviation"`
	Provisional bool         `json:"provisional,omitempty"`
	Games       uint64       `json:"games"`
	TS          int64        `json:"ts"`
}

func whole(x float64) int { return int(math.Round(x)) }

func rowOf(r *Rated) ratedRow {
	return ratedRow{Rating: whole(r.Rating.Rating), Deviation: whole(r.Deviation), Provisional: r.Provisional(), Games: r.Games, TS: r.At}
}

// profile shows a person: GET /api/players/{player}.
func (a *api) profile(w http.ResponseWriter, r *http.Request) error {
	id, err := a.playerOf(r, "player")
	if err != nil {
		return err
	}
	p, err := a.Players.Profile(r.Context(), id)
	if err != nil {
		return err
	}
	out := profileReply{ID: id, Name: a.name(id), Created: p.Created, Games: p.Games, Rated: p.Rated,
		Won: p.Won, Drawn: p.Drawn, Lost: p.Lost, Ratings: make([]ratedRow, 0, len(p.Ratings))}
	for i := range p.Ratings {
		one := rowOf(&p.Ratings[i])
		one.Kind, one.Class = p.Ratings[i].Kind, p.Ratings[i].Class
		out.Ratings = append(out.Ratings, one)
	}
	return reply(w, http.StatusOK, out)
}

// playerOf is the person that a request names. Nobody has to say who asks, but who does must be believed.
func (a *api) playerOf(r *http.Request, part string) (string, error) {
	if _, err := a.caller(r); err != nil {
		return "", err
	}
	id := r.PathValue(part)
	if !wire.GoodID(id) {
		return "", domain.Refuse(domain.NotFound, "there is no such player")
	}
	return id, nil
}

type changeRow struct {
	Kind      string       `json:"kind"`
	Class     rating.Class `json:"class"`
	Game      string       `json:"game,omitempty"`
	TS        int64        `json:"ts"`
	Opponents []named      `json:"opponents"`
	Result    string       `json:"result"`
	Rating    int          `json:"rating"` // after the game
	Deviation int          `json:"deviation"`
	Change    int          `json:"change"`
}

// ratings shows how a person's ratings have changed: GET /api/players/{player}/ratings.
func (a *api) ratings(w http.ResponseWriter, r *http.Request) error {
	id, err := a.playerOf(r, "player")
	if err != nil {
		return err
	}
	q, class, err := a.readRatingQuery(r, "kind", "before")
	if err != nil {
		return err
	}
	changes, next, err := a.Players.Ratings(r.Context(), id, q["kind"], class, q["before"], limitOf(r))
	if err != nil {
		return err
	}
	out := struct {
		Ratings []changeRow `json:"ratings"`
		Next    string      `json:"next,omitempty"`
	}{make([]changeRow, 0, len(changes)), next}
	for _, c := range changes {
		one := changeRow{Kind: c.Kind, Class: c.Class, Game: c.Game, TS: c.At, Result: "drawn", Opponents: make([]named, 0, len(c.Opponents)),
			Rating: whole(c.After), Deviation: whole(c.Deviation), Change: whole(c.After) - whole(c.Before)}
		switch c.Score {
		case 1:
			one.Result = "won"
		case 0:
			one.Result = "lost"
		}
		for _, opponent := range c.Opponents {
			one.Opponents = append(one.Opponents, named{ID: opponent, Name: a.name(opponent)})
		}
		out.Ratings = append(out.Ratings, one)
	}
	return reply(w, http.StatusOK, out)
}

// readRatingQuery reads class, limit (which limitOf gives) and some texts.
func (a *api) readRatingQuery(r *http.Request, names ...string) (map[string]string, rating.Class, error) {
	values := r.URL.Query()
	texts := map[string]string{}
	for _, name := range append(names, "class") {
		text, given, err := queryText(values, name)
		if err != nil {
			return nil, "", err
		}
		if given && text == "" {
			return nil, "", domain.Refuse(domain.InvalidField, "%s is empty", name)
		}
		texts[name] = text
	}
	class := rating.Class(texts["class"])
	if class != "" && !slices.Contains(rating.Classes(), class) {
		return nil, "", domain.Refuse(domain.InvalidField, "class must be one of %v", rating.Classes())
	}
	limit, given, err := queryVersion(values, "limit")
	if err != nil || given && (limit < 1 || limit > maxRows) {
		return nil, "", domain.Refuse(domain.InvalidField, "limit must be 1..%d", maxRows)
	}
	return texts, class, nil
}

// limitOf is the limit of a query that was found good.
func limitOf(r *http.Request) int {
	limit, given, _ := queryVersion(r.URL.Query(), "limit")
	if !given {
		return defaultRows
	}
	return int(limit)
}

type leaderboard struct {
	Class   rating.Class `json:"class"`
	Players []ratedRow   `json:"players"`
}

// leaderboards shows who is rated highest in a kind of game: GET /api/leaderboards/{kind}.
func (a *api) leaderboards(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.caller(r); err != nil {
		return err
	}
	kind := r.PathValue("kind")
	known := false
	for _, rules := range a.Kinds {
		known = known || rules.Kind() == kind
	}
	if !known {
		return domain.Refuse(domain.NotFound, "there is no such kind of game")
	}
	_, class, err := a.readRatingQuery(r)
	if err != nil {
		return err
	}
	classes := rating.Classes()
	if class != "" {
		classes = []rating.Class{class}
	}
	out := struct {
		Kind         string        `json:"kind"`
		Leaderboards []leaderboard `json:"leaderboards"`
	}{Kind: kind}
	for _, class := range classes {
		list, err := a.Players.Top(r.Context(), kind, class, limitOf(r))
		if err != nil {
			return err
		}
		board := leaderboard{class, make([]ratedRow, 0, len(list))}
		for i := range list {
			one := rowOf(&list[i])
			one.ID, one.Name = list[i].Player, a.name(list[i].Player)
			board.Players = append(board.Players, one)
		}
		out.Leaderboards = append(out.Leaderboards, board)
	}
	return reply(w, http.StatusOK, out)
}

// versus shows how two people have played against each other: GET /api/players/{player}/versus/{other}.
func (a *api) versus(w http.ResponseWriter, r *http.Request) error {
	id, err := a.playerOf(r, "player")
	if err != nil {
		return err
	}
	other, err := a.playerOf(r, "other")
	if err == nil && other == id {
		err = domain.Refuse(domain.NotFound, "nobody plays against themselves")
	}
	if err != nil {
		return err
	}
	t, err := a.Players.Versus(r.Context(), id, other)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, struct {
		Player named  `json:"player"`
		Other  named  `json:"other"`
		Games  uint64 `json:"games"`
		Tally
	}{named{ID: id, Name: a.name(id)}, named{ID: other, Name: a.name(other)}, t.Won + t.Drawn + t.Lost, t})
}
