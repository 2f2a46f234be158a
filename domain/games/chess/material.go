package chess

import (
	lib "github.com/corentings/chess/v2"

	"github.com/plygames/ply/domain/game"
)

// material counts what matters for the question who can still mate.
type material struct {
	heavy   [2]int // pawns, rooks and queens by side
	queens  [2]int
	pawns   [2]int
	knights [2]int
	bishops [2]int
	shades  [2]int // bishops of both sides on dark and on light squares
}

func weigh(board *lib.Board) (m material) {
	for sq := range 64 {
		piece := board.Piece(lib.Square(sq))
		if piece == lib.NoPiece {
			continue
		}
		side := sideIndex(piece.Color())
		switch piece.Type() {
		case lib.Pawn:
			m.pawns[side]++
			m.heavy[side]++
		case lib.Rook:
			m.heavy[side]++
		case lib.Queen:
			m.queens[side]++
			m.heavy[side]++
		case lib.Knight:
			m.knights[side]++
		case lib.Bishop:
			m.bishops[side]++
			m.shades[(sq>>3+sq&7)&1]++
		}
	}
	return m
}

func sideIndex(c lib.Color) int {
	if c == lib.Black {
		return 1
	}
	return 0
}

// oneShade tells whether all bishops stand on squares of one colour.
func (m *material) oneShade() bool { return m.shades[0] == 0 || m.shades[1] == 0 }

// insufficient tells whether neither side can mate by any sequence of moves, by material alone (FIDE 5.2.2): bare
// kings, one knight, or bishops of any number on squares of one colour. Dead positions with more material on the
// board, such as walls of pawns, are not found; their games end by agreement or by counting moves.
func insufficient(board *lib.Board) bool {
	m := weigh(board)
	if m.heavy[0]+m.heavy[1] > 0 {
		return false
	}
	knights, bishops := m.knights[0]+m.knights[1], m.bishops[0]+m.bishops[1]
	return bishops == 0 && knights <= 1 || knights == 0 && m.oneShade()
}

// canMate tells whether a side could mate with the other's help, by material alone. It is the rule that lichess
// applies when a flag falls (scalachess, InsufficientMatingMaterial; python-chess, has_insufficient_material):
//   - a bare king can't;
//   - a single knight can't, unless the other side has something to block its own king with: anything but queens;
//   - bishops on one colour can't, unless there is a pawn, a knight or a bishop on the other colour on the board;
//   - anything else can.
func canMate(board *lib.Board, seat game.Seat) bool {
	m := weigh(board)
	own, opp := 0, 1
	if seat == Black {
		own, opp = 1, 0
	}
	switch {
	case m.heavy[own] > 0:
		return true
	case m.knights[own] > 0:
		alone := m.knights[own] == 1 && m.bishops[own] == 0
		blockers := m.heavy[opp] - m.queens[opp] + m.knights[opp] + m.bishops[opp]
		return !alone || blockers > 0
	case m.bishops[own] > 0:
		return !m.oneShade() || m.pawns[opp] > 0 || m.knights[opp] > 0
	}
	return false
}
