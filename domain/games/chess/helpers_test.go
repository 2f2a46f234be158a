package chess_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

func quote(s string) json.RawMessage { return json.RawMessage(`"` + s + `"`) }

func setupOf(fen string) json.RawMessage {
	if fen == "" {
		return nil
	}
	return json.RawMessage(`{"fen":"` + fen + `"}`)
}

// mustStart sets a position up as a creator would; empty = standard.
func mustStart(tb testing.TB, fen string) *chess.Board {
	tb.Helper()
	drawn, err := chess.Rules{}.Prepare(setupOf(fen), game.Seed{})
	if err != nil {
		tb.Fatal(err)
	}
	return chess.Rules{}.Start(setupOf(fen), drawn).(*chess.Board)
}

// mustPlay plays moves, separated by spaces, each judged first.
func mustPlay(tb testing.TB, b *chess.Board, moves string) *chess.Board {
	tb.Helper()
	for _, m := range strings.Fields(moves) {
		turn := b.Turn()
		if len(turn) != 1 {
			result, _ := b.Result()
			tb.Fatalf("%s: nobody can move, the game ended by %q", m, result.Reason)
		}
		if _, err := b.Judge(turn[0], quote(m), game.Seed{}); err != nil {
			tb.Fatalf("%s in %s: %v", m, b.FEN(), err)
		}
		b = b.Play(turn[0], quote(m), nil).(*chess.Board)
	}
	return b
}

func reasonOf(b *chess.Board) string {
	r, _ := b.Result()
	return r.Reason
}

func claimOf(b *chess.Board) string {
	reason, _ := b.Claim()
	return reason
}
