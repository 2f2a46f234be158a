package pgn_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/pgn"
)

const corpus = "../testdata/pgn"

func mustRead(t *testing.T, name string) []pgn.Game {
	t.Helper()
	games, err := pgn.ReadFile(filepath.Join(corpus, name))
	if err != nil {
		t.Fatal(err)
	}
	return games
}

// TestDortmund reads the file with comments, variations, annotation glyphs and Latin-1 names. PlyCount, which the
// annotators' program wrote, shows that no move of a variation slipped in and none of the main line was lost.
func TestDortmund(t *testing.T) {
	games := mustRead(t, "dortmund.pgn")
	if len(games) != 347 {
		t.Fatalf("%d games, want 347", len(games))
	}
	for i, g := range games {
		want, err := strconv.Atoi(g.Tags["PlyCount"])
		if err != nil {
			t.Fatalf("game %d: PlyCount %q", i+1, g.Tags["PlyCount"])
		}
		if len(g.Moves) != want {
			t.Errorf("game %d: %d plies, want %d", i+1, len(g.Moves), want)
		}
	}
	if name := games[0].Tags["Black"]; name != "Van Nüss, Alfred" {
		t.Errorf("Latin-1 name read as %q", name)
	}
}

// TestRuleEndings reads the single games that end in a rule.
func TestRuleEndings(t *testing.T) {
	for name, want := range map[string]struct {
		games, plies int // plies of the last game
		result       string
	}{
		"3fold.pgn":                 {2, 12, "*"},
		"threefold.pgn":             {1, 8, "*"},
		"50.pgn":                    {1, 110, "*"},
		"50halfmoves.pgn":           {1, 91, "1/2-1/2"},
		"draw.pgn":                  {1, 54, "*"},
		"fenSetup.pgn":              {1, 4, "*"},
		"insufficient_material.pgn": {1, 56, "1/2-1/2"},
		"mate.pgn":                  {1, 4, "0-1"},
		"promotion.pgn":             {1, 22, "*"},
	} {
		t.Run(name, func(t *testing.T) {
			games := mustRead(t, name)
			last := games[len(games)-1]
			if len(games) != want.games || len(last.Moves) != want.plies || last.Result != want.result {
				t.Errorf("%d games, %d plies, result %q; want %+v", len(games), len(last.Moves), last.Result, want)
			}
			if (last.Start != "") != (name == "fenSetup.pgn") {
				t.Errorf("start %q", last.Start)
			}
		})
	}
}

// TestRefused shows that a game which can't be played is an error, not a shorter game.
func TestRefused(t *testing.T) {
	for name, text := range map[string]string{
		"illegal":   "[Event \"x\"]\n\n1. e4 e5 2. Ke3 *\n",
		"no move":   "[Event \"x\"]\n\n1. e4 zz *\n",
		"wrong FEN": "[Event \"x\"]\n[SetUp \"1\"]\n[FEN \"8/8\"]\n\n1. e4 *\n",
	} {
		if games, err := pgn.Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: read as %v", name, games)
		}
	}
}
