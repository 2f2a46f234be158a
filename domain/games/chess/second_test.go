package chess_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plygames/ply/domain/games/chess"
)

// everyMove is all that can be written as a move.
var everyMove = func() (all []string) {
	for from := range 64 {
		for to := range 64 {
			squares := string([]byte{byte('a' + from&7), byte('1' + from>>3), byte('a' + to&7), byte('1' + to>>3)})
			all = append(all, squares)
			if to>>3 == 0 || to>>3 == 7 {
				for _, p := range "nbrq" {
					all = append(all, squares+string(p))
				}
			}
		}
	}
	return all
}()

// same holds the judgement of single moves against the library's list of all.
func same(t *testing.T, b *chess.Board) (moves []string) {
	t.Helper()
	movable := b.Movable() // before the list is made
	moves = b.Moves()
	var alone []string
	for _, m := range everyMove {
		if b.Alone(m) {
			alone = append(alone, m)
		}
	}
	listed := slices.Sorted(slices.Values(moves))
	slices.Sort(alone)
	if !slices.Equal(alone, listed) {
		t.Fatalf("%s: one by one %v, all at once %v", b.FEN(), alone, listed)
	}
	if movable != (len(moves) > 0) {
		t.Fatalf("%s: movable %v with %d moves", b.FEN(), movable, len(moves))
	}
	return moves
}

// TestAllowed plays random games from the start and from positions in which much can go wrong; in each position, every
// move that can be written is judged alone.
func TestAllowed(t *testing.T) {
	starts := append(trickyStarts[:],
		"8/8/8/8/k2Pp2Q/8/8/3K4 b - d3 0 1",    // en passant would open the rank
		"8/8/1k6/8/3pP3/8/8/4K2B b - e3 0 1",   // ... is legal
		"3k4/8/8/K1Pp3r/8/8/8/8 w - d6 0 1",    // ... the other way round
		"4k3/8/8/2pP4/1K6/8/8/8 w - c6 0 1",    // ... and is the way out of check
		"r3k2r/8/8/8/8/8/8/1R2K1R1 b kq - 0 1", // the rook may be attacked, and pass attacked squares
		"r3k2r/8/8/4Q3/8/8/8/4K3 b kq - 0 1",   // no castling out of check
		"r3k2r/8/8/3Q1Q2/8/8/8/4K3 b kq - 0 1", // ... through check
		"rn2k1nr/8/8/8/8/8/8/R3K2R b KQkq - 0 1",
		"7k/5Q2/8/8/8/8/8/K7 w - - 0 1", // many of its moves end the game
	)
	random := rand.New(rand.NewPCG(5, 1_000_000))
	positions := 0
	for _, fen := range starts {
		for range 4 {
			b := mustStart(t, fen)
			for range 150 {
				moves := same(t, b)
				positions++
				if len(b.Turn()) == 0 {
					break
				}
				// Captures and promotions open the board; quiet moves alone would keep it full.
				b = b.Play("", quote(moves[random.IntN(len(moves))]), nil).(*chess.Board)
			}
		}
	}
	if positions < 5000 {
		t.Errorf("only %d positions", positions)
	}
	t.Logf("%d positions", positions)
}
