package fold

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
)

// writer folds events into one folder, live or not. It is used by one goroutine at a time.
type writer struct {
	view    View
	folder  projections.Views
	rows    Rows
	log     projections.Log
	logger  *slog.Logger
	seen    Observer
	program string // "" = whichever program folded the rows so far will do

	events int64 // folded since the beginning; unknown (-1) if the folder is older than the counting
	tx     Tx
	cache  *cache // of rows
	commit map[string][]byte
}

// place is where the checkpoint's event stands in its stream: what the proof asks for.
type place struct {
	Stream  event.Stream `json:"stream"`
	Version uint64       `json:"version"`
	Events  *int64       `json:"events,omitempty"`
}

// Keys of the framework.
const (
	schemaKey  = "schema"
	placeKey   = "place"
	programKey = "program" // only while a view is built beside another
	parkedKey  = "parked/"
)

// prove gives the checkpoint to go on from: the folder's own if the store has the very event it names and the rows have
// today's schema, else the beginning, with an empty folder, and the reason.
func (w *writer) prove(ctx context.Context) (at projections.Checkpoint, reason string, err error) {
	w.cache = newCache(cacheRows)
	at, reason, err = w.believe(ctx)
	if err != nil || at != (projections.Checkpoint{}) && reason == "" {
		return at, "", err
	}
	w.events = 0
	if err := w.folder.Clear(); err != nil { // also remains of a folder that was never committed to
		return at, reason, fmt.Errorf("clear the view: %w", err)
	}
	return projections.Checkpoint{}, reason, nil
}

// believe reads the folder's checkpoint and tells why it can't be believed; "" = it can, or there is none.
func (w *writer) believe(ctx context.Context) (at projections.Checkpoint, reason string, err error) {
	if at, err = w.folder.Checkpoint(); err != nil {
		return at, "", fmt.Errorf("read the checkpoint: %w", err)
	}
	if at == (projections.Checkpoint{}) {
		w.events = 0
		return at, "", nil
	}
	reason, err = w.doubt(ctx, at)
	return at, reason, err
}

func (w *writer) doubt(ctx context.Context, at projections.Checkpoint) (reason string, err error) {
	schema, err := w.folder.Get(ownKey(schemaKey))
	if err != nil {
		return "", fmt.Errorf("read the schema: %w", err)
	}
	if string(schema) != strconv.Itoa(w.view.Schema()) {
		return fmt.Sprintf("its rows have schema %q", schema), nil
	}
	if w.program != "" {
		program, err := w.folder.Get(ownKey(programKey))
		if err != nil {
			return "", fmt.Errorf("read the program: %w", err)
		}
		if string(program) != w.program {
			return fmt.Sprintf("its rows were folded by another program, %q", program), nil
		}
	}
	stored, err := w.folder.Get(ownKey(placeKey))
	if err != nil {
		return "", fmt.Errorf("read the checkpoint's place: %w", err)
	}
	var p place
	if json.Unmarshal(stored, &p) != nil {
		return "its checkpoint has no place", nil
	}
	w.events = unknown
	if p.Events != nil {
		w.events = *p.Events
	}
	for rec, err := range w.log.ReadStream(ctx, p.Stream, p.Version) {
		if err != nil {
			return "", fmt.Errorf("prove the checkpoint: %w", err)
		}
		if rec.ID == at.ID && rec.Version == p.Version && (rec.Position == "" || rec.Position == at.Position) {
			return "", nil
		}
		break
	}
	return "the store does not hold the event of its checkpoint", nil
}

// unknown number of events.
const unknown = -1

// batch folds events and commits the rows with the checkpoint. The rows that it gives are not changed any more.
func (w *writer) batch(events []event.Recorded) (at projections.Checkpoint, rows map[string][]byte, err error) {
	rows = make(map[string][]byte)
	if w.commit == nil {
		w.commit = make(map[string][]byte)
	}
	clear(w.commit)
	w.tx.rows, w.tx.cache, w.tx.batch = w.rows, w.cache, rows
	for i := range events {
		w.tx.changes.clear()
		if err := w.apply(events[i]); err != nil {
			var storage *storageError
			if errors.As(err, &storage) {
				return at, nil, err
			}
			w.park(events[i], err)
			continue
		}
		for _, row := range w.tx.changes.list {
			rows[row.Key] = row.Value
		}
	}
	for key, value := range rows {
		w.commit[rowsBegin+key] = value
	}
	if w.events != unknown {
		w.events += int64(len(events))
	}
	last := events[len(events)-1]
	at = projections.Checkpoint{Position: last.Position, ID: last.ID}
	if err := w.save(last, at); err != nil {
		if w.events != unknown {
			w.events -= int64(len(events))
		}
		return projections.Checkpoint{}, nil, err
	}
	for key, value := range rows {
		w.cache.set(key, value)
	}
	w.seen.Folded(w.view.Name(), len(events))
	return at, rows, nil
}

// save commits what was collected, and where it ends.
func (w *writer) save(last event.Recorded, at projections.Checkpoint) error {
	p := place{Stream: last.Stream, Version: last.Version}
	if w.events != unknown {
		p.Events = &w.events
	}
	where, err := json.Marshal(p)
	if err != nil {
		return err
	}
	w.commit[string(ownKey(placeKey))] = where
	w.commit[string(ownKey(schemaKey))] = strconv.AppendInt(nil, int64(w.view.Schema()), 10)
	if w.program != "" {
		w.commit[string(ownKey(programKey))] = []byte(w.program)
	}
	if err := w.folder.Commit(w.commit, at); err != nil {
		return fmt.Errorf("commit the view: %w", err)
	}
	return nil
}
