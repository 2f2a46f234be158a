package metamorphic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// Script is a random script of commands on some games.
type Script struct {
	Seed  uint64
	Games int
	Steps int
}

// Variant is one way to run it.
type Variant struct {
	Store         commands.EventStore
	SnapshotEvery uint64
	// Restart, if set, is asked before each step whether the server is started anew, and whether the old one is closed
	// first or dies.
	Restart func(step int) (again, closed bool)
}

// Trace is what came of it: the answer to every command, and at the end each game's version and hash.
type Trace []string

// Run carries the script out. Errors are those of the store; refusals belong to the trace.
func (s Script) Run(ctx context.Context, v Variant) (trace Trace, err error) {
	w := newWorld()
	app := w.application(v.Store, v.SnapshotEvery)
	var dead []*commands.Application
	defer func() {
		for _, a := range append(dead, app) {
			err = errors.Join(err, a.Close(context.Background()))
		}
	}()
	r := &runner{random: rand.New(rand.NewPCG(s.Seed, 0)), ctx: ctx, now: w.Now}
	for i := range s.Games {
		receipt, _, err := app.Create(ctx, game.Command{ID: fmt.Sprintf("%d-%d", s.Seed, i), Player: "ann", Wish: game.Create{
			Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic,
			Clock: clock.Spec{Type: clock.Fischer, Initial: 86_400_000},
		}})
		if err != nil {
			return nil, err
		}
		r.games = append(r.games, receipt.Game)
		if err := r.do(app, receipt.Game, game.Command{ID: "sit", Player: "bob", Wish: game.Sit{Seat: "black"}}); err != nil {
			return nil, err
		}
	}
	for step := range s.Steps {
		if v.Restart != nil {
			if again, closed := v.Restart(step); again {
				if closed {
					if err := app.Close(ctx); err != nil {
						return nil, err
					}
				} else {
					dead = append(dead, app)
				}
				app = w.application(v.Store, v.SnapshotEvery)
			}
		}
		w.now.Add(r.random.Int64N(2_000))
		if err := r.step(app, step); err != nil {
			return nil, fmt.Errorf("step %d: %w", step, err)
		}
	}
	for _, id := range r.games {
		state, err := app.State(ctx, id)
		if err != nil {
			return nil, err
		}
		r.trace = append(r.trace, fmt.Sprintf("%s ends at %d with %s", id, state.Version, state.Chain))
	}
	return r.trace, nil
}

// runner makes the steps.
type runner struct {
	random *rand.Rand
	ctx    context.Context
	now    func() int64 // live clock
	games  []string
	done   []sent
	trace  Trace
}

// sent is a command that was sent before.
type sent struct {
	game    string
	command game.Command
}

// step sends one command, chosen by the seed and the state of its game.
func (r *runner) step(app *commands.Application, n int) error {
	id := r.games[r.random.IntN(len(r.games))]
	state, err := app.State(r.ctx, id)
	if err != nil {
		return err
	}
	c := game.Command{ID: fmt.Sprint("c", n), Player: []string{"ann", "bob"}[r.random.IntN(2)], Basis: state.Version}
	switch chance := r.random.IntN(100); {
	case chance < 4 && len(r.done) > 0: // once more, unchanged
		old := r.done[r.random.IntN(len(r.done))]
		return r.do(app, old.game, old.command)
	case chance < 6 && len(r.done) > 0: // the id of another command
		c.ID = r.done[r.random.IntN(len(r.done))].command.ID
		c.Wish = game.AddTime{}
	case chance < 9:
		c.Wish = move("a1a1")
	case n%150 == 149: // seldom, for the second one ends the game
		c.Wish = game.DrawOffer{}
	case chance < 14:
		c.Wish = game.DrawDecline{}
	case chance < 17:
		c.Wish = game.AddTime{}
	case chance < 20:
		c.Wish = game.TakebackOffer{}
	case chance < 22:
		c.Wish = game.TakebackAccept{}
	case chance < 23:
		c.Basis = max(1, c.Basis-2)
		c.Wish = r.legal(state, &c)
	case n%250 == 249:
		c.Wish = game.Resign{}
	default:
		c.Wish = r.legal(state, &c)
	}
	r.done = append(r.done, sent{id, c})
	return r.do(app, id, c)
}

// legal is any legal move of whoever is on turn.
func (r *runner) legal(state *game.State, c *game.Command) game.Wish {
	board := state.Board.(*chess.Board)
	if turn := board.Turn(); len(turn) == 1 {
		for i := range state.Seats {
			if state.Seats[i].Seat == turn[0] {
				c.Player = state.Seats[i].Player
			}
		}
	}
	moves := board.Moves()
	if len(moves) == 0 {
		return game.Resign{}
	}
	return move(moves[r.random.IntN(len(moves))])
}

func move(uci string) game.Move {
	m, err := json.Marshal(uci)
	if err != nil {
		panic(err)
	}
	return game.Move{M: m}
}

// do sends a command and notes the answer. What the store could not do is an error: the trace would not be the script's.
func (r *runner) do(app *commands.Application, id string, c game.Command) error {
	receipt, err := app.Do(r.ctx, id, c, game.Arrival{Live: r.now()})
	var refusal *domain.Error
	switch {
	case err == nil:
		r.trace = append(r.trace, fmt.Sprintf("%s %s %s: %d %t", id, c.ID, c.Wish.Name(), receipt.Version, receipt.Duplicate))
	case errors.As(err, &refusal) && refusal.Kind != domain.Unavailable && refusal.Kind != domain.Unknown:
		r.trace = append(r.trace, fmt.Sprintf("%s %s %s: %s at %d", id, c.ID, c.Wish.Name(), refusal.Kind, refusal.Version))
	default:
		return err
	}
	return nil
}
