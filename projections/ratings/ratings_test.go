package ratings_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/domain/rating"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/internal/trial"
	"github.com/plygames/ply/projections/ratings"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	blitz  = clock.Spec{Type: clock.Fischer, Initial: 180_000, Increment: 2_000}
	bullet = clock.Spec{Type: clock.Fischer, Initial: 60_000}
	people = []string{"ann", "bob", "cy", "di"}
)

// ended plays a game to an end with these scores; nil scores are those of a game that was aborted.
func ended(log *trial.Log, id string, at int64, setup game.Created, a, b string, scores map[game.Seat]int) {
	p := trial.NewPlay(log, id, at, setup)
	p.Do(game.Seated{Seat: "a", Player: a})
	p.Do(game.Seated{Seat: "b", Player: b}, game.Started{Turn: []game.Seat{"a"}})
	p.Move(1)
	e := game.Ended{Reason: game.Resigned, Scores: scores, Left: p.State.Times()}
	if scores == nil {
		e.Reason = game.Aborted
	}
	p.Do(e)
}

// run folds a log into a folder until it has caught up.
func run(t *testing.T, log projections.Log, folder projections.Views) *ratings.Ratings {
	t.Helper()
	view := ratings.New()
	f := fold.New(fold.Config{Log: log, Views: folder, View: view, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = f.Run(ctx) })
	<-f.CaughtUp()
	cancel()
	running.Wait()
	if parked, err := f.Parked(); err != nil || len(parked) > 0 {
		t.Errorf("parked: %v %v", parked, err)
	}
	return view
}

func checksum(t *testing.T, folder projections.Views) [32]byte {
	t.Helper()
	sum, err := fold.Checksum(folder)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// model is the ratings computed in the plainest way: from a list of results.
type model struct {
	ratings map[[2]string]rating.Rating // player, class
	games   map[[2]string]int
	won     map[[2]string]int // player, opponent
	played  map[string]int
}

func (m *model) result(class rating.Class, rated bool, a, b string, score float64) {
	m.played[a]++
	m.played[b]++
	if score == 1 {
		m.won[[2]string{a, b}]++
	} else if score == 0 {
		m.won[[2]string{b, a}]++
	}
	if !rated {
		return
	}
	of := func(p string) rating.Rating {
		if r, ok := m.ratings[[2]string{p, string(class)}]; ok {
			return r
		}
		return rating.New()
	}
	ra, rb := of(a), of(b)
	m.ratings[[2]string{a, string(class)}] = rating.Update(ra, []rating.Result{{Opponent: rb, Score: score}}, rating.Tau).Round()
	m.ratings[[2]string{b, string(class)}] = rating.Update(rb, []rating.Result{{Opponent: ra, Score: 1 - score}}, rating.Tau).Round()
	m.games[[2]string{a, string(class)}]++
	m.games[[2]string{b, string(class)}]++
}

// fill plays random games one after the other, some of which do not count, and gives what must come of them.
func fill(r *rand.Rand, log *trial.Log) *model {
	m := &model{map[[2]string]rating.Rating{}, map[[2]string]int{}, map[[2]string]int{}, map[string]int{}}
	for n := range 5 + r.IntN(80) {
		a, b := people[r.IntN(4)], people[r.IntN(4)]
		if a == b {
			continue
		}
		setup := game.Created{Creator: a, Clock: []clock.Spec{blitz, bullet, bullet, {Type: clock.Days, Days: 1}}[r.IntN(4)], Rated: r.IntN(4) > 0}
		id := fmt.Sprintf("game%d", n)
		switch s := r.IntN(5); s {
		case 3:
			ended(log, id, int64(n), setup, a, b, nil)
		case 4:
			trial.NewPlay(log, id, int64(n), setup).Do(game.Seated{Seat: "a", Player: a})
		default:
			ended(log, id, int64(n), setup, a, b, map[game.Seat]int{"a": s, "b": 2 - s})
			m.result(rating.ClassOf(setup.Clock), setup.Rated, a, b, float64(s)/2)
		}
	}
	return m
}

// check compares a view with the model.
func check(view *ratings.Ratings, m *model) error {
	ctx := context.Background()
	for _, who := range people {
		p, err := view.Profile(ctx, who)
		if isKind(err, domain.NotFound) && m.played[who] == 0 {
			continue
		}
		if err != nil {
			return err
		}
		rated := 0
		for _, r := range p.Ratings {
			key := [2]string{who, string(r.Class)}
			if r.Rating != m.ratings[key] || int(r.Games) != m.games[key] {
				return fmt.Errorf("%v: %+v, want %+v after %d games", key, r, m.ratings[key], m.games[key])
			}
			rated += int(r.Games)
		}
		if int(p.Games) != m.played[who] || int(p.Rated) != rated || p.Won+p.Drawn+p.Lost != p.Games {
			return fmt.Errorf("%s has played %+v, want %d games, %d rated", who, p.Person, m.played[who], rated)
		}
		changes, next, err := view.History(ctx, ratings.Query{Player: who, Limit: 1000})
		if err != nil || next != "" || len(changes) != rated {
			return fmt.Errorf("%s: %d changes, want %d; next %q, %v", who, len(changes), rated, next, err)
		}
		last := map[rating.Class]float64{}
		for _, c := range slices.Backward(changes) {
			if before, ok := last[c.Class]; ok && before != c.Before || !ok && c.Before != rating.StartRating {
				return fmt.Errorf("%s: %+v does not follow %v", who, c, before)
			}
			last[c.Class] = c.After
		}
		for _, other := range people {
			if r, err := view.Versus(ctx, who, other); err == nil && other != who && int(r.Won) != m.won[[2]string{who, other}] {
				return fmt.Errorf("%s won %d against %s, want %d", who, r.Won, other, m.won[[2]string{who, other}])
			}
		}
	}
	for _, class := range rating.Classes() {
		list, err := view.Top(ctx, "race", class, 100)
		if err != nil {
			return err
		}
		believed := 0
		for key, r := range m.ratings {
			if key[1] == string(class) && r.Deviation <= rating.ProvisionalAbove {
				believed++
			}
		}
		sorted := slices.IsSortedFunc(list, func(a, b ratings.Rated) int { return int(math.Copysign(1, b.Rating.Rating-a.Rating.Rating)) })
		if len(list) != believed || !sorted {
			return fmt.Errorf("top of %s: %d of %d believed, sorted %v", class, len(list), believed, sorted)
		}
	}
	return nil
}

func isKind(err error, kind domain.Kind) bool {
	var refusal *domain.Error
	return errors.As(err, &refusal) && refusal.Kind == kind
}

// Stopped at random points and started again, the view ends with the same rows as without a stop, and with what a plain
// computation gives.
func TestRestartedAtRandomPoints(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		whole, parts := trial.NewLog(), trial.NewLog()
		want := fill(r, whole)
		once, again := trial.NewViews(), trial.NewViews()
		if err := check(run(t, whole, once), want); err != nil {
			rt.Fatal(err)
		}
		var view *ratings.Ratings
		for rest := whole.All(); ; {
			view = run(t, parts, again)
			if len(rest) == 0 {
				break
			}
			n := 1 + r.IntN(len(rest))
			parts.Append(rest[:n]...)
			rest = rest[n:]
		}
		if err := check(view, want); err != nil {
			rt.Fatal(err)
		}
		if checksum(t, once) != checksum(t, again) {
			rt.Fatal("checksums differ")
		}
	})
}

