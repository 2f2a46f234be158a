package games

import (
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// All lists the kinds of games that this server knows, in the order in which they are shown. Add yours here.
func All() []game.Rules {
	return []game.Rules{
		chess.Rules{},
	}
}

// Kinds finds a game by the name of its kind. It is a game.Kinds and safe for concurrent use.
func Kinds(kind string) (game.Rules, bool) {
	for _, rules := range All() {
		if rules.Kind() == kind {
			return rules, true
		}
	}
	return nil, false
}
