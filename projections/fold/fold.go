package fold

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
)

// Config is what a Fold needs. Views is the view's own folder: nothing else writes to it.
type Config struct {
	Log      projections.Log
	Views    projections.Views
	View     View
	Logger   *slog.Logger
	Observer Observer // nil = nobody
}

// Observer is told how views do; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Folded counts events that a view has taken in.
	Folded(view string, events int)
	// Parked counts events that a view could not fold.
	Parked(view string)
	// Rebuilt counts a start from nothing of a view that had rows.
	Rebuilt(view string)
}

// Fold runs one view. Run is called once; the other methods are safe for concurrent use.
type Fold struct {
	Config
	rows   Rows
	cache  *cache        // of rows; belongs to run
	caught chan struct{} // closed once the head as of the start is folded

	mu      sync.Mutex
	at      projections.Checkpoint
	current time.Time // when the view was last known to have everything
}

// Back-off after an error of the log or of the folder.
const (
	firstWait = 100 * time.Millisecond
	mostWait  = 5 * time.Second
)

// place is where the checkpoint's event stands in its stream: what the proof asks for.
type place struct {
	Stream  event.Stream `json:"stream"`
	Version uint64       `json:"version"`
}

// Keys of the framework.
const (
	schemaKey = "schema"
	placeKey  = "place"
	parkedKey = "parked/"
)

// New makes a Fold.
func New(c Config) *Fold {
	if c.Observer == nil {
		c.Observer = nobody{}
	}
	return &Fold{Config: c, rows: RowsOf(c.Views), caught: make(chan struct{}), current: time.Now()}
}

// Run folds until ctx ends and returns nil then. Errors of the log and of the folder are logged, and tried again from
// the checkpoint.
func (f *Fold) Run(ctx context.Context) error {
	wait := firstWait
	for {
		before := f.At()
		err := f.run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if f.At() != before {
			wait = firstWait
		}
		f.Logger.Error("a view has stopped; starting again from its checkpoint", "view", f.View.Name(), "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		wait = min(2*wait, mostWait)
	}
}

// run is one life of the view.
func (f *Fold) run(ctx context.Context) error {
	at, err := f.prove(ctx)
	if err != nil {
		return err
	}
	f.cache = newCache(cacheRows)
	if err := f.View.Restore(f.rows); err != nil {
		return fmt.Errorf("restore the view: %w", err)
	}
	head, err := f.Log.Head(ctx)
	if err != nil {
		return err
	}
	f.moved(at, head)
	return f.Log.SubscribeAll(ctx, at.Position, func(batch []event.Recorded) error {
		last, err := f.batch(batch)
		if err == nil {
			f.moved(last, head)
		}
		return err
	})
}

// moved notes the checkpoint.
func (f *Fold) moved(at projections.Checkpoint, head event.Position) {
	f.mu.Lock()
	f.at = at
	f.mu.Unlock()
	if at.Position >= head {
		select {
		case <-f.caught:
		default:
			close(f.caught)
		}
	}
}

// prove gives the checkpoint to go on from: the folder's own if the store has the very event it names and the rows have
// today's schema, else the beginning, with an empty folder.
func (f *Fold) prove(ctx context.Context) (projections.Checkpoint, error) {
	at, err := f.Views.Checkpoint()
	if err != nil {
		return at, fmt.Errorf("read the checkpoint: %w", err)
	}
	if at == (projections.Checkpoint{}) {
		return at, f.Views.Clear() // nothing, or remains of a folder that was never committed to
	}
	reason, err := f.doubt(ctx, at)
	if err != nil || reason == "" {
		return at, err
	}
	f.Logger.Warn("a view is rebuilt from the beginning", "view", f.View.Name(), "reason", reason)
	f.Observer.Rebuilt(f.View.Name())
	if err := f.Views.Clear(); err != nil {
		return at, fmt.Errorf("clear the view: %w", err)
	}
	return projections.Checkpoint{}, nil
}

// doubt tells why a checkpoint can't be believed; "" = it can.
func (f *Fold) doubt(ctx context.Context, at projections.Checkpoint) (reason string, err error) {
	schema, err := f.Views.Get(ownKey(schemaKey))
	if err != nil {
		return "", fmt.Errorf("read the schema: %w", err)
	}
	if string(schema) != strconv.Itoa(f.View.Schema()) {
		return fmt.Sprintf("its rows have schema %q", schema), nil
	}
	stored, err := f.Views.Get(ownKey(placeKey))
	if err != nil {
		return "", fmt.Errorf("read the checkpoint's place: %w", err)
	}
	var p place
	if json.Unmarshal(stored, &p) != nil {
		return "its checkpoint has no place", nil
	}
	for rec, err := range f.Log.ReadStream(ctx, p.Stream, p.Version) {
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

// batch folds events and commits the rows with the checkpoint.
func (f *Fold) batch(events []event.Recorded) (projections.Checkpoint, error) {
	rows := make(map[string][]byte)
	commit := make(map[string][]byte)
	tx := &Tx{rows: f.rows, cache: f.cache, batch: rows, changes: make(map[string][]byte)}
	for _, rec := range events {
		clear(tx.changes)
		if err := f.apply(tx, rec); err != nil {
			var storage *storageError
			if errors.As(err, &storage) {
				return projections.Checkpoint{}, err
			}
			f.park(commit, rec, err)
			continue
		}
		for key, value := range tx.changes {
			rows[key] = value
		}
	}
	for key, value := range rows {
		commit[string(rowKey(key))] = value
	}
	last := events[len(events)-1]
	where, err := json.Marshal(place{last.Stream, last.Version})
	if err != nil {
		return projections.Checkpoint{}, err
	}
	commit[string(ownKey(placeKey))] = where
	commit[string(ownKey(schemaKey))] = strconv.AppendInt(nil, int64(f.View.Schema()), 10)
	at := projections.Checkpoint{Position: last.Position, ID: last.ID}
	if err := f.Views.Commit(commit, at); err != nil {
		return projections.Checkpoint{}, fmt.Errorf("commit the view: %w", err)
	}
	for key, value := range rows {
		f.cache.set(key, value)
	}
	f.View.Committed(rows)
	f.Observer.Folded(f.View.Name(), len(events))
	return at, nil
}

// At is the checkpoint that has been reached.
func (f *Fold) At() projections.Checkpoint {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// CaughtUp is closed once the view has everything that the store had when the view was started.
func (f *Fold) CaughtUp() <-chan struct{} { return f.caught }

// Lag is how long ago the view was last seen to have everything that the store has; 0 = it has. Only calls of Lag look.
func (f *Fold) Lag(ctx context.Context) (time.Duration, error) {
	head, err := f.Log.Head(ctx)
	if err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at.Position >= head {
		f.current = time.Now()
		return 0, nil
	}
	return time.Since(f.current), nil
}

type nobody struct{}

func (nobody) Folded(string, int) {}
func (nobody) Parked(string)      {}
func (nobody) Rebuilt(string)     {}
