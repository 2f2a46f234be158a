package ratings

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/rating"
	"github.com/plygames/ply/projections/fold"
)

// Ratings is the view. What it is asked is safe for concurrent use with the fold.
type Ratings struct {
	mu    sync.RWMutex
	rows  fold.Rows
	ready bool // rows is set
}

var _ fold.View = (*Ratings)(nil)

// New makes an empty view; a fold.Fold runs it.
func New() *Ratings { return &Ratings{} }

// Keys of the folder. Numbers are written with leading zeros, so that their order is that of the keys.
const (
	playing = "g/" // + game: one that has not ended
	people  = "p/" // + player
	current = "r/" // + player / kind / class
	history = "h/" // + player / number: the rated games of a player
	top     = "t/" // + kind / class / rating, the highest first / player
	versus  = "v/" // + player / player, the smaller id first
)

// Name of the view.
func (*Ratings) Name() string { return "ratings" }

// Schema of the rows.
func (*Ratings) Schema() int { return 1 }

// match is a game that has not ended.
type match struct {
	Kind  string       `json:"kind"`
	Class rating.Class `json:"class,omitempty"`
	Rated bool         `json:"rated,omitempty"`
	Open  bool         `json:"open,omitempty"` // anybody may watch
	Seats []seat       `json:"seats,omitempty"`
}

// seat is who sits where.
type seat struct {
	Seat   game.Seat `json:"seat"`
	Player string    `json:"player"`
}

// Apply folds one event.
func (r *Ratings) Apply(tx *fold.Tx, rec event.Recorded) error {
	if player, ok := rec.Stream.Player(); ok {
		meta, err := event.DecodeMeta(rec.Meta)
		if err != nil {
			return err
		}
		return meet(tx, player, meta.At)
	}
	id, ok := rec.Stream.Game()
	if !ok {
		return nil
	}
	if rec.Version == 1 {
		return created(tx, id, rec)
	}
	if !strings.HasPrefix(rec.Type, "seated.") && !strings.HasPrefix(rec.Type, "ended.") {
		return nil
	}
	var m match
	if found, err := get(tx, playing+id, &m); err != nil || !found {
		return err
	}
	e, meta, err := game.Decode(rec)
	if err != nil {
		return err
	}
	switch e := e.(type) {
	case game.Seated:
		m.Seats = append(m.Seats, seat{e.Seat, e.Player})
		if err := meet(tx, e.Player, meta.At); err != nil {
			return err
		}
		return put(tx, playing+id, m)
	case game.Ended:
		tx.Delete(playing + id)
		return count(tx, id, m, e, meta.At)
	default:
		return fmt.Errorf("%s of game %s is read as %T", rec.Type, id, e)
	}
}

func created(tx *fold.Tx, id string, rec event.Recorded) error {
	e, meta, err := game.Decode(rec)
	if err != nil {
		return err
	}
	c, ok := e.(game.Created)
	if !ok {
		return fmt.Errorf("game %s begins with %s", id, rec.Type)
	}
	if c.Creator != "" {
		if err := meet(tx, c.Creator, meta.At); err != nil {
			return err
		}
	}
	return put(tx, playing+id, match{
		Kind: c.Kind, Class: rating.ClassOf(c.Clock), Rated: c.Rated, Open: c.Watch == game.WatchPublic,
	})
}

// meet notes the first time that somebody is seen.
func meet(tx *fold.Tx, player string, at int64) error {
	var p Person
	if found, err := get(tx, people+player, &p); err != nil || found {
		return err
	}
	return put(tx, people+player, Person{Created: at})
}

// get reads a row into a value; false if there is none.
func get(tx *fold.Tx, key string, into any) (bool, error) {
	stored, err := tx.Get(key)
	if err != nil || stored == nil {
		return false, err
	}
	if err := json.Unmarshal(stored, into); err != nil {
		return false, fmt.Errorf("row %q: %w", key, err)
	}
	return true, nil
}

func put(tx *fold.Tx, key string, row any) error {
	stored, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("row %q: %w", key, err)
	}
	tx.Set(key, stored)
	return nil
}

// Restore remembers where the rows are: nothing is kept in memory.
func (r *Ratings) Restore(rows fold.Rows) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows, r.ready = rows, true
	return nil
}

// Committed has nothing to do: whoever asks reads the rows.
func (*Ratings) Committed(map[string][]byte) {}
