package fold

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/plygames/ply/domain/event"
)

// Status is how a view is doing, for operators. Nothing of it comes from what events say.
type Status struct {
	View     string         `json:"view"`
	Schema   int            `json:"schema"`
	Position event.Position `json:"position"` // of the last event that was folded; "" = none was
	Events   int64          `json:"events"`   // folded since the beginning; -1 = unknown
	Lag      time.Duration  `json:"-"`
	Parked   []Parked       `json:"parked"`
	Rebuild  *Progress      `json:"rebuild"` // nil = neither a Rebuild nor a Verify is under way
}

// Status tells how the view is doing. Lag is -1 if the store does not tell its head.
func (f *Fold) Status(ctx context.Context) (Status, error) {
	lag, err := f.Lag(ctx)
	if err != nil {
		lag = -1
	}
	folder := f.folder()
	parked, err := parked(folder)
	if err != nil {
		return Status{}, fmt.Errorf("view %s: %w", f.View.Name(), err)
	}
	stored, err := folder.Get(ownKey(placeKey))
	if err != nil {
		return Status{}, fmt.Errorf("view %s: %w", f.View.Name(), err)
	}
	s := Status{View: f.View.Name(), Schema: f.View.Schema(), Lag: lag, Parked: parked}
	if stored != nil {
		s.Events = unknown
	}
	var p place
	if json.Unmarshal(stored, &p) == nil && p.Events != nil {
		s.Events = *p.Events
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.Position, s.Rebuild = f.at.Position, f.rebuild
	return s, nil
}
