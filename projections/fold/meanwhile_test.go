package fold_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/internal/trial"
)

// watched tells when a view has taken something in.
type watched struct {
	fold.View
	taken chan struct{}
}

func (w *watched) Committed(changes map[string][]byte) {
	w.View.Committed(changes)
	w.taken <- struct{}{}
}

// start runs a fold until the test ends it.
func start(t *testing.T, f *fold.Fold) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = f.Run(ctx) })
	return func() { cancel(); running.Wait() }
}

// like tells whether the live folder has the rows of a view that was folded once.
func (h *home) like(t *testing.T, make func() fold.View) bool {
	t.Helper()
	whole := trial.NewViews()
	run(t, h.log, whole, make())
	return checksum(t, whole) == checksum(t, h.folders.Live())
}

// What happens in any phase of a rebuild is in the new rows, once.
func TestEventsMeanwhile(t *testing.T) {
	log := long(50)
	h := &home{log: log, folders: trial.NewFolders(), make: plain}
	h.fold(t)
	live := &watched{plain(), make(chan struct{})}
	f := fold.New(fold.Config{
		Log: log, Views: h.folders.Live(), View: live, Logger: slog.New(slog.DiscardHandler), Folders: h.folders, Fresh: plain,
	})
	stop := start(t, f)
	defer stop()
	<-f.CaughtUp()
	play := &trial.Play{State: game.New("meanwhile"), At: 1, Log: log}
	play.Do(game.Created{Kind: "race", Watch: game.WatchPublic, Access: game.AccessInvite})
	<-live.taken
	for range 3 {
		seen := map[fold.Phase]bool{}
		result, err := f.Rebuild(t.Context(), func(p fold.Progress) {
			if seen[p.Phase] {
				return
			}
			seen[p.Phase] = true
			play.Do(game.Seated{Seat: "a", Player: "p"})
			<-live.taken
		})
		if err != nil || !result.Compared || !result.Equal() || len(seen) != 3 {
			t.Fatalf("result %+v, %v; phases %v", result, err, seen)
		}
		play.Do(game.Seated{Seat: "a", Player: "p"})
		<-live.taken
		if !h.like(t, plain) {
			t.Fatal("the rows are not those of a view that was folded once")
		}
	}
}

// gated is a log whose subscriptions wait.
type gated struct {
	projections.Log
	asked, open chan struct{}
}

func (g *gated) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	close(g.asked)
	<-g.open
	return g.Log.SubscribeAll(ctx, after, handle)
}

// A power cut may take back what the live folder had, but not what was built beside it. Then the new rows are ahead, and
// what the subscription still brings is in them already.
func TestNewRowsAreAhead(t *testing.T) {
	log := long(50)
	h := &home{log: log, folders: trial.NewFolders(), make: plain}
	h.fold(t)
	h.folders.FailSwitch(errors.New("killed"))
	if _, err := h.process().Rebuild(t.Context(), nil); err == nil {
		t.Fatal("not killed")
	}
	h.folders.FailSwitch(nil)
	old := long(30) // the beginning of the same log
	if err := h.folders.Live().Clear(); err != nil {
		t.Fatal(err)
	}
	run(t, old, h.folders.Live(), plain())

	behind := &gated{log, make(chan struct{}), make(chan struct{})}
	f := fold.New(fold.Config{
		Log: behind, Views: h.folders.Live(), View: plain(), Logger: slog.New(slog.DiscardHandler), Folders: h.folders, Fresh: plain,
	})
	stop := start(t, f)
	defer stop()
	<-behind.asked
	result, err := f.Rebuild(t.Context(), nil)
	if err != nil || result.Compared || result.Reason == "" || result.Events != 50 {
		t.Fatalf("result %+v, %v", result, err)
	}
	close(behind.open)
	<-f.CaughtUp()
	play := trial.Started(log, "last", 1, game.Created{})
	stored := play.Move(1)
	for f.At().Position < stored[0].Position {
		if _, err := f.Lag(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !h.like(t, plain) {
		t.Error("the rows are not those of a view that was folded once")
	}
}
