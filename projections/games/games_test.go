package games_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/internal/trial"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is the view with a fold that runs while the test does.
type scene struct {
	t    *testing.T
	log  *trial.Log
	view *games.Games
}

// inBubble runs a test on fake time.
func inBubble(t *testing.T, test func(s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, log: trial.NewLog(), view: games.New(trial.Kinds, now)}
		f := fold.New(fold.Config{Log: s.log, Views: trial.NewViews(), View: s.view, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = f.Run(ctx) })
		test(s)
		cancel()
		running.Wait()
		if parked, err := f.Parked(); err != nil || len(parked) != 0 {
			t.Errorf("parked %v, %v", parked, err)
		}
	})
}

func now() int64 { return time.Now().UnixMilli() }

func (s *scene) list(q games.Query) (rows []games.Row, next string) {
	s.t.Helper()
	synctest.Wait()
	if q.Limit == 0 {
		q.Limit = 100
	}
	rows, next, err := s.view.List(s.t.Context(), q)
	if err != nil {
		s.t.Fatalf("list %+v: %v", q, err)
	}
	return rows, next
}

func (s *scene) want(q games.Query, want ...string) {
	s.t.Helper()
	rows, _ := s.list(q)
	got := []string{}
	for _, r := range rows {
		got = append(got, r.Game)
	}
	if !slices.Equal(got, want) && len(got)+len(want) > 0 {
		s.t.Errorf("list %+v gives %v, want %v", q, got, want)
	}
}

func TestLists(t *testing.T) {
	inBubble(t, func(s *scene) {
		yes, no := true, false
		fischer := clock.Spec{Type: clock.Fischer, Initial: 60_000}
		lobby := trial.NewPlay(s.log, "lobby", now(), game.Created{Access: game.AccessOpen, Creator: "c"})
		invite := trial.NewPlay(s.log, "invite", now(), game.Created{Creator: "p"})
		trial.Started(s.log, "ready", now(), game.Created{Rated: true, Clock: fischer})
		live := trial.Started(s.log, "live", now(), game.Created{})
		live.Move(1)
		live.Move(1)
		hidden := trial.Started(s.log, "hidden", now(), game.Created{Watch: game.WatchLink})
		over := trial.Started(s.log, "over", now(), game.Created{Creator: "p"})
		over.Move(1)
		over.End()

		s.want(games.Query{}, "over", "live", "ready", "lobby")
		s.want(games.Query{Status: game.Open}, "lobby")
		s.want(games.Query{Status: game.Live}, "live", "ready")
		s.want(games.Query{Status: game.Over}, "over")
		s.want(games.Query{Rated: &yes}, "ready")
		s.want(games.Query{Rated: &no}, "over", "live", "lobby")
		s.want(games.Query{Kind: "race", Limit: 2}, "over", "live")
		s.want(games.Query{Kind: "chess"})
		s.want(games.Query{Player: "p"}, "over", "live", "ready")
		s.want(games.Query{Player: "c"})
		s.want(games.Query{Player: "c", Own: true}, "lobby")
		s.want(games.Query{Player: "p", Own: true}, "over", "hidden", "live", "ready", "invite")
		s.want(games.Query{Player: "p", Own: true, Status: game.Live}, "hidden", "live", "ready")
		s.want(games.Query{Player: "p", Own: true, Status: game.Over}, "over")

		invite.Do(game.Ended{Reason: game.Withdrawn})
		s.want(games.Query{Status: game.Over}, "over")
		s.want(games.Query{Status: game.Over, Player: "p", Own: true}, "over", "invite")
		hidden.End()
		lobby.Do(game.Seated{Seat: "b", Player: "q"})
		s.want(games.Query{Status: game.Over}, "over")
		s.want(games.Query{Player: "q", Status: game.Open}, "lobby")
		s.want(games.Query{Player: "q", Status: game.Over, Own: true}, "over", "hidden")
		rows, _ := s.list(games.Query{Status: game.Over})
		if r := rows[0]; r.Result.Reason != game.Resigned || r.Result.Winner != "a" || r.Seats[1].Player != "q" {
			t.Errorf("ended row %+v", r)
		}
	})
}