// killed is a folder whose owner dies around a commit: before it, or after it and without knowing that it was done.
type killed struct {
	projections.Views
	r      *rand.Rand
	deaths int
}

var errKilled = errors.New("killed")

func (k *killed) Commit(changes map[string][]byte, at projections.Checkpoint) error {
	switch k.r.IntN(3) {
	case 0:
		k.deaths++
		return errKilled
	case 1:
		k.deaths++
		return errors.Join(k.Views.Commit(changes, at), errKilled)
	default:
		return k.Views.Commit(changes, at)
	}
}

// Whatever happens around commits, each game counts exactly once.
func TestExactlyOnceUnderKills(t *testing.T) {
	deaths := 0
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			log := trial.NewLog()
			want := fill(r, log)
			once, folder := trial.NewViews(), &killed{Views: trial.NewViews(), r: r}
			run(t, log, once)
			if err := check(run(t, log, folder), want); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if checksum(t, once) != checksum(t, folder) {
				t.Errorf("seed %d: checksums differ", seed)
			}
			deaths += folder.deaths
		})
	}
	if deaths < 60 {
		t.Errorf("only %d deaths", deaths)
	}
}

func TestWhatCounts(t *testing.T) {
	log := trial.NewLog()
	win := map[game.Seat]int{"a": 2, "b": 0}
	ended(log, "g1", 1, game.Created{Creator: "ann", Clock: blitz, Rated: true}, "ann", "bob", win)
	ended(log, "g2", 2, game.Created{Creator: "ann", Clock: blitz, Rated: true, Watch: game.WatchLink}, "bob", "ann", win)
	ended(log, "g3", 3, game.Created{Creator: "ann", Clock: blitz}, "ann", "bob", win)
	ended(log, "g4", 4, game.Created{Creator: "ann", Clock: blitz, Rated: true}, "ann", "bob", nil)
	log.Append(player.Record("eve", 0, event.Genesis(event.PlayerStream("eve")), player.Named{Name: "Eve"}, event.Meta{At: 9}))
	view := run(t, log, trial.NewViews())
	ctx := t.Context()

	p, err := view.Profile(ctx, "ann")
	if err != nil || p.Person != (ratings.Person{Created: 1, Games: 3, Rated: 2, Won: 2, Lost: 1}) || len(p.Ratings) != 1 {
		t.Errorf("ann: %+v %v", p, err)
	}
	if r := p.Ratings[0]; r.Kind != "race" || r.Class != rating.Blitz || r.Games != 2 || r.At != 2 || !r.Provisional() {
		t.Errorf("ann is rated %+v", r)
	}
	if got := view.Rating("ann", "race", blitz); got != int(math.Round(p.Ratings[0].Rating.Rating)) || got == 0 {
		t.Errorf("ann sits down with %d", got)
	}
	if got := view.Rating("ann", "race", bullet); got != 0 {
		t.Errorf("ann sits down to bullet with %d", got)
	}
	if p, err := view.Profile(ctx, "eve"); err != nil || p.Created != 9 || p.Games != 0 {
		t.Errorf("eve: %+v %v", p, err)
	}
	if _, err := view.Profile(ctx, "nobody"); !isKind(err, domain.NotFound) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := view.Versus(ctx, "ann", "nobody"); !isKind(err, domain.NotFound) {
		t.Errorf("against nobody: %v", err)
	}
	if r, err := view.Versus(ctx, "bob", "ann"); err != nil || r != (ratings.Record{Won: 1, Lost: 2}) {
		t.Errorf("bob against ann: %+v %v", r, err)
	}
	// A game that not everybody may find is not named.
	var games []string
	before := ""
	for {
		list, next, err := view.History(ctx, ratings.Query{Player: "ann", Before: before, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			games = append(games, c.Game)
		}
		if before = next; next == "" {
			break
		}
	}
	if !slices.Equal(games, []string{"", "g1"}) {
		t.Errorf("history names %q", games)
	}
	for _, before := range []string{"0", "01", "x", "-1", "99999999999999999999"} {
		if _, _, err := view.History(ctx, ratings.Query{Player: "ann", Before: before, Limit: 1}); !isKind(err, domain.InvalidField) {
			t.Errorf("before %q: %v", before, err)
		}
	}
	if list, _, err := view.History(ctx, ratings.Query{Player: "ann", Class: rating.Days, Limit: 5}); err != nil || len(list) != 0 {
		t.Errorf("days: %v %v", list, err)
	}
}

// A game that ends twice, which no server lets happen, counts once all the same.
func TestAnEndCountsOnce(t *testing.T) {
	log := trial.NewLog()
	p := trial.NewPlay(log, "g1", 1, game.Created{Creator: "ann", Clock: blitz, Rated: true})
	p.Do(game.Seated{Seat: "a", Player: "ann"})
	p.Do(game.Seated{Seat: "b", Player: "bob"}, game.Started{Turn: []game.Seat{"a"}})
	p.End()
	p.End()
	if got, err := run(t, log, trial.NewViews()).Profile(t.Context(), "ann"); err != nil || got.Games != 1 || got.Ratings[0].Games != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Once ratings are believed, everybody stands in the top list once, at their newest rating.
func TestTopHoldsTheNewest(t *testing.T) {
	r, log := rand.New(rand.NewPCG(7, 7)), trial.NewLog()
	m := &model{map[[2]string]rating.Rating{}, map[[2]string]int{}, map[[2]string]int{}, map[string]int{}}
	for n := range 150 {
		a, b, score := people[n%3], people[(n+1)%3], r.IntN(3)
		ended(log, fmt.Sprintf("game%d", n), int64(n), game.Created{Creator: a, Clock: blitz, Rated: true}, a, b,
			map[game.Seat]int{"a": score, "b": 2 - score})
		m.result(rating.Blitz, true, a, b, float64(score)/2)
	}
	view := run(t, log, trial.NewViews())
	if err := check(view, m); err != nil {
		t.Error(err)
	}
	if list, err := view.Top(t.Context(), "race", rating.Blitz, 2); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := view.Top(t.Context(), "race", rating.Blitz, 9); err != nil || len(list) != 3 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestNotReady(t *testing.T) {
	if _, err := ratings.New().Profile(t.Context(), "ann"); !isKind(err, domain.Unavailable) {
		t.Errorf("%v", err)
	}
}

func BenchmarkApply(b *testing.B) {
	log := trial.NewLog()
	for n := range 1000 {
		ended(log, fmt.Sprintf("game%d", n), int64(n), game.Created{Creator: "ann", Clock: blitz, Rated: true}, people[n%4], people[(n+1)%4],
			map[game.Seat]int{"a": 2, "b": 0})
	}
	for b.Loop() {
		f := fold.New(fold.Config{Log: log, Views: trial.NewViews(), View: ratings.New(), Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- f.Run(ctx) }()
		<-f.CaughtUp()
		cancel()
		<-done
	}
	b.ReportMetric(float64(b.N*len(log.All()))/b.Elapsed().Seconds(), "events/s")
}
