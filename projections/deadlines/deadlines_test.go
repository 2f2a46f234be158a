package deadlines_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/internal/trial"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folded is the view of a log.
func folded(t *testing.T, log *trial.Log) *deadlines.Deadlines {
	t.Helper()
	d := deadlines.New()
	f := fold.New(fold.Config{Log: log, Views: trial.NewViews(), View: d, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = f.Run(ctx) })
	<-f.CaughtUp()
	cancel()
	running.Wait()
	if parked, err := f.Parked(); err != nil || len(parked) != 0 {
		t.Errorf("parked %v, %v", parked, err)
	}
	return d
}

// Whatever happens in a game of two, the view says what the aggregate says.
func TestAgreesWithTheAggregate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		spec := rapid.SampledFrom([]clock.Spec{
			{Type: clock.None},
			{Type: clock.Fischer, Initial: 60_000, Increment: 2_000},
			{Type: clock.Delay, Initial: 60_000, Delay: 5_000},
			{Type: clock.Days, Days: 3},
		}).Draw(rt, "clock")
		log := trial.NewLog()
		p := trial.NewPlay(log, "g", 1_000, game.Created{Clock: spec})
		check := func() {
			rows := folded(t, log).All()
			want, ok := due(p.State, p.At)
			if !ok {
				if len(rows) != 0 {
					rt.Fatalf("%s, %s: %v, want none", spec.Type, p.State.Status, rows)
				}
				return
			}
			if len(rows) != 1 || rows[0].Due != want || rows[0].Game != "g" || rows[0].Server != "s1" || rows[0].Clock != spec.Type {
				rt.Fatalf("%s, %s, version %d: %+v, want due %d", spec.Type, p.State.Status, p.State.Version, rows, want)
			}
		}
		check()
		p.Do(game.Seated{Seat: "a", Player: "p"})
		check()
		p.Do(game.Seated{Seat: "b", Player: "q"}, game.Started{Turn: []game.Seat{"a"}})
		check()
		for range rapid.IntRange(0, 12).Draw(rt, "events") {
			p.At += rapid.Int64Range(0, 9_000).Draw(rt, "pause")
			step(rt, p)
			check()
		}
		p.End()
		check()
	})
}

// step does something that the aggregate would allow.
func step(rt *rapid.T, p *trial.Play) {
	s := p.State
	turn := s.Turn()[0]
	left := s.Times()
	switch what := rapid.SampledFrom([]string{"move", "move", "move", "draw", "takeback", "time", "adjusted"}).Draw(rt, "what"); {
	case what == "draw" && s.Status == game.Live:
		p.Do(game.DrawOffered{Seat: turn})
	case what == "takeback" && s.Status == game.Live && s.Takeback.Version == 0:
		by := rapid.SampledFrom([]game.Seat{"a", "b"}).Draw(rt, "by")
		plies := 1
		for mover, ok := s.Board.(game.Undo).Mover(plies); mover != by; mover, ok = s.Board.(game.Undo).Mover(plies) {
			if !ok {
				return // nothing to take back
			}
			plies++
		}
		p.Do(game.TakebackOffered{Seat: by, Plies: plies})
		if rapid.Bool().Draw(rt, "accepted") {
			p.Do(game.TakenBack{Plies: plies})
		} else {
			p.Do(game.TakebackDeclined{Seat: by, Plies: plies})
		}
	case what == "time" && s.Status == game.Live && s.Setup.Clock.Live():
		p.Do(game.TimeAdded{Seat: "a", To: "b", MS: game.Gift})
	case what == "adjusted" && len(s.Running()) > 0 && s.Setup.Clock.Live():
		left[turn] = max(0, left[turn]-100)
		p.Do(game.ClockAdjusted{Reason: game.Failover, Seat: turn, Charged: 100, Left: left})
	default:
		if seat := s.Seats[s.Index(turn)]; seat.Moved && left != nil {
			left[turn] = s.Setup.Clock.Spend(seat.Left, min(p.At-seat.Origin.At, 5_000), 0)
		}
		p.Do(game.MovePlayed{Seat: turn, M: json.RawMessage("1"), Left: left})
	}
}

// due is what the aggregate says, in Unix ms.
func due(s *game.State, now int64) (int64, bool) {
	env := game.Env{Seats: make([]game.Measured, len(s.Seats))}
	for i := range s.Seats {
		env.Seats[i].Elapsed = now - s.Seats[i].Origin.At
	}
	in, ok := game.Due(s, env)
	return now + in, ok
}

func TestDueAndSnooze(t *testing.T) {
	log := trial.NewLog()
	for at, id := range []string{"c", "a", "b"} {
		trial.Started(log, id, int64(at)*1000, game.Created{Clock: clock.Spec{Type: clock.Fischer, Initial: 60_000}})
	}
	d := folded(t, log)
	ids := func(rows []deadlines.Row) (ids []string) {
		for _, r := range rows {
			ids = append(ids, r.Game)
		}
		return ids
	}
	want := func(now int64, limit int, games ...string) {
		t.Helper()
		if got := ids(d.Due(now, limit)); !slices.Equal(got, games) {
			t.Errorf("due at %d: %v, want %v", now, got, games)
		}
	}
	want(29_999, 10)
	want(30_000, 10, "c")
	want(99_000, 10, "c", "a", "b")
	want(99_000, 2, "c", "a")
	d.Snooze("c", 100_000)
	want(99_000, 2, "a", "b")
	want(100_000, 10, "a", "b", "c")
	if got := ids(d.All()); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("all: %v", got)
	}
}

// A row that is cut short or damaged is an error, never a panic and never another row.
func TestRowsThatCannotBeRead(t *testing.T) {
	log, views := trial.NewLog(), trial.NewViews()
	trial.Started(log, "g", 1_000, game.Created{Clock: clock.Spec{Type: clock.Fischer, Initial: 60_000, Increment: 1}})
	f := fold.New(fold.Config{Log: log, Views: views, View: deadlines.New(), Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = f.Run(ctx) })
	<-f.CaughtUp()
	cancel()
	running.Wait()

	rows := fold.RowsOf(views)
	whole, err := rows.Get("g")
	if err != nil || len(whole) == 0 {
		t.Fatalf("no row: %v", err)
	}
	restore := func(row []byte) error {
		if err := views.Commit(map[string][]byte{"\x01g": row}, f.At()); err != nil {
			t.Fatal(err)
		}
		return deadlines.New().Restore(rows)
	}
	if err := restore(whole); err != nil {
		t.Errorf("a good row: %v", err)
	}
	for n := range whole {
		if restore(whole[:n:n]) == nil {
			t.Errorf("a row of %d bytes is read when %d are left", len(whole), n)
		}
	}
	if restore(append(slices.Clone(whole), 0)) == nil {
		t.Error("a row with something behind it is read")
	}
	rapid.Check(t, func(rt *rapid.T) {
		_ = restore(append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(rt, "row")...)) // must not panic
	})
}
