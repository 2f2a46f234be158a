package fold

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
)

// ErrBusy reports that the view is being rebuilt or verified already.
var ErrBusy = errors.New("the view is being rebuilt or verified already")

// Result is what a Rebuild or a Verify has found out.
type Result struct {
	View     string         `json:"view"`
	Position event.Position `json:"position"`         // of the last event that was folded anew
	Events   int64          `json:"events"`           // how many were
	Parked   int            `json:"parked"`           // how many of them could not be folded
	Compared bool           `json:"compared"`         // with the live folder, at the same position
	Reason   string         `json:"reason,omitempty"` // why it was not
	Difference
}

// Rebuild folds the view anew in a folder beside the live one, up to where that one is, compares the two at the same
// position, and puts the new one in the live one's place: for whoever reads, in one step, together with what the view
// holds in memory. The new rows take the place of the old ones also if they differ, because they follow from the
// events. Stopped anywhere, by the end of ctx or of the process, it leaves the live folder alone, and the next Rebuild
// goes on where this one has stopped. It works while Run does, and without. progress may be nil; it is called by this
// goroutine, some times a second. Errors: ErrBusy, those of ctx, of the log and of the folders.
func (f *Fold) Rebuild(ctx context.Context, progress func(Progress)) (Result, error) {
	return f.anew(ctx, progress, func(folders projections.Folders, view string) (projections.Views, error) {
		return folders.Beside(view)
	}, f.replace)
}

// Verify is Rebuild in a scratch folder that replaces nothing.
func (f *Fold) Verify(ctx context.Context, progress func(Progress)) (Result, error) {
	return f.anew(ctx, progress, func(folders projections.Folders, view string) (projections.Views, error) {
		return folders.Scratch(view)
	}, nil)
}

// anew folds in another folder, compares, and finishes with what finish does; after that the folder is not its own.
func (f *Fold) anew(
	ctx context.Context, progress func(Progress),
	open func(projections.Folders, string) (projections.Views, error), finish func(context.Context, *builder) error,
) (result Result, err error) {
	if !f.building.TryLock() {
		return Result{}, ErrBusy
	}
	defer f.building.Unlock()
	if f.Folders == nil || f.Fresh == nil {
		return Result{}, fmt.Errorf("view %s: nothing says how it is built anew", f.View.Name())
	}
	folder, err := open(f.Folders, f.View.Name())
	if err != nil {
		return Result{}, err
	}
	b := f.builder(folder, progress)
	defer func() {
		f.note(nil)
		if err != nil || finish == nil {
			err = errors.Join(err, folder.Close())
		}
	}()
	if err := b.begin(ctx); err != nil {
		return Result{}, err
	}
	if result, err = f.match(ctx, b); err != nil {
		return result, err
	}
	if finish != nil {
		b.phase = Switching
		b.tell(true)
		if err := finish(ctx, b); err != nil {
			return result, err
		}
	}
	result.Position, result.Events = b.at.Position, b.w.events
	parked, err := parked(folder)
	result.Parked = len(parked)
	return result, err
}

// match folds up to where the live folder is and compares the two there. The live one goes on meanwhile: what is compared
// is how it looked at that moment.
func (f *Fold) match(ctx context.Context, b *builder) (Result, error) {
	result := Result{View: f.View.Name()}
	live, reason, events, err := f.standing(ctx)
	if err != nil {
		return result, err
	}
	if reason != "" || live == (projections.Checkpoint{}) {
		// Nobody reads rows that could be compared, or kept: the new ones may be as new as the store.
		if reason == "" {
			reason = "there are no rows to compare with"
		}
		result.Reason = reason
		return result, b.catchUp(ctx, "")
	}
	b.of = events
	if err := b.catchUp(ctx, live.Position); err != nil { // most of the way, without holding on to the live rows
		return result, err
	}
	f.folding.Lock()
	live, err = f.live.folder.Checkpoint()
	old := entries(f.live.folder)
	opened := old.open()
	f.folding.Unlock()
	defer old.close()
	if err = errors.Join(err, opened); err != nil {
		return result, err
	}
	if err := b.catchUp(ctx, live.Position); err != nil {
		return result, err
	}
	if b.at != live {
		result.Reason = "the rows in use are older than those that an earlier attempt has built"
		return result, nil
	}
	b.phase = Comparing
	b.tell(true)
	anew := entries(b.w.folder)
	defer anew.close()
	if err := anew.open(); err != nil {
		return result, err
	}
	result.Difference, err = difference(ctx, old, anew)
	result.Compared = err == nil
	return result, err
}

