package chess

import (
	"github.com/plygames/ply/domain/game"
)

// Undo gives the board of that many plies ago; more than there are: the start. It replays from the start, under a
// microsecond for each ply, because no board keeps its predecessors.
func (b *Board) Undo(plies int) game.Board {
	n := b.plies - min(max(plies, 0), b.plies)
	pos := b.firstPosition()
	earlier := &Board{start: b.start, history: b.history, plies: n, seen: 1}
	if n == 0 {
		earlier.check = b.start != "" && inCheck(pos)
	}
	for _, m := range b.history.moves[:n] {
		pos, earlier.check = advance(pos, m)
	}
	earlier.pos = pos
	if n > 0 {
		earlier.seen = earlier.repetitions()
	}
	return earlier
}

// Mover tells who made the back-th last ply.
func (b *Board) Mover(back int) (game.Seat, bool) {
	if back < 1 || back > b.plies {
		return "", false
	}
	if back%2 == 1 {
		return other(b.side()), true
	}
	return b.side(), true
}
