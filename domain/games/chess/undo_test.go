package chess_test

import (
	"strings"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// TestUndo: boards that share a history and go different ways do not disturb each other.
func TestUndo(t *testing.T) {
	moves := strings.Fields("e2e4 e7e5 g1f3 b8c6 f1b5 a7a6")
	b := mustPlay(t, mustStart(t, ""), strings.Join(moves, " "))
	whole := string(b.View(game.Watchers))
	earlier := b.Undo(2).(*chess.Board)
	branch := mustPlay(t, earlier, "f1c4 g8f6 d2d3")
	again := mustPlay(t, earlier, "f1b5 a7a6")
	if got := string(again.View(game.Watchers)); got != whole {
		t.Errorf("the same moves again: %s", got)
	}
	if got := string(b.View(game.Watchers)); got != whole {
		t.Errorf("the old board: %s", got)
	}
	if got := string(branch.View(game.Watchers)); !strings.Contains(got, `"b8c6","f1c4","g8f6","d2d3"]`) {
		t.Errorf("the branch: %s", got)
	}
	if got := b.Undo(6).(*chess.Board).FEN(); got != mustStart(t, "").FEN() {
		t.Errorf("all taken back: %s", got)
	}
	for _, plies := range []int{-1, 0} {
		if got := b.Undo(plies).(*chess.Board).FEN(); got != b.FEN() {
			t.Errorf("%d plies taken back: %s", plies, got)
		}
	}
	if got := b.Undo(99).(*chess.Board).FEN(); got != mustStart(t, "").FEN() {
		t.Errorf("more than there are: %s", got)
	}
}

func TestMover(t *testing.T) {
	b := mustPlay(t, mustStart(t, "4k3/8/8/8/8/8/4P3/4K3 b - - 0 1"), "e8e7 e2e4 e7e8")
	for back, want := range map[int]game.Seat{0: "", 1: chess.Black, 2: chess.White, 3: chess.Black, 4: "", -1: ""} {
		if seat, ok := b.Mover(back); seat != want || ok != (want != "") {
			t.Errorf("%d back: %q, %v", back, seat, ok)
		}
	}
}

// TestUndoForgetsRepetitions: a repetition that was taken back did not happen.
func TestUndoForgetsRepetitions(t *testing.T) {
	b := mustPlay(t, mustStart(t, ""), "g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8")
	earlier := b.Undo(4).(*chess.Board)
	if claimOf(earlier) != "" {
		t.Errorf("claim %q after the takeback", claimOf(earlier))
	}
	if again := mustPlay(t, earlier, "b1c3 b8c6 c3b1 c6b8"); claimOf(again) != chess.Threefold {
		t.Errorf("claim %q: the start was there three times", claimOf(again))
	}
}
