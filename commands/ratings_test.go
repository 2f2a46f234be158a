package commands_test

import (
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// rated rates some people in chess with one clock.
type rated map[string]int

func (r rated) Rating(player, kind string, spec clock.Spec) int {
	if kind != "chess" || spec != blitz {
		return 0
	}
	return r[player]
}

// Whoever sits down is recorded with their rating at that moment; where nobody's is known, without.
func TestRatingsAreRecordedWithSeats(t *testing.T) {
	for name, test := range map[string]struct {
		ratings      commands.Ratings
		clock        clock.Spec
		white, black int
	}{
		"known":         {rated{"ann": 1612, "bob": 1480}, blitz, 1612, 1480},
		"one of them":   {rated{"bob": 1480}, blitz, 0, 1480},
		"another clock": {rated{"ann": 1612, "bob": 1480}, clock.Spec{Type: clock.None}, 0, 0},
		"not known":     {nil, blitz, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			app := w.serverThatRates(t, "s1", commands.Config{}, test.ratings)
			s, err := app.State(t.Context(), chessGame(t, app, test.clock))
			if err != nil || s.Seats[0].Rating != test.white || s.Seats[1].Rating != test.black {
				t.Errorf("%+v, %v", s.Seats, err)
			}
		})
	}
}

// Who creates a game without sitting down in it has no rating there.
func TestOrganisersAreNotRated(t *testing.T) {
	w := newWorld()
	app := w.serverThatRates(t, "s1", commands.Config{}, rated{"ann": 1612})
	_, s, err := app.Create(t.Context(), game.Command{ID: "c-1", Player: "ann", Wish: game.Create{
		Rules: chess.Rules{}, Kind: "chess", Access: game.AccessOpen, Watch: game.WatchPublic, Clock: blitz}})
	if err != nil || s.Version != 1 || s.Seats[0].Rating != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A rematch shows people as they are rated now; on a server that rates nobody, as those that only play, as before.
func TestRatingsOfARematch(t *testing.T) {
	for name, test := range map[string]struct {
		ratings commands.Ratings
		ann     int
	}{
		"known anew": {rated{"ann": 1620, "bob": 1480}, 1620},
		"not known":  {nil, 1612},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			first := w.serverThatRates(t, "s1", commands.Config{}, rated{"ann": 1612, "bob": 1480})
			second := w.serverThatRates(t, "s2", commands.Config{}, test.ratings)
			id := chessGame(t, first, blitz)
			r, err := first.Do(t.Context(), id, game.Command{ID: "a", Player: "ann", Basis: 4, Wish: game.Abort{}}, game.Arrival{})
			must(t, r, err)
			for _, player := range []string{"ann", "bob"} {
				r, err := second.Do(t.Context(), id, game.Command{ID: "r", Player: player, Basis: 5, Wish: game.Rematch{}}, game.Arrival{})
				must(t, r, err)
			}
			s, err := second.State(t.Context(), commands.RematchID(id))
			if err != nil || s.Seats[0].Rating != 1480 || s.Seats[1].Rating != test.ann {
				t.Errorf("%+v, %v", s.Seats, err)
			}
		})
	}
}