// Pages cover everything once, whatever ends between them.
func TestPages(t *testing.T) {
	inBubble(t, func(s *scene) {
		const count = 235
		plays := make([]*trial.Play, count)
		for i := range plays {
			plays[i] = trial.Started(s.log, fmt.Sprintf("g%03d", i), now(), game.Created{})
			if i%3 == 0 {
				plays[i].End()
			}
		}
		for _, status := range []game.Status{"", game.Over} {
			var got []string
			for q := (games.Query{Limit: 7, Status: status}); ; {
				rows, next := s.list(q)
				for _, r := range rows {
					got = append(got, r.Game)
				}
				if status == "" && len(got) == 70 {
					plays[100].End()
					plays[200].End()
				}
				if q.Before = next; next == "" {
					break
				}
			}
			want := 0
			for i := count - 1; i >= 0; i-- {
				if status == "" || plays[i].State.Status == game.Over {
					if want >= len(got) || got[want] != fmt.Sprintf("g%03d", i) {
						t.Fatalf("status %q, place %d of %v: want g%03d", status, want, got, i)
					}
					want++
				}
			}
			if len(got) != want {
				t.Errorf("status %q: %d rows, want %d", status, len(got), want)
			}
		}
		for _, before := range []string{"x", "0", "-1", "01", "1e3", "99999999999999999999"} {
			_, _, err := s.view.List(t.Context(), games.Query{Limit: 1, Before: before})
			if !errors.Is(err, &domain.Error{Kind: domain.InvalidField}) {
				t.Errorf("before %q: %v", before, err)
			}
		}
	})
}

// What others are shown of a delayed game never tells more than the delay allows.
func TestDelayedRows(t *testing.T) {
	inBubble(t, func(s *scene) {
		const delay = time.Minute
		status := func(want game.Status, seats int) {
			t.Helper()
			rows, _ := s.list(games.Query{})
			if want == "" {
				if len(rows) != 0 {
					t.Errorf("shown: %+v", rows)
				}
				return
			}
			if len(rows) != 1 || rows[0].Status != want {
				t.Fatalf("shown: %+v, want %s", rows, want)
			}
			taken := 0
			for _, seat := range rows[0].Seats {
				if seat.Player != "" {
					taken++
				}
			}
			if taken != seats {
				t.Errorf("%d seats taken, want %d", taken, seats)
			}
			if want != game.Over && rows[0].At > now()-delay.Milliseconds() {
				t.Errorf("the row tells of something that happened %d ms ago", now()-rows[0].At)
			}
		}
		// At 0 s created, 10 s first seat, 20 s started, 30 s first move, 130 s end.
		p := trial.NewPlay(s.log, "g", now(), game.Created{Delay: delay.Milliseconds(), Access: game.AccessOpen})
		status("", 0)
		s.want(games.Query{Status: game.Open})
		time.Sleep(10 * time.Second)
		p.At = now()
		p.Do(game.Seated{Seat: "a", Player: "p"})
		s.want(games.Query{Player: "p", Own: true}, "g")
		s.want(games.Query{Player: "p"})
		time.Sleep(10 * time.Second)
		p.At = now()
		p.Do(game.Seated{Seat: "b", Player: "q"}, game.Started{Turn: []game.Seat{"a"}})
		time.Sleep(10 * time.Second)
		p.At = now()
		p.Move(1)
		status("", 0)
		time.Sleep(30 * time.Second) // 60 s
		status(game.Open, 0)
		time.Sleep(10 * time.Second)
		status(game.Open, 1)
		s.want(games.Query{Player: "p"}, "g")
		s.want(games.Query{Player: "q"})
		time.Sleep(10 * time.Second)
		status(game.Ready, 2)
		time.Sleep(10 * time.Second)
		status(game.Live, 2)
		time.Sleep(40 * time.Second)
		p.At = now()
		p.End()
		status(game.Over, 2)
	})
}

func TestQuota(t *testing.T) {
	inBubble(t, func(s *scene) {
		g := s.view
		var plays []*trial.Play
		for i := range games.MaxUnfinished {
			id := fmt.Sprintf("g%d", i)
			if !g.Reserve("p", id) || !g.Reserve("p", id) {
				t.Fatalf("refused at %d", i)
			}
			if i%2 == 0 {
				plays = append(plays, trial.Started(s.log, id, now(), game.Created{Creator: "p"}))
			}
		}
		synctest.Wait()
		refused := func(id string, want bool) {
			t.Helper()
			if got := !g.Reserve("p", id); got != want {
				t.Errorf("game %s refused: %v, want %v", id, got, want)
			}
		}
		refused("more", true)
		refused("g0", false)
		refused("g1", false)
		g.Release("p", "g1")
		refused("more", false)
		refused("g1", true)
		plays[0].End()
		synctest.Wait()
		refused("g1", false)
		refused("even more", true)
		refused("g0", false) // ended: a creation that is sent again
		if !g.Reserve("q", "other") {
			t.Error("the quota of one player holds for another")
		}
		time.Sleep(2 * time.Minute) // reservations that led to nothing
		for i := range 51 {
			refused(fmt.Sprintf("late%d", i), i == 51)
		}
		refused("too late", true)
	})
}
