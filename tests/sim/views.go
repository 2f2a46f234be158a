package sim

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/plygames/ply/commands/policies"
	rules "github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/app"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/ratings"
)

// views is what the role project adds to a run of a server: the views in its own folders, on a disk that loses what was
// not synced, and the policies that read them.
type views struct {
	local     *pebble.Store // nil: the folders are in the store's
	log       projections.Log
	folders   []projections.Views
	folds     []*fold.Fold
	deadlines *deadlines.Deadlines
	lists     *games.Games
	ratings   *ratings.Ratings
	running   sync.WaitGroup
}

// openViews opens them, as infra/app does.
func (w *world) openViews(h *host) *views {
	v := &views{deadlines: deadlines.New(), lists: games.New(rules.Kinds, func() int64 { return w.wall(h) }), ratings: ratings.New()}
	in := w.store.db
	v.log = w.store.db
	if !w.plan.embedded {
		var err error
		if v.local, err = pebble.Open(pebble.Config{Dir: "data", FS: h.disk, CacheBytes: 1 << 20, LogBytes: 1 << 20}); err != nil {
			w.fail("the folder of %s does not open: %v", h.name, err)
			return v
		}
		in, v.log = v.local, &port{from: &h.process, to: w.store}
	}
	for _, view := range []fold.View{v.deadlines, v.lists, v.ratings} {
		folder, err := in.View(view.Name())
		if err != nil {
			w.fail("view %s of %s does not open: %v", view.Name(), h.name, err)
			return v
		}
		v.folders = append(v.folders, folder)
		v.folds = append(v.folds, fold.New(fold.Config{
			Log: v.log, Views: folder, View: view, Logger: slog.New(slog.DiscardHandler), Program: "sim",
		}))
	}
	return v
}

// run folds, and lets the policies look once the views know all that had happened before the start.
func (v *views) run(ctx context.Context, w *world, h *host) {
	for _, f := range v.folds {
		v.running.Go(func() { _ = f.Run(ctx) })
		w.apart()
	}
	caughtUp := func() bool {
		for _, f := range v.folds {
			select {
			case <-f.CaughtUp():
			case <-ctx.Done():
				return false
			}
		}
		return true
	}
	log := slog.New(slog.DiscardHandler)
	v.running.Go(func() {
		if !caughtUp() {
			return
		}
		(&policies.Deadlines{
			View: app.OverdueIn(v.deadlines, v.lists, h.presence), Games: h.games, Now: func() int64 { return w.wall(h) },
			Every: time.Second, Log: log, Running: func(incarnation string) bool {
				_, running, _ := h.alive.LastAlive(ctx, incarnation)
				return running
			},
		}).Run(ctx)
	})
	w.apart()
	v.running.Go(func() {
		if !caughtUp() {
			return
		}
		seeks, done := app.SeeksIn(v.lists)
		defer done()
		(&policies.Pairing{View: seeks, Games: h.games, Every: time.Second, Log: log}).Run(ctx)
	})
	w.apart()
}

// close ends a run whose context has ended.
func (v *views) close() {
	v.running.Wait()
	for _, f := range v.folders {
		_ = f.Close()
	}
	if v.local != nil {
		_ = v.local.Close()
	}
}

// behind tells which view has not folded everything.
func (w *world) behind() string {
	head, err := w.store.db.Head(context.Background())
	if err != nil {
		return err.Error()
	}
	for _, h := range w.hosts {
		if h.views == nil || !h.up {
			continue
		}
		for _, f := range h.views.folds {
			if at := f.At().Position; at != head {
				return fmt.Sprintf("view %s of %s is at %s of %s", f.View.Name(), h.name, at, head)
			}
		}
	}
	return ""
}

// checkViews folds the store anew into empty folders: those of every server must be equal to them, row by row.
func (w *world) checkViews() {
	var fresh map[string][32]byte
	for _, h := range w.hosts {
		if h.views == nil || !h.up {
			continue
		}
		if fresh == nil {
			fresh = w.foldAnew()
		}
		for i, f := range h.views.folds {
			name := f.View.Name()
			sum, err := fold.Checksum(h.views.folders[i])
			switch {
			case err != nil:
				w.fail("view %s of %s can't be read: %v", name, h.name, err)
			case sum != fresh[name]:
				w.fail("view %s of %s is not what the store says", name, h.name)
			}
			if parked, err := f.Parked(); err != nil || len(parked) > 0 {
				w.fail("view %s of %s has parked %v (%v)", name, h.name, parked, err)
			}
			w.note(fmt.Sprintf("view %s of %s is %x", name, h.name, sum[:8]))
			w.cover.views++
		}
	}
}

// foldAnew gives the checksums of all views.
func (w *world) foldAnew() map[string][32]byte {
	sums := map[string][32]byte{}
	d := newDisk(w)
	h := &host{process: process{w: w, name: "judge"}, disk: d}
	local, err := pebble.Open(pebble.Config{Dir: "data", FS: d, CacheBytes: 1 << 20, LogBytes: 1 << 20})
	if err != nil {
		w.fail("an empty folder does not open: %v", err)
		return sums
	}
	defer func() { _ = local.Close() }()
	head, _ := w.store.db.Head(context.Background())
	for _, view := range []fold.View{deadlines.New(), games.New(rules.Kinds, func() int64 { return w.wall(h) }), ratings.New()} {
		folder, err := local.View(view.Name())
		if err != nil {
			w.fail("an empty folder does not open: %v", err)
			return sums
		}
		f := fold.New(fold.Config{Log: w.store.db, Views: folder, View: view, Logger: slog.New(slog.DiscardHandler), Program: "sim"})
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = f.Run(ctx) })
		for head != "" && f.At().Position != head {
			time.Sleep(time.Millisecond)
		}
		sums[view.Name()], err = fold.Checksum(folder)
		cancel()
		running.Wait()
		if err = folder.Close(); err != nil {
			w.fail("an empty folder does not close: %v", err)
		}
	}
	return sums
}
