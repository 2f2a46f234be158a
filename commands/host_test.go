package commands_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// 32 commands may wait on a game; the next one is told so at once, and other games are not affected.
func TestTurnstileTurnsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		app := w.server(t, "s1", commands.Config{})
		id := chessGame(t, app, clock.Spec{Type: clock.None})
		release := w.hang()
		var wg sync.WaitGroup
		var mu sync.Mutex
		answers := map[string]int{}
		for i := range 40 {
			wg.Go(func() {
				_, err := app.Do(context.Background(), id, game.Command{ID: fmt.Sprint(i), Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
				var refusal *domain.Error
				answer := "ok"
				if errors.As(err, &refusal) {
					answer = string(refusal.Kind)
				}
				mu.Lock()
				answers[answer]++
				mu.Unlock()
			})
		}
		synctest.Wait()
		mu.Lock()
		if answers["busy"] != 40-33 {
			t.Errorf("answers while the store hangs: %v, want 7 busy", answers)
		}
		mu.Unlock()
		release()
		wg.Wait()
		if answers["ok"] != 1 || answers["version_conflict"] != 32 {
			t.Errorf("answers: %v, want 1 ok and 32 version_conflict", answers)
		}
	})
}

// A store that does not answer costs "unavailable" within the answer time, and nothing is done later.
func TestAnswerInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		app := w.server(t, "s1", commands.Config{})
		id := chessGame(t, app, clock.Spec{Type: clock.None})
		release := w.hang()
		started := time.Now()
		_, err := app.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
		refusedAs(t, err, domain.Unavailable)
		if took := time.Since(started); took > 2*time.Second {
			t.Errorf("answered after %v", took)
		}
		release()
		r, err := app.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
		if must(t, r, err); r.Duplicate || r.Version != 5 {
			t.Errorf("got %+v", r)
		}
	})
}

// Memory is bounded: unused games leave, the longest unused first, with a snapshot; those in use stay.
func TestHotGamesAreBounded(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{HotGames: 10})
	create := func(i int) string {
		r, _, err := app.Create(t.Context(), game.Command{ID: fmt.Sprint("c", i), Player: "ann", Wish: game.Create{
			Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic,
			Clock: clock.Spec{Type: clock.None}}})
		if err != nil {
			t.Fatal(err)
		}
		return r.Game
	}
	followed := create(0)
	_, stop, err := app.Follow(t.Context(), followed, &collector{})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for i := 1; i < 100; i++ {
		create(i)
	}
	hot := app.Hot()
	if len(hot) != 10 {
		t.Errorf("%d games in memory, want 10", len(hot))
	}
	found := false
	for _, h := range hot {
		found = found || h.ID == followed
	}
	if !found {
		t.Error("a game that is followed has left memory")
	}
	if s, err := app.State(t.Context(), commands.GameID("ann", "c1")); err != nil || s.Version != 2 {
		t.Errorf("an evicted game: %+v, %v", s, err)
	}
}

// Idle games leave by themselves; one whose clock runs stays until its flag falls.
func TestIdleGamesAreEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		app := w.server(t, "s1", commands.Config{EvictAfter: 10 * time.Second})
		chessGame(t, app, clock.Spec{Type: clock.None})
		time.Sleep(9 * time.Second)
		if len(app.Hot()) != 1 {
			t.Error("left early")
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(app.Hot()) != 0 {
			t.Error("an idle game stays in memory")
		}
		if w.counted("snapshot saved") != 1 {
			t.Error("a game that is being played left without a snapshot")
		}
	})
}

// The same creation again, also after the game has gone on and on another server, gives what it gave.
func TestCreateTwice(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{})
	id := chessGame(t, app, blitz)
	create := game.Command{ID: "c-1", Player: "ann", Wish: game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white",
		Access: game.AccessOpen, Watch: game.WatchPublic, Clock: blitz}}
	for _, host := range []*commands.Application{app, w.server(t, "s2", commands.Config{})} {
		r, s, err := host.Create(t.Context(), create)
		if err != nil || !r.Duplicate || r.Version != 2 || r.Game != id || s.Version != 2 || r.Seat != "white" {
			t.Errorf("got %+v, %v", r, err)
		}
		other := create
		wish := create.Wish.(game.Create)
		wish.Seat = "black"
		other.Wish = wish
		_, _, err = host.Create(t.Context(), other)
		refusedAs(t, err, domain.CommandIDReused)
	}
	// Ids of creations are the player's; the same id means something else inside the game.
	r, err := app.Do(t.Context(), id, game.Command{ID: "c-1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
	must(t, r, err)
}

// Names live in the person's stream, once.
func TestRemember(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{})
	for _, name := range []string{"Ann", "Ann", "Anna", "Anna"} {
		if err := app.Remember(t.Context(), "p_1", name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.server(t, "s2", commands.Config{}).Remember(t.Context(), "p_1", "Anna"); err != nil {
		t.Fatal(err)
	}
	if n := len(w.streams[event.PlayerStream("p_1")]); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

// A closed server refuses, and says that nothing was done.
func TestClosed(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{})
	id := chessGame(t, app, blitz)
	if err := app.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, err := app.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
	refusedAs(t, err, domain.Unavailable)
}
