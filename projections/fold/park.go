package fold

import (
	"encoding/json"
	"fmt"
	"runtime/debug"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
)

// Parked is an event that the view could not fold.
type Parked struct {
	Position event.Position `json:"position"`
	Stream   event.Stream   `json:"stream"`
	Version  uint64         `json:"version"`
	Type     string         `json:"type"`
	Error    string         `json:"error"`
}

// storageError is an error of the folder: not the event's fault, so it is not parked.
type storageError struct{ err error }

func (e *storageError) Error() string { return e.err.Error() }
func (e *storageError) Unwrap() error { return e.err }

// apply lets the view fold one event; a panic is the event's error.
func (w *writer) apply(rec event.Recorded) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			w.logger.Error("a view panicked", "view", w.view.Name(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	return w.view.Apply(&w.tx, rec)
}

// park keeps an event with its error. It never holds the event's content.
func (w *writer) park(rec event.Recorded, cause error) {
	row, err := json.Marshal(Parked{rec.Position, rec.Stream, rec.Version, rec.Type, cause.Error()})
	if err != nil {
		panic("fold: strings and integers always marshal: " + err.Error())
	}
	w.commit[string(ownKey(parkedKey+string(rec.Position)))] = row
	w.seen.Parked(w.view.Name())
	w.logger.Error("a view can't fold an event; it is parked", "view", w.view.Name(),
		"stream", string(rec.Stream), "version", rec.Version, "type", rec.Type, "error", cause)
}

// Parked lists the events that the view could not fold, oldest first. What came after them was folded without them, so
// they are tried again by a Rebuild only: applied late, they would give rows that no other folder has.
func (f *Fold) Parked() ([]Parked, error) { return parked(f.folder()) }

func parked(folder projections.Views) ([]Parked, error) {
	var all []Parked
	for kv, err := range folder.Scan(ownKey(parkedKey), false) {
		if err != nil {
			return nil, err
		}
		var p Parked
		if err := json.Unmarshal(kv[1], &p); err != nil {
			return nil, fmt.Errorf("parked event %q: %w", kv[0][1:], err)
		}
		all = append(all, p)
	}
	return all, nil
}
