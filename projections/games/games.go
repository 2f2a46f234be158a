package games

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/fold"
)

// Games is the view. List, Reserve and Release are safe for concurrent use with the fold.
type Games struct {
	kinds game.Kinds
	wall  func() int64
	memory
}

var _ fold.View = (*Games)(nil)

// New makes an empty view; a fold.Fold runs it. wall is Unix ms, for delayed games.
func New(kinds game.Kinds, wall func() int64) *Games {
	g := &Games{kinds: kinds, wall: wall}
	g.clear()
	return g
}

// Keys of the folder. Numbers are written with leading zeros, so that their order is that of the keys.
const (
	unfinished = "u/" // + game
	ended      = "g/" // + game
	byNumber   = "e/" // + number: the ended games
	byPlayer   = "p/" // + player / number: a person's ended games
	lastNumber = "n"
	digits     = 16
)

func padded(number uint64) string { return fmt.Sprintf("%0*d", digits, number) }

// Name of the view.
func (g *Games) Name() string { return "games" }

// Schema of the rows.
func (g *Games) Schema() int { return 3 }

// Apply folds one event.
func (g *Games) Apply(tx *fold.Tx, rec event.Recorded) error {
	id, ok := rec.Stream.Game()
	if !ok {
		return nil
	}
	if rec.Version == 1 {
		return g.created(tx, id, rec)
	}
	stored, err := tx.Get(unfinished + id)
	if err != nil {
		return err
	}
	if stored == nil || stored[0] == live && !strings.HasPrefix(rec.Type, "ended.") {
		return nil
	}
	r, err := decodeRow(stored)
	if err != nil {
		return err
	}
	e, meta, err := game.Decode(rec)
	if err != nil {
		return err
	}
	if !r.apply(e, meta) {
		return nil
	}
	if _, started := e.(game.Started); started {
		if r.Begun, err = numberOf(tx); err != nil {
			return err
		}
	}
	if r.Status != game.Over {
		return put(tx, unfinished+id, &r)
	}
	tx.Delete(unfinished + id)
	tx.Set(byNumber+padded(r.Number), []byte(id))
	for _, player := range r.people() {
		tx.Set(byPlayer+player+"/"+padded(r.Number), []byte(id))
	}
	return put(tx, ended+id, &r)
}

func (g *Games) created(tx *fold.Tx, id string, rec event.Recorded) error {
	e, meta, err := game.Decode(rec)
	if err != nil {
		return err
	}
	c, ok := e.(game.Created)
	if !ok {
		return fmt.Errorf("game %s begins with %s", id, rec.Type)
	}
	rules, ok := g.kinds(c.Kind)
	if !ok {
		return fmt.Errorf("no rules for kind %q", c.Kind)
	}
	number, err := numberOf(tx)
	if err != nil {
		return err
	}
	number++
	tx.Set(lastNumber, strconv.AppendUint(nil, number, 10))
	var r Row
	r.create(id, number, c, rules.Seats())
	r.apply(e, meta)
	return put(tx, unfinished+id, &r)
}

// numberOf gives the number of the last game.
func numberOf(tx *fold.Tx) (number uint64, err error) {
	stored, err := tx.Get(lastNumber)
	if err == nil && stored != nil {
		if number, err = strconv.ParseUint(string(stored), 10, 64); err != nil {
			err = fmt.Errorf("number of the last game: %w", err)
		}
	}
	return number, err
}

func put(tx *fold.Tx, key string, r *Row) error {
	row, err := r.encode()
	if err != nil {
		return err
	}
	tx.Set(key, row)
	return nil
}

// Restore reads the unfinished games into memory.
func (g *Games) Restore(rows fold.Rows) error {
	var all []Row
	for stored, err := range rows.Scan(unfinished, false) {
		if err != nil {
			return err
		}
		r, err := decodeRow(stored.Value)
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	g.restore(rows, all)
	return nil
}

// Committed takes changed rows into memory.
func (g *Games) Committed(changes map[string][]byte) {
	var changed []Row
	var gone []string
	for key, value := range changes {
		id, ok := strings.CutPrefix(key, unfinished)
		switch {
		case !ok:
		case value == nil:
			gone = append(gone, id)
		default:
			r, err := decodeRow(value)
			if err != nil {
				panic("games: a row that was just written: " + err.Error())
			}
			changed = append(changed, r)
		}
	}
	g.change(changed, gone)
}
