package fold_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/internal/trial"
)

// home is a view with its log and its folders; what a process has of it is made by process.
type home struct {
	log     projections.Log
	folders *trial.Folders
	make    func() fold.View
	program string
}

func (h *home) process() *fold.Fold {
	return fold.New(fold.Config{
		Log: h.log, Views: h.folders.Live(), View: h.make(), Logger: slog.New(slog.DiscardHandler),
		Folders: h.folders, Fresh: h.make, Program: h.program, Batch: 7,
	})
}

// fold brings the live folder up to date.
func (h *home) fold(t *testing.T) {
	t.Helper()
	run(t, h.log, h.folders.Live(), h.make())
}

func plain() fold.View { return &counter{schema: 1} }

// long is a log of several commits of a rebuild.
func long(n int) *trial.Log {
	log := trial.NewLog()
	for i := range n / 5 {
		play := trial.Started(log, fmt.Sprintf("g%d", i), 1, game.Created{})
		play.Move(1)
	}
	return log
}

func TestRebuild(t *testing.T) {
	h := &home{log: long(100), folders: trial.NewFolders(), make: plain}
	h.fold(t)
	before, old := checksum(t, h.folders.Live()), h.folders.Live()
	f := h.process()
	var phases []fold.Phase
	result, err := f.Rebuild(t.Context(), func(p fold.Progress) {
		phases = append(phases, p.Phase)
		if p.Phase != fold.Folding && (p.Events != 100 || p.Of != 100 || p.Left != 0) {
			t.Errorf("progress %+v", p)
		}
	})
	if err != nil || !result.Compared || !result.Equal() || result.Events != 100 || result.Parked != 0 {
		t.Fatalf("result %+v, %v", result, err)
	}
	if h.folders.Live() == old || checksum(t, h.folders.Live()) != before || result.New != fmt.Sprintf("%x", before) {
		t.Errorf("not replaced by an equal one")
	}
	if !slices.IsSorted([]int{slices.Index(phases, fold.Folding), slices.Index(phases, fold.Comparing), slices.Index(phases, fold.Switching)}) ||
		!slices.Contains(phases, fold.Switching) {
		t.Errorf("phases %v", phases)
	}
}

// What an operator must learn: rows that are not what the events say. Verify says so, Rebuild also puts it right.
func TestWrongRows(t *testing.T) {
	h := &home{log: long(50), folders: trial.NewFolders(), make: plain}
	h.fold(t)
	right := checksum(t, h.folders.Live())
	at, err := h.folders.Live().Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	spoilt := map[string][]byte{"\x01game-g1": []byte("xx"), "\x01game-g2": nil, "\x01game-zz": []byte("x")}
	if err := h.folders.Live().Commit(spoilt, at); err != nil {
		t.Fatal(err)
	}
	wrong := checksum(t, h.folders.Live())
	for _, step := range []struct {
		name  string
		do    func(*fold.Fold, context.Context, func(fold.Progress)) (fold.Result, error)
		after [32]byte
	}{{"verify", (*fold.Fold).Verify, wrong}, {"rebuild", (*fold.Fold).Rebuild, right}} {
		f := h.process()
		result, err := step.do(f, t.Context(), nil)
		if err != nil || !result.Compared || result.Equal() || result.Rows != 3 || !slices.Equal(result.Keys, []string{"game-g1", "game-g2", "game-zz"}) {
			t.Errorf("%s: %+v, %v", step.name, result, err)
		}
		if checksum(t, h.folders.Live()) != step.after {
			t.Errorf("%s left other rows than it should", step.name)
		}
		if inMemory := len(f.View.(*counter).memory) == 10; inMemory != (step.name == "rebuild") {
			t.Errorf("%s: the view has the new rows in memory: %v", step.name, inMemory)
		}
	}
}

// A rebuild goes on where the last one was killed, unless that was another program's.
func TestRebuildGoesOn(t *testing.T) {
	for program, again := range map[string]bool{"one": false, "two": true} {
		t.Run(program, func(t *testing.T) {
			log := long(50)
			h := &home{log: log, folders: trial.NewFolders(), make: plain, program: "one"}
			h.fold(t)
			h.folders.DieAfter(1)
			if _, err := h.process().Rebuild(t.Context(), nil); !errors.Is(err, trial.ErrKilled) {
				t.Fatalf("killed: %v", err)
			}
			h.folders.DieAfter(-1)
			h.program = program
			folded := 0
			h.make = func() fold.View { return &observed{View: plain(), seen: &folded} }
			result, err := h.process().Rebuild(t.Context(), nil)
			if err != nil || !result.Equal() || !result.Compared || result.Events != 50 {
				t.Fatalf("result %+v, %v", result, err)
			}
			if (folded == 50) != again || folded == 0 {
				t.Errorf("%d events were folded, all of them again: %v", folded, again)
			}
		})
	}
}

// observed counts what it is given.
type observed struct {
	fold.View
	seen *int
}

func (o *observed) Apply(tx *fold.Tx, rec event.Recorded) error {
	*o.seen++
	return o.View.Apply(tx, rec)
}

// Parked events are tried again by a rebuild, in their order.
func TestParkedEventsAreTriedAgain(t *testing.T) {
	h := &home{log: long(50), folders: trial.NewFolders(), make: func() fold.View { return &counter{schema: 1, poison: "started.v1"} }}
	h.fold(t)
	if parked, err := h.process().Parked(); err != nil || len(parked) != 10 {
		t.Fatalf("parked %d, %v", len(parked), err)
	}
	if result, err := h.process().Rebuild(t.Context(), nil); err != nil || !result.Equal() || result.Parked != 10 {
		t.Errorf("still poisoned: %+v, %v", result, err)
	}
	h.make = plain
	f := h.process()
	result, err := f.Rebuild(t.Context(), nil)
	if err != nil || result.Equal() || result.Parked != 0 || result.Rows != 20 {
		t.Errorf("no poison any more: %+v, %v", result, err)
	}
	if parked, err := f.Parked(); err != nil || len(parked) != 0 {
		t.Errorf("parked %v, %v", parked, err)
	}
	whole := trial.NewViews()
	run(t, h.log, whole, plain())
	if checksum(t, whole) != checksum(t, h.folders.Live()) {
		t.Error("the rows are not those of an unpoisoned view")
	}
}

