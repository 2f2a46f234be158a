package commands_test

import (
	"errors"
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// Who waits in an open game and has gone is found when the game is woken, and by whoever comes to it.
func TestGhosts(t *testing.T) {
	for _, wake := range []bool{true, false} {
		w := newWorld()
		app := w.server(t, "s1", commands.Config{})
		receipt, _, err := app.Create(t.Context(), game.Command{ID: "c-1", Player: "ann", Wish: game.Create{
			Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic, Clock: blitz}})
		if err != nil {
			t.Fatal(err)
		}
		absent := func(ms int64) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.absent["white"] = ms
		}
		for _, ms := range []int64{game.Present, game.GhostAfter - 1} {
			absent(ms)
			if err := app.Wake(t.Context(), receipt.Game); err != nil {
				t.Fatal(err)
			}
			if s, err := app.State(t.Context(), receipt.Game); err != nil || s.Status != game.Open {
				t.Fatalf("absent for %d ms: %v, %v", ms, s, err)
			}
		}
		absent(game.GhostAfter)
		if wake {
			if err := app.Wake(t.Context(), receipt.Game); err != nil {
				t.Fatal(err)
			}
		} else {
			_, err := app.Do(t.Context(), receipt.Game, game.Command{ID: "s-1", Player: "bob", Wish: game.Sit{Seat: "black"}}, game.Arrival{})
			if !errors.Is(err, &domain.Error{Kind: domain.GameOver}) {
				t.Errorf("sitting down with a ghost: %v", err)
			}
		}
		if s, err := app.State(t.Context(), receipt.Game); err != nil || s.Result.Reason != game.Withdrawn {
			t.Errorf("a ghost's game: %+v, %v", s, err)
		}
	}
}
