package deadlines

import (
	"fmt"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/fold"
)

// Deadlines is the view. Due, All and Snooze are safe for concurrent use with the fold.
type Deadlines struct{ index index }

var _ fold.View = (*Deadlines)(nil)

// New makes an empty view; a fold.Fold runs it.
func New() *Deadlines { return &Deadlines{index: index{places: make(map[string]int)}} }

// Due lists at most limit games in which something has run out at now (Unix ms), the longest overdue first. They stay
// listed until an event changes that, or until they are snoozed.
func (d *Deadlines) Due(now int64, limit int) []Row { return d.index.upTo(now, limit) }

// All lists every game in which something will run out, the next one first.
func (d *Deadlines) All() []Row { return d.index.upTo(1<<62, 1<<31) }

// Snooze keeps a game out of Due until a time (Unix ms), or until its next event: for one that was asked and has nothing
// due yet. It is not remembered across a restart.
func (d *Deadlines) Snooze(id string, until int64) { d.index.postpone(id, until) }

// Name of the view.
func (d *Deadlines) Name() string { return "deadlines" }

// Schema of the rows.
func (d *Deadlines) Schema() int { return 2 }

// Apply folds one event.
func (d *Deadlines) Apply(tx *fold.Tx, rec event.Recorded) error {
	id, ok := rec.Stream.Game()
	if !ok {
		return nil
	}
	stored, err := tx.Get(id)
	if err != nil {
		return err
	}
	if stored == nil && rec.Version != 1 {
		return nil // a game without a clock, or one that has ended
	}
	e, meta, err := game.Decode(rec)
	if err != nil {
		return err
	}
	var r record
	if created, first := e.(game.Created); first {
		if created.Clock.Type == clock.None {
			return nil
		}
		r.Clock = created.Clock
	} else if r, err = decode(stored); err != nil {
		return fmt.Errorf("row of game %s: %w", id, err)
	}
	if !r.apply(e, meta) {
		tx.Delete(id)
		return nil
	}
	tx.Set(id, r.encode())
	return nil
}

// Restore builds the index from the rows.
func (d *Deadlines) Restore(rows fold.Rows) error {
	d.index.clear()
	for row, err := range rows.Scan("", false) {
		if err != nil {
			return err
		}
		if err := d.put(row.Key, row.Value); err != nil {
			return err
		}
	}
	return nil
}

// Committed takes changed rows into the index.
func (d *Deadlines) Committed(changes map[string][]byte) {
	for id, row := range changes {
		if row == nil {
			d.index.remove(id)
			continue
		}
		if err := d.put(id, row); err != nil {
			panic("deadlines: a row that was just written: " + err.Error())
		}
	}
}

func (d *Deadlines) put(id string, row []byte) error {
	r, err := decode(row)
	if err != nil {
		return fmt.Errorf("row of game %s: %w", id, err)
	}
	due, ok := r.due()
	if !ok {
		d.index.remove(id)
		return nil
	}
	d.index.set(Row{Game: id, Due: due, Server: r.Server, Clock: r.Clock.Type})
	return nil
}