func TestRebuildIsRefused(t *testing.T) {
	h := &home{log: long(20), folders: trial.NewFolders(), make: plain}
	h.fold(t)
	f := h.process()
	live, before := h.folders.Live(), checksum(t, h.folders.Live())
	_, err := f.Rebuild(t.Context(), func(fold.Progress) {
		if _, err := f.Verify(t.Context(), nil); !errors.Is(err, fold.ErrBusy) {
			t.Errorf("two at once: %v", err)
		}
		h.folders.FailSwitch(errors.New("disk full"))
	})
	if err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("a switch that fails: %v", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Rebuild(stopped, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if h.folders.Live() != live || checksum(t, live) != before {
		t.Error("the live folder was touched")
	}
	h.folders.FailSwitch(nil)
	if result, err := f.Rebuild(t.Context(), nil); err != nil || !result.Equal() {
		t.Errorf("afterwards: %+v, %v", result, err)
	}
}

// Whoever reads while a view is rebuilt over and over, and games begin, sees every game that was there before.
func TestReadersSeeWholeViews(t *testing.T) {
	log := trial.NewLog()
	list, due := games.New(trial.Kinds, func() int64 { return 1 }), deadlines.New()
	begin := func(id string) {
		play := trial.Started(log, id, 1, game.Created{Clock: clock.Spec{Type: clock.Days, Days: 2}})
		play.Move(1)
	}
	for i := range 200 {
		begin(fmt.Sprintf("old%d", i))
	}
	counts := map[string]func() int{
		"games": func() int {
			rows, _, err := list.List(t.Context(), games.Query{Limit: 1 << 20})
			if err != nil {
				t.Errorf("list: %v", err)
			}
			return len(rows)
		},
		"deadlines": func() int { return len(due.All()) },
	}
	fresh := map[string]func() fold.View{
		"games":     func() fold.View { return games.New(trial.Kinds, func() int64 { return 1 }) },
		"deadlines": func() fold.View { return deadlines.New() },
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running, reading sync.WaitGroup
	var folds []*fold.Fold
	for _, view := range []fold.View{list, due} {
		folders := trial.NewFolders()
		f := fold.New(fold.Config{
			Log: log, Views: folders.Live(), View: view, Logger: slog.New(slog.DiscardHandler), Folders: folders, Fresh: fresh[view.Name()],
		})
		folds = append(folds, f)
		running.Go(func() { _ = f.Run(ctx) })
		<-f.CaughtUp()
	}
	done := make(chan struct{})
	for name, count := range counts {
		reading.Go(func() {
			for most := 200; ; {
				n := count()
				if n < most {
					t.Errorf("%s: saw %d games after %d", name, n, most)
				}
				most = max(most, n)
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	reading.Go(func() {
		for i := range 100 {
			begin(fmt.Sprintf("new%d", i))
		}
	})
	for range 20 {
		for _, f := range folds {
			if result, err := f.Rebuild(ctx, nil); err != nil || !result.Compared || !result.Equal() {
				t.Errorf("rebuild: %+v, %v", result, err)
			}
		}
	}
	close(done)
	reading.Wait()
	cancel()
	running.Wait()
}

// However often a process dies, folding or rebuilding, and goes on: the rows and the memory are those of a view that was
// folded once.
func TestDeathsChangeNothing(t *testing.T) {
	views := map[string]func() fold.View{
		"counter":   func() fold.View { return &counter{schema: 1, poison: "ended.v1"} },
		"games":     func() fold.View { return games.New(trial.Kinds, func() int64 { return 0 }) },
		"deadlines": func() fold.View { return deadlines.New() },
	}
	for name, make := range views {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				whole, parts := trial.NewLog(), trial.NewLog()
				fill(rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1)), whole)
				h := &home{log: parts, folders: trial.NewFolders(), make: make}
				rest := whole.All()
				for len(rest) > 0 {
					n := rapid.IntRange(1, len(rest)).Draw(rt, "events")
					parts.Append(rest[:n]...)
					rest = rest[n:]
					if rapid.Bool().Draw(rt, "live") {
						h.fold(t)
					}
					h.folders.DieAfter(rapid.IntRange(-1, 6).Draw(rt, "commits"))
					result, err := h.process().Rebuild(t.Context(), nil)
					switch {
					case errors.Is(err, trial.ErrKilled):
					case err != nil:
						rt.Fatal(err)
					case result.Compared && !result.Equal():
						rt.Fatalf("differs: %+v", result)
					}
				}
				once := make()
				uninterrupted := trial.NewViews()
				run(t, whole, uninterrupted, once)
				again := make()
				run(t, parts, h.folders.Live(), again)
				if checksum(t, uninterrupted) != checksum(t, h.folders.Live()) {
					rt.Fatal("checksums differ")
				}
				if a, b := remembered(t, once), remembered(t, again); a != b {
					rt.Fatalf("memories differ:\n%s\n%s", a, b)
				}
				if result, err := h.process().Verify(t.Context(), nil); err != nil || !result.Compared || !result.Equal() {
					rt.Fatalf("verify: %+v, %v", result, err)
				}
			})
		})
	}
}
