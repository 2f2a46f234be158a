package policies_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plygames/ply/commands/policies"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// older merges as servers did before attempts were made at versions (commit 9fdf000), which may share a store with this
// release while that one is replaced.
func older(ctx context.Context, games policies.Commander, m policies.Merge) {
	do := func(id string, c game.Command) (refusal domain.Kind, failed bool) {
		_, err := games.Do(ctx, id, c, game.Arrival{})
		var refused *domain.Error
		errors.As(err, &refused)
		if refused != nil {
			return refused.Kind, true
		}
		return "", err != nil
	}
	kind, failed := do(m.Into, game.Command{Wish: game.Keep{Seat: m.Seat, Player: m.Player, From: m.From}})
	if failed && kind != domain.AlreadyJoined {
		return
	}
	kind, failed = do(m.From, game.Command{ID: "pair/" + m.Into, Wish: game.Pair{Next: m.Into}})
	if slices.Contains([]domain.Kind{domain.GameOver, domain.GameFull, domain.Forbidden}, kind) {
		do(m.Into, game.Command{Wish: game.Release{From: m.From}})
		return
	}
	if failed {
		return
	}
	do(m.Into, game.Command{ID: "pair/" + m.From, Player: m.Player, Wish: game.Sit{Seat: string(m.Seat)}})
}

// olderTown decides what such a server decides: it knows of no versions in what it reads.
type olderTown struct{ *town }

func (w olderTown) Do(ctx context.Context, id string, c game.Command, at game.Arrival) (game.Receipt, error) {
	s, _ := w.State(ctx, id)
	for _, p := range s.Seats {
		switch wish := c.Wish.(type) {
		case game.Keep:
			if p.Seat == wish.Seat && p.Kept == wish.From {
				wish.FromVersion = p.KeptAt
				c.Wish = wish
			}
		case game.Release:
			if p.Kept == wish.From {
				wish.FromVersion = p.KeptAt
				c.Wish = wish
			}
		}
	}
	return w.town.Do(ctx, id, c, at)
}

// crowded lets somebody take the seat by hand before a step, whoever makes it.
type crowded struct {
	*stepping
	steps *atomic.Int64
	when  int64
}

func (c *crowded) Do(ctx context.Context, id string, command game.Command, at game.Arrival) (game.Receipt, error) {
	if c.steps.Add(1) == c.when {
		_, _ = c.town.Do(ctx, "ann's", game.Command{ID: "sit", Player: "cid", Wish: game.Sit{Seat: game.AnySeat}}, game.Arrival{})
	}
	return c.stepping.Do(ctx, id, command, at)
}

// TestPairingBesideAnOlderRelease: a server of this release and one of the last see the same two who fit, while a third
// person takes the seat by hand at any moment. In every order of their steps, and wherever one of them dies, nobody's game
// ends without another in which they sit.
func TestPairingBesideAnOlderRelease(t *testing.T) {
	const steps = 8
	for order := range 1 << steps {
		for sits := range int64(steps) { // 0: nobody
			for life := range 12 { // of either server; 0 and 6: for ever
				if sits > 0 && life%6 > 0 && (order+life+int(sits))%5 != 0 {
					continue // both at once: some of them
				}
				lives := [2]int{-1, -1}
				if life%6 > 0 {
					lives[life/6] = life % 6
				}
				what := fmt.Sprintf("order %08b, the seat is taken at step %d, lives %v", order, sits, lives)
				w := newTown()
				w.seek(t, "ann's", "ann", "white")
				w.seek(t, "bob's", "bob", "black")
				var counted atomic.Int64
				turns := newTurns(order, steps)
				server := func(n int, does policies.Commander) *crowded {
					return &crowded{&stepping{mortal: mortal{town: w, does: does, left: lives[n], done: order&1 == 0}, turns: turns, n: n}, &counted, sits}
				}
				merges := policies.Match(w.seeks(), func(string) bool { return false })
				seen := w.seeks()
				var servers sync.WaitGroup
				servers.Go(func() {
					defer turns.leave(0)
					policy(&behind{w, seen}, server(0, w)).Look(t.Context())
				})
				servers.Go(func() {
					defer turns.leave(1)
					older(t.Context(), server(1, olderTown{w}), merges[0])
				})
				servers.Wait()
				for range 3 {
					w.look(t)
				}
				w.judge(t, what, nil)
				if t.Failed() {
					return
				}
			}
		}
	}
}
