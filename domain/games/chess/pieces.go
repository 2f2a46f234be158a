package chess

import (
	lib "github.com/corentings/chess/v2"
)

// pieces is a position as one move is judged on it by the second opinion: what stands where, and who is to move.
type pieces struct {
	on   [64]lib.Piece
	turn lib.Color
	king int // where the side to move has its king; -1 = nowhere
}

func (p *pieces) read(pos *lib.Position) {
	board := pos.Board()
	p.turn, p.king = pos.Turn(), -1
	king := lib.WhiteKing
	if p.turn == lib.Black {
		king = lib.BlackKing
	}
	for sq := range p.on {
		p.on[sq] = board.Piece(lib.Square(sq))
		if p.on[sq] == king {
			p.king = sq
		}
	}
}

// own tells whether a piece of the side to move stands on a square.
func (p *pieces) own(sq int) bool { return p.on[sq] != lib.NoPiece && p.on[sq].Color() == p.turn }

// safe tells whether the side to move has its king out of check after a move that its piece can make.
func (p *pieces) safe(from, to int) bool {
	after, king := p.on, p.king
	if king < 0 {
		return true
	}
	if from == king {
		king = to
	}
	if after[from].Type() == lib.Pawn && (to-from)&7 != 0 && after[to] == lib.NoPiece {
		after[from&^7|to&7] = lib.NoPiece // en passant: the pawn that is taken stands beside
	}
	after[to], after[from] = after[from], lib.NoPiece
	return !attacked(&after, king, p.turn.Other())
}

// attacked tells whether a side could take on a square.
func attacked(on *[64]lib.Piece, sq int, by lib.Color) bool {
	for dir := range reach[sq].rays {
		for step, to := range reach[sq].rays[dir] {
			piece := on[to]
			if piece == lib.NoPiece {
				continue
			}
			if piece.Color() == by && strikes(piece.Type(), by, dir, step) {
				return true
			}
			break
		}
	}
	for _, from := range reach[sq].knight {
		if on[from].Type() == lib.Knight && on[from].Color() == by {
			return true
		}
	}
	return false
}

// strikes tells whether a piece, met on a ray that begins on the square it is asked about, takes there.
func strikes(t lib.PieceType, by lib.Color, dir, step int) bool {
	switch t {
	case lib.Queen:
		return true
	case lib.Rook:
		return straight(dir)
	case lib.Bishop:
		return !straight(dir)
	case lib.King:
		return step == 0
	case lib.Pawn: // a white pawn takes upwards, so it is met downwards
		return step == 0 && !straight(dir) && (directions[dir].rank < 0) == (by == lib.White)
	}
	return false
}

// directions are where rays go, first the straight ones.
var directions = [8]struct{ file, rank int }{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}}

func straight(dir int) bool { return dir < 4 }

// reach is what an empty board allows from each square.
var reach = func() (all [64]struct {
	rays   [8][]int // squares by direction, the nearest first
	knight []int
}) {
	inside := func(file, rank int) bool { return file >= 0 && file < 8 && rank >= 0 && rank < 8 }
	for sq := range all {
		file, rank := sq&7, sq>>3
		for i, d := range directions {
			for f, r := file+d.file, rank+d.rank; inside(f, r); f, r = f+d.file, r+d.rank {
				all[sq].rays[i] = append(all[sq].rays[i], r*8+f)
			}
		}
		for _, d := range [8][2]int{{1, 2}, {2, 1}, {-1, 2}, {-2, 1}, {1, -2}, {2, -1}, {-1, -2}, {-2, -1}} {
			if f, r := file+d[0], rank+d[1]; inside(f, r) {
				all[sq].knight = append(all[sq].knight, r*8+f)
			}
		}
	}
	return all
}()
