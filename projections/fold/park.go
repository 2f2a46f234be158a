package fold

import (
	"encoding/json"
	"fmt"
	"runtime/debug"

	"github.com/plygames/ply/domain/event"
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
func (f *Fold) apply(tx *Tx, rec event.Recorded) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			f.Logger.Error("a view panicked", "view", f.View.Name(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	return f.View.Apply(tx, rec)
}

// park keeps an event with its error. It never holds the event's content.
func (f *Fold) park(commit map[string][]byte, rec event.Recorded, cause error) {
	row, err := json.Marshal(Parked{rec.Position, rec.Stream, rec.Version, rec.Type, cause.Error()})
	if err != nil {
		panic("fold: strings and integers always marshal: " + err.Error())
	}
	commit[string(ownKey(parkedKey+string(rec.Position)))] = row
	f.Observer.Parked(f.View.Name())
	f.Logger.Error("a view can't fold an event; it is parked", "view", f.View.Name(),
		"stream", string(rec.Stream), "version", rec.Version, "type", rec.Type, "error", cause)
}

// Parked lists the events that the view could not fold, oldest first.
func (f *Fold) Parked() ([]Parked, error) {
	var all []Parked
	for kv, err := range f.Views.Scan(ownKey(parkedKey), false) {
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