// standing tells where the live folder is, and why that can't be believed; "" = it can.
func (f *Fold) standing(ctx context.Context) (at projections.Checkpoint, reason string, events int64, err error) {
	f.folding.Lock()
	defer f.folding.Unlock()
	looking := f.writer(f.View, f.live.folder, nobody{})
	at, reason, err = looking.believe(ctx)
	return at, reason, looking.events, err
}

// replace puts the new folder in the place of the live one. The live one stands still meanwhile, so that both are at the
// same event; only what it has folded since the comparison is left to do.
func (f *Fold) replace(ctx context.Context, b *builder) error {
	f.folding.Lock()
	defer f.folding.Unlock()
	live, err := f.live.folder.Checkpoint()
	if err != nil {
		return err
	}
	if live.Position > b.at.Position {
		if err := b.catchUp(ctx, live.Position); err != nil {
			return err
		}
	}
	if b.at != (projections.Checkpoint{}) {
		if reason, err := b.w.doubt(ctx, b.at); err != nil || reason != "" {
			return errors.Join(err, fmt.Errorf("view %s can't be replaced, the store has changed: %s", f.View.Name(), reason))
		}
	}
	if err := f.View.Restore(b.w.rows); err != nil {
		return errors.Join(fmt.Errorf("restore the view: %w", err), f.View.Restore(f.live.rows))
	}
	if err := f.Folders.Switch(f.View.Name()); err != nil {
		return errors.Join(err, f.View.Restore(f.live.rows))
	}
	old, now := f.live.folder, f.writer(f.View, b.w.folder, f.Observer)
	now.events = b.w.events
	f.mu.Lock()
	f.live = now
	f.mu.Unlock()
	f.reached(b.at)
	f.retire(old)
	return nil
}

// retire closes a folder once nobody reads it any more.
func (f *Fold) retire(old projections.Views) {
	shut := func() {
		if err := old.Close(); err != nil {
			f.Logger.Warn("the rows that a view had before it was rebuilt were not removed", "view", f.View.Name(), "error", err)
		}
	}
	if f.Linger <= 0 {
		shut()
		return
	}
	time.AfterFunc(f.Linger, shut)
}

// builder folds a view anew.
type builder struct {
	w        *writer
	at       projections.Checkpoint
	phase    Phase
	of       int64 // how many events there are to fold; 0 or less = unknown
	progress func(Progress)

	note    func(*Progress)
	started time.Time
	from    int64 // events folded by earlier attempts
	told    time.Time
	pending []event.Recorded
}

// defaultBatch is how many events a builder commits at once.
const defaultBatch = 2048

func (f *Fold) builder(folder projections.Views, progress func(Progress)) *builder {
	w := f.writer(f.Fresh(), folder, nobody{})
	w.logger, w.program = f.Logger.With(slog.Bool("beside", true)), f.Program
	if w.program == "" {
		w.program = "unnamed"
	}
	batch := f.Batch
	if batch <= 0 {
		batch = defaultBatch
	}
	return &builder{w: w, pending: make([]event.Recorded, 0, batch), phase: Folding, progress: progress, note: f.note, started: time.Now()}
}

// begin goes on where an earlier attempt has stopped, if it can be believed.
func (b *builder) begin(ctx context.Context) (err error) {
	var reason string
	if b.at, reason, err = b.w.prove(ctx); err != nil {
		return err
	}
	if reason != "" {
		b.w.logger.Info("an earlier attempt is not gone on with", "view", b.w.view.Name(), "reason", reason)
	}
	b.from = b.w.events
	b.tell(true)
	return nil
}

// catchUp folds up to a position and not beyond; "" = all there is.
func (b *builder) catchUp(ctx context.Context, to event.Position) error {
	if to != "" && b.at.Position >= to {
		return nil
	}
	b.pending = b.pending[:0]
	for rec, err := range b.w.log.ReadAll(ctx, b.at.Position) {
		if err != nil {
			return err
		}
		if to != "" && rec.Position > to {
			break
		}
		b.pending = append(b.pending, rec)
		last := rec.Position == to
		if len(b.pending) == cap(b.pending) || last {
			if err := b.flush(); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if last {
			break
		}
	}
	return b.flush()
}

func (b *builder) flush() error {
	if len(b.pending) == 0 {
		return nil
	}
	at, _, err := b.w.batch(b.pending)
	if err != nil {
		return err
	}
	b.at, b.pending = at, b.pending[:0]
	b.tell(false)
	return nil
}
