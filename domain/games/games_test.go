package games_test

import (
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
)

var _ game.Kinds = games.Kinds

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, rules := range games.All() {
		kind := rules.Kind()
		if seen[kind] {
			t.Errorf("%s is listed twice", kind)
		}
		seen[kind] = true
		if found, ok := games.Kinds(kind); !ok || found.Kind() != kind {
			t.Errorf("%s is not found", kind)
		}
	}
	for _, kind := range []string{"", "Chess", "chess ", "go"} {
		if _, ok := games.Kinds(kind); ok {
			t.Errorf("%q is found", kind)
		}
	}
}
