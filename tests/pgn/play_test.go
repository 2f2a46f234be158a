package pgn_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	lib "github.com/corentings/chess/v2"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/tests/pgn"
)

// TestPlayCorpus plays every game of the corpus through the plug-in: each move must be legal, written as the library
// writes it, and lead to the library's position; at every ply the draws that may be claimed are the library's.
func TestPlayCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.pgn"))
	if err != nil || len(files) != 10 {
		t.Fatalf("%d files, want 10 (%v)", len(files), err)
	}
	plies, ended := 0, 0
	for _, file := range files {
		for i, g := range mustRead(t, filepath.Base(file)) {
			b := play(t, g)
			if t.Failed() {
				t.Fatalf("%s, game %d", filepath.Base(file), i+1)
			}
			plies += len(g.Moves)
			if result, over := b.Result(); over {
				ended++
				if want := resultOf(result); g.Result != want && g.Result != "*" {
					t.Errorf("%s, game %d: %s, the PGN says %s", filepath.Base(file), i+1, want, g.Result)
				}
			}
		}
	}
	t.Logf("%d plies; %d games ended by themselves", plies, ended)
	if plies < 28_000 || ended < 2 {
		t.Errorf("%d plies, %d ends: the corpus is not what it was", plies, ended)
	}
}

func resultOf(r game.Result) string {
	switch r.Winner {
	case chess.White:
		return "1-0"
	case chess.Black:
		return "0-1"
	}
	return "1/2-1/2"
}

func play(t *testing.T, g pgn.Game) *chess.Board {
	t.Helper()
	var setup json.RawMessage
	reference := lib.NewGame()
	if g.Start != "" {
		setup = json.RawMessage(`{"fen":"` + g.Start + `"}`)
		fen, err := lib.FEN(g.Start)
		if err != nil {
			t.Fatal(err)
		}
		reference = lib.NewGame(fen)
	}
	if _, err := (chess.Rules{}).Prepare(setup, game.Seed{}); err != nil {
		t.Fatal(err)
	}
	b := chess.Rules{}.Start(setup, nil).(*chess.Board)
	for i, uci := range g.Moves {
		m := json.RawMessage(`"` + uci + `"`)
		seat := b.Turn()[0]
		if _, err := b.Judge(seat, m, game.Seed{}); err != nil {
			t.Fatalf("ply %d, %s: %v", i+1, uci, err)
		}
		next := b.Play(seat, m, nil).(*chess.Board)
		var x struct {
			SAN, FEN string
			Check    bool
		}
		if err := json.Unmarshal(next.Extras(b, m, game.Watchers), &x); err != nil {
			t.Fatal(err)
		}
		if x.SAN != g.SAN[i] {
			t.Fatalf("ply %d, %s: written %s, want %s", i+1, uci, x.SAN, g.SAN[i])
		}
		if x.FEN != next.FEN() {
			t.Fatalf("ply %d: extras tell %s, the board %s", i+1, x.FEN, next.FEN())
		}
		b = next
		if err := reference.PushNotationMove(uci, lib.UCINotation{}, nil); err != nil {
			t.Fatal(err)
		}
		sameClaims(t, b, reference)
	}
	if b.FEN() != g.Final {
		t.Fatalf("final position %s, want %s", b.FEN(), g.Final)
	}
	return b
}

// sameClaims compares with what the library offers. (Its repetitions are wrong where an en-passant capture is pinned;
// the corpus has no such game.)
func sameClaims(t *testing.T, b *chess.Board, reference *lib.Game) {
	t.Helper()
	offered := reference.EligibleDraws()
	want := ""
	switch {
	case reference.Outcome() != lib.NoOutcome:
	case slices.Contains(offered, lib.ThreefoldRepetition):
		want = chess.Threefold
	case slices.Contains(offered, lib.FiftyMoveRule):
		want = chess.Fifty
	}
	if reason, _ := b.Claim(); reason != want {
		t.Fatalf("%s: may claim %q, the library offers %q", b.FEN(), reason, want)
	}
	_, over := b.Result()
	if over != (reference.Outcome() != lib.NoOutcome) {
		t.Fatalf("%s: over is %v, the library says %s by %s", b.FEN(), over, reference.Outcome(), reference.Method())
	}
}

// TestRuleEndingsOnTheBoard plays the games that end in a rule and names the rule.
func TestRuleEndingsOnTheBoard(t *testing.T) {
	for name, want := range map[string]struct{ claim, result string }{
		"3fold.pgn":                 {chess.Threefold, ""}, // the file's first game
		"threefold.pgn":             {chess.Threefold, ""},
		"50.pgn":                    {chess.Fifty, ""},
		"50halfmoves.pgn":           {"", ""}, // agreed, at move 46
		"draw.pgn":                  {"", ""},
		"fenSetup.pgn":              {"", ""},
		"insufficient_material.pgn": {"", chess.Insufficient},
		"mate.pgn":                  {"", chess.Mate},
		"promotion.pgn":             {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := play(t, mustRead(t, name)[0])
			claim, _ := b.Claim()
			result, _ := b.Result()
			if claim != want.claim || result.Reason != want.result {
				t.Errorf("claim %q, result %q; want %+v (%s)", claim, result.Reason, want, b.FEN())
			}
		})
	}
}
