package fold_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is a view that counts the events of each game and chokes on what it is told to.
type counter struct {
	schema int
	poison string
	memory map[string]string
}

func (c *counter) Name() string { return "counter" }
func (c *counter) Schema() int  { return c.schema }

func (c *counter) Apply(tx *fold.Tx, rec event.Recorded) error {
	seen, err := tx.Get(string(rec.Stream))
	if err != nil {
		return err
	}
	tx.Set(string(rec.Stream), append(bytes.Clone(seen), 'x'))
	switch {
	case c.poison == "":
	case c.poison == rec.Type:
		return errors.New("poison")
	case c.poison == "panic":
		panic("poison")
	}
	return nil
}

func (c *counter) Restore(rows fold.Rows) error {
	c.memory = make(map[string]string)
	for row, err := range rows.Scan("", false) {
		if err != nil {
			return err
		}
		c.memory[row.Key] = string(row.Value)
	}
	return nil
}

func (c *counter) Committed(changes map[string][]byte) {
	for key, value := range changes {
		c.memory[key] = string(value)
	}
}

// run folds a log into a folder until it has caught up, and gives what was written to the program's log.
func run(t *testing.T, log projections.Log, folder projections.Views, view fold.View) (*fold.Fold, string) {
	t.Helper()
	var written bytes.Buffer
	f := fold.New(fold.Config{Log: log, Views: folder, View: view, Logger: slog.New(slog.NewTextHandler(&written, nil))})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := f.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	<-f.CaughtUp()
	cancel()
	running.Wait()
	return f, written.String()
}

func TestCheckpoint(t *testing.T) {
	fill := func() (*trial.Log, *trial.Play) {
		log := trial.NewLog()
		play := trial.Started(log, "a", 1, game.Created{})
		play.Move(1)
		return log, play
	}
	for _, c := range []struct {
		name    string
		change  func(log *trial.Log, play *trial.Play, folder *trial.Views) (*trial.Log, int)
		rebuilt string
		want    int
	}{
		{"goes on", func(log *trial.Log, play *trial.Play, _ *trial.Views) (*trial.Log, int) {
			play.Move(1)
			return log, 1
		}, "", 6},
		{"another schema", func(log *trial.Log, _ *trial.Play, _ *trial.Views) (*trial.Log, int) { return log, 2 }, "schema", 5},
		{"a store that was restored", func(log *trial.Log, _ *trial.Play, _ *trial.Views) (*trial.Log, int) {
			log.Cut(3)
			return log, 1
		}, "does not hold", 3},
		{"another store", func(*trial.Log, *trial.Play, *trial.Views) (*trial.Log, int) {
			other := trial.NewLog()
			play := trial.Started(other, "a", 99, game.Created{})
			play.Move(1)
			play.Move(1)
			return other, 1
		}, "does not hold", 6},
		{"an empty store", func(*trial.Log, *trial.Play, *trial.Views) (*trial.Log, int) { return trial.NewLog(), 1 }, "does not hold", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			log, play := fill()
			folder := trial.NewViews()
			run(t, log, folder, &counter{schema: 1})
			log, schema := c.change(log, play, folder)
			view := &counter{schema: schema}
			_, written := run(t, log, folder, view)
			if rebuilt := strings.Contains(written, "rebuilt"); rebuilt != (c.rebuilt != "") || !strings.Contains(written, c.rebuilt) {
				t.Errorf("wrote %q, want %q in it", written, c.rebuilt)
			}
			if got := view.memory["game-a"]; len(got) != c.want {
				t.Errorf("counted %d events, want %d", len(got), c.want)
			}
		})
	}
}

// What a view reads is right also when it has more rows than are remembered, and they are read again and again.
func TestMoreRowsThanRemembered(t *testing.T) {
	const games, rounds = 20_000, 3
	var events []event.Recorded
	for round := range rounds {
		for g := range games {
			events = append(events, event.Recorded{Stream: event.GameStream(fmt.Sprint(g)), Version: uint64(round + 1), Type: "x.v1"})
			if g%1000 == 0 { // and one of which every batch has something
				events = append(events, event.Recorded{Stream: "game-often", Version: uint64(round*games/1000 + g/1000 + 1), Type: "x.v1"})
			}
		}
	}
	log, view := trial.NewLog(), &counter{schema: 1}
	log.Append(events...)
	run(t, log, trial.NewViews(), view)
	if len(view.memory) != games+1 || len(view.memory["game-often"]) != rounds*games/1000 {
		t.Errorf("%d rows, want %d; %d in one, want %d", len(view.memory), games+1, len(view.memory["game-often"]), rounds*games/1000)
	}
	for key, value := range view.memory {
		if key != "game-often" && len(value) != rounds {
			t.Fatalf("%s was counted %d times, want %d", key, len(value), rounds)
		}
	}
}

