package chess

import (
	lib "github.com/corentings/chess/v2"
)

// appendSAN writes a legal move in standard algebraic notation (PGN standard, section 8.2.3); after is the board that
// it leads to. The library can do this too, but copies the whole move list for each.
func (b *Board) appendSAN(v []byte, m move, after *Board) []byte {
	board := b.pos.Board()
	piece := board.Piece(lib.Square(m.from()))
	capture := board.Piece(lib.Square(m.to())) != lib.NoPiece
	files := m.to()&7 - m.from()&7
	switch piece.Type() {
	case lib.King:
		switch files {
		case 2:
			v = append(v, "O-O"...)
		case -2:
			v = append(v, "O-O-O"...)
		default:
			v = appendTarget(append(v, 'K'), m, capture)
		}
	case lib.Pawn:
		if files != 0 { // en passant too: its target square is empty
			v = append(v, 'a'+byte(m.from()&7))
			capture = true
		}
		v = appendTarget(v, m, capture)
		if p := m.promotion(); p > 0 {
			v = append(v, '=', promotions[p]-'a'+'A')
		}
	default:
		v = append(v, letters[piece]&^0x20)
		v = b.appendOrigin(v, m, piece)
		v = appendTarget(v, m, capture)
	}
	switch {
	case after.check && after.stuck():
		return append(v, '#')
	case after.check:
		return append(v, '+')
	}
	return v
}

func appendTarget(v []byte, m move, capture bool) []byte {
	if capture {
		v = append(v, 'x')
	}
	return appendSquare(v, m.to())
}

// appendOrigin adds file, rank or both where another piece of the same kind could go there as well.
func (b *Board) appendOrigin(v []byte, m move, piece lib.Piece) []byte {
	rivals, sameFile, sameRank := false, false, false
	for from := range 64 {
		if from == m.from() || b.pos.Board().Piece(lib.Square(from)) != piece || !b.legal(newMove(from, m.to(), 0)) {
			continue
		}
		rivals = true
		sameFile = sameFile || from&7 == m.from()&7
		sameRank = sameRank || from>>3 == m.from()>>3
	}
	if rivals && (!sameFile || sameRank) {
		v = append(v, 'a'+byte(m.from()&7))
	}
	if rivals && sameFile {
		v = append(v, '1'+byte(m.from()>>3))
	}
	return v
}
