package browser_test

import (
	"testing"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// rapid is a clock that no test outlives.
var rapid = client.Clock{Type: "fischer", Initial: 900_000, Increment: 10_000}

// pair is a game between two scripted people.
type pair struct {
	id           string
	white, black *opponent
}

// guest is a person without a game.
func guest(t testing.TB, s *harness.Server, name string) *opponent {
	t.Helper()
	who, err := s.Client().Guest(within(t), name)
	if err != nil {
		t.Fatal(err)
	}
	return &opponent{t: t, who: who}
}

// seat lets two people sit down at a new game.
func seat(t testing.TB, white, black *opponent) pair {
	t.Helper()
	made, err := white.who.Create(within(t), client.NewGame{Kind: "chess", Seat: "white", Clock: &rapid})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := black.who.Sit(within(t), made.Game, "black", made.Invites["black"]); err != nil {
		t.Fatal(err)
	}
	white.play(made.Game)
	black.play(made.Game)
	return pair{made.Game, white, black}
}

// play plays moves by turns, white first.
func (g pair) play(moves ...string) pair {
	g.white.t.Helper()
	sides := [2]*opponent{g.white, g.black}
	for i, m := range moves {
		if i > 0 {
			sides[i%2].reply(moves[i-1], "")
		}
		sides[i%2].do(client.Move(m))
	}
	return g
}

// italian is a quiet opening, and mated a game that ends soon.
var (
	italian = []string{"e2e4", "e7e5", "g1f3", "b8c6", "f1c4", "f8c5", "c2c3", "g8f6", "d2d3", "d7d6", "c1g5", "h7h6", "g5h4"}
	mated   = []string{"e2e4", "e7e5", "d1h5", "b8c6", "f1c4", "g8f6", "h5f7"}
)
