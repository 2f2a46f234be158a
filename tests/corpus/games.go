package corpus

import (
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/plygames/ply/tests/pgn"
)

// files is how many files the corpus has: the tournament, and one for each rule that ends a game.
const files = 10

// Games are the real games that tests play: a tournament, and single games that end in a rule.
func Games() (games []pgn.Game, err error) {
	_, here, _, _ := runtime.Caller(0)
	found, err := filepath.Glob(filepath.Join(filepath.Dir(here), "..", "testdata", "pgn", "*.pgn"))
	if err != nil || len(found) != files {
		return nil, fmt.Errorf("corpus: %d files, want %d: %w", len(found), files, err)
	}
	for _, file := range found {
		read, err := pgn.ReadFile(file)
		if err != nil {
			return nil, err
		}
		games = append(games, read...)
	}
	if len(games) < 347 {
		return nil, fmt.Errorf("corpus: %d games, want 347 and more", len(games))
	}
	return games, nil
}