func TestPoison(t *testing.T) {
	for poison, parked := range map[string]int{"started.v1": 2, "panic": 11} {
		t.Run(poison, func(t *testing.T) {
			log := trial.NewLog()
			for _, id := range []string{"a", "b"} {
				play := trial.Started(log, id, 1, game.Created{})
				play.Move(1)
			}
			trial.NewPlay(log, "c", 1, game.Created{})
			view := &counter{schema: 1, poison: poison}
			f, written := run(t, log, trial.NewViews(), view)
			got, err := f.Parked()
			if err != nil || len(got) != parked {
				t.Fatalf("parked %d, %v; want %d", len(got), err, parked)
			}
			if got[0].Error == "" || got[0].Stream == "" || got[0].Position == "" || !strings.Contains(written, "parked") {
				t.Errorf("not visible: %+v, %q", got[0], written)
			}
			counted := 0
			for _, seen := range view.memory {
				counted += len(seen)
			}
			if counted != 11-parked {
				t.Errorf("counted %d events, want %d", counted, 11-parked)
			}
		})
	}
}

func TestStorageErrorsAreRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, folder, view := trial.NewLog(), trial.NewViews(), &counter{schema: 1}
		play := trial.Started(log, "a", 1, game.Created{})
		f := fold.New(fold.Config{Log: log, Views: folder, View: view, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- f.Run(ctx) }()
		synctest.Wait()
		folder.Fail(errors.New("disk full"))
		play.Move(1)
		time.Sleep(time.Minute)
		if lag, err := f.Lag(t.Context()); err != nil || lag < 50*time.Second {
			t.Errorf("lag %v, %v; want about a minute", lag, err)
		}
		if parked, _ := f.Parked(); len(parked) != 0 || len(view.memory["game-a"]) != 4 {
			t.Errorf("parked %v, rows %v", parked, view.memory)
		}
		folder.Fail(nil)
		log.Down(true)
		time.Sleep(time.Minute)
		log.Down(false)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if lag, err := f.Lag(t.Context()); err != nil || lag != 0 || len(view.memory["game-a"]) != 5 {
			t.Errorf("lag %v, %v; rows %v", lag, err, view.memory)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// A view that is stopped anywhere and started again ends with the rows of one that never was, and its memory too.
func TestRestartsChangeNothing(t *testing.T) {
	views := map[string]func() fold.View{
		"games":     func() fold.View { return games.New(trial.Kinds, func() int64 { return 0 }) },
		"deadlines": func() fold.View { return deadlines.New() },
	}
	for name, make := range views {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
				whole, parts := trial.NewLog(), trial.NewLog()
				fill(r, whole)
				uninterrupted, restarted := trial.NewViews(), trial.NewViews()
				once := make()
				run(t, whole, uninterrupted, once)
				var again fold.View
				for rest := whole.All(); ; {
					again = make()
					run(t, parts, restarted, again)
					if len(rest) == 0 {
						break
					}
					n := 1 + r.IntN(len(rest))
					parts.Append(rest[:n]...)
					rest = rest[n:]
				}
				if a, b := checksum(t, uninterrupted), checksum(t, restarted); a != b {
					rt.Fatalf("checksums differ")
				}
				if a, b := remembered(t, once), remembered(t, again); a != b {
					rt.Fatalf("memories differ:\n%s\n%s", a, b)
				}
			})
		})
	}
}

// fill plays some games at once, some of them to the end.
func fill(r *rand.Rand, log *trial.Log) {
	specs := []clock.Spec{{Type: clock.None}, {Type: clock.Fischer, Initial: 60_000, Increment: 1000}, {Type: clock.Days, Days: 2}}
	var plays []*trial.Play
	for at := range int64(10 + r.IntN(60)) {
		if len(plays) == 0 || r.IntN(8) == 0 {
			id := fmt.Sprintf("game%d", len(log.All()))
			plays = append(plays, trial.Started(log, id, at, game.Created{Creator: "p", Clock: specs[r.IntN(3)]}))
			continue
		}
		p := plays[r.IntN(len(plays))]
		p.At = at
		switch {
		case p.State.Status == game.Over:
		case r.IntN(6) == 0:
			p.End()
		default:
			p.Move(1)
		}
	}
}

func checksum(t *testing.T, folder projections.Views) [32]byte {
	t.Helper()
	sum, err := fold.Checksum(folder)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func remembered(t *testing.T, view fold.View) string {
	t.Helper()
	switch v := view.(type) {
	case *deadlines.Deadlines:
		return fmt.Sprint(v.All())
	case *games.Games:
		rows, _, err := v.List(t.Context(), games.Query{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(rows)
	default:
		t.Fatalf("nothing known of %T", view)
		return ""
	}
}
