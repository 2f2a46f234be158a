package fold

import (
	"context"
	"fmt"
	"log/slog"
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

	// What Rebuild and Verify need beside that; the rest works without.
	Folders projections.Folders
	Fresh   func() View   // makes another View of the same kind, which folds beside the one that is read
	Program string        // names the code that folds: what another program has begun to rebuild is not gone on with
	Batch   int           // events that are committed at once; 0 = 2,048
	Linger  time.Duration // how long those who read a folder that was replaced may take to end
}

// Observer is told how views do; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Folded counts events that a view has taken in.
	Folded(view string, events int)
	// Parked counts events that a view could not fold.
	Parked(view string)
	// Rebuilt counts a start from nothing of a view that had rows.
	Rebuilt(view string)
	// Lag is how far a view is behind the store, every few seconds while it runs; see Fold.Lag.
	Lag(view string, behind time.Duration)
}

// Fold runs one view. Run is called once; the other methods are safe for concurrent use.
type Fold struct {
	Config
	caught chan struct{} // closed once the head as of the start is folded

	building sync.Mutex // held by Rebuild and Verify
	folding  sync.Mutex // held while events are folded, and while the folder is replaced
	live     *writer    // of the folder that is read; replaced under folding and mu

	mu      sync.Mutex
	at      projections.Checkpoint
	rebuild *Progress      // nil = none is under way
	goal    event.Position // a head of the store that Lag has seen and the view has not reached; "" = none
	since   time.Time      // when it was seen
	took    time.Duration  // how long the view took to reach the last one
}

// Back-off after an error of the log or of the folder.
const (
	firstWait = 100 * time.Millisecond
	mostWait  = 5 * time.Second
)

// lagEvery is the pace at which Run tells the observer how far the view is behind.
const lagEvery = 2 * time.Second

// New makes a Fold.
func New(c Config) *Fold {
	if c.Observer == nil {
		c.Observer = nobody{}
	}
	f := &Fold{Config: c, caught: make(chan struct{})}
	f.live = f.writer(c.View, c.Views, c.Observer)
	return f
}

func (f *Fold) writer(view View, folder projections.Views, seen Observer) *writer {
	return &writer{view: view, folder: folder, rows: RowsOf(folder), log: f.Log, logger: f.Logger, seen: seen, cache: newCache(cacheRows)}
}

// folder is the one that is read now.
func (f *Fold) folder() projections.Views {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.live.folder
}

// Run folds until ctx ends and returns nil then. Errors of the log and of the folder are logged, and tried again from
// the checkpoint.
func (f *Fold) Run(ctx context.Context) error {
	var telling sync.WaitGroup
	telling.Go(func() { f.tellLag(ctx) })
	defer telling.Wait()
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
	at, err := f.begin(ctx)
	if err != nil {
		return err
	}
	head, err := f.Log.Head(ctx)
	if err != nil {
		return err
	}
	f.moved(at, head)
	return f.Log.SubscribeAll(ctx, at.Position, func(batch []event.Recorded) error {
		last, err := f.take(batch)
		if err == nil {
			f.moved(last, head)
		}
		return err
	})
}

// begin proves the checkpoint and builds the memory from the rows.
func (f *Fold) begin(ctx context.Context) (projections.Checkpoint, error) {
	f.folding.Lock()
	defer f.folding.Unlock()
	if err := f.live.folder.Recover(); err != nil {
		return projections.Checkpoint{}, fmt.Errorf("the view's folder can't be written: %w", err)
	}
	at, reason, err := f.live.prove(ctx)
	if reason != "" {
		f.Logger.Warn("a view is rebuilt from the beginning", "view", f.View.Name(), "reason", reason)
		f.Observer.Rebuilt(f.View.Name())
	}
	if err != nil {
		return at, err
	}
	if err := f.View.Restore(f.live.rows); err != nil {
		return at, fmt.Errorf("restore the view: %w", err)
	}
	f.reached(at)
	return at, nil
}

// take folds a batch of the subscription. A rebuilt folder may be ahead of the one that it has replaced.
func (f *Fold) take(batch []event.Recorded) (projections.Checkpoint, error) {
	f.folding.Lock()
	defer f.folding.Unlock()
	at := f.At()
	for len(batch) > 0 && batch[0].Position <= at.Position {
		batch = batch[1:]
	}
	if len(batch) == 0 {
		return at, nil
	}
	at, rows, err := f.live.batch(batch)
	if err != nil {
		return at, err
	}
	f.View.Committed(rows)
	f.reached(at)
	return at, nil
}

// reached notes the checkpoint, under folding.
func (f *Fold) reached(at projections.Checkpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = at
	if f.goal != "" && at.Position >= f.goal {
		f.goal, f.took = "", time.Since(f.since)
	}
}

// moved notes whether the head has been reached.
func (f *Fold) moved(at projections.Checkpoint, head event.Position) {
	if at.Position >= head {
		select {
		case <-f.caught:
		default:
			close(f.caught)
		}
	}
}

// At is the checkpoint that has been reached.
func (f *Fold) At() projections.Checkpoint {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// CaughtUp is closed once the view has everything that the store had when the view was started.
func (f *Fold) CaughtUp() <-chan struct{} { return f.caught }

// Lag is for how long the view has been without something that the store has, or was, if it has got that since the last
// call; 0 = it has everything. Only calls of Lag look, and Run makes one every few seconds.
func (f *Fold) Lag(ctx context.Context) (time.Duration, error) {
	head, err := f.Log.Head(ctx)
	if err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.at.Position >= head:
		f.goal, f.took = "", 0
		return 0, nil
	case f.goal != "":
		return time.Since(f.since), nil
	}
	took := f.took
	f.goal, f.since, f.took = head, time.Now(), 0
	return took, nil
}

// tellLag tells the observer. A store that does not answer is told of by others.
func (f *Fold) tellLag(ctx context.Context) {
	tick := time.NewTicker(lagEvery)
	defer tick.Stop()
	for {
		if behind, err := f.Lag(ctx); err == nil {
			f.Observer.Lag(f.View.Name(), behind)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

type nobody struct{}

func (nobody) Folded(string, int)        {}
func (nobody) Parked(string)             {}
func (nobody) Rebuilt(string)            {}
func (nobody) Lag(string, time.Duration) {}
