package chess

import (
	lib "github.com/corentings/chess/v2"
)

// advance plays a legal move. check tells whether it checks the king. The new position is settled.
func advance(pos *lib.Position, m move) (next *lib.Position, check bool) {
	made, err := lib.UCINotation{}.Decode(pos, m.String())
	if err != nil { // can't happen: a move always has two squares
		return pos, false
	}
	return settleEnPassant(made.Position()), made.HasTag(lib.Check)
}

// settleEnPassant drops an en-passant square that a pawn stands ready to take on but may not, because its king
// would be in check. FIDE 9.2.3 counts only captures that are possible; the library's hash counts pawns.
func settleEnPassant(pos *lib.Position) *lib.Position {
	if !canReachEnPassant(pos) {
		return pos // the library's hash and our FEN leave it out by themselves
	}
	scratch := *pos
	for _, m := range scratch.ValidMovesUnsafe() {
		if m.HasTag(lib.EnPassant) {
			return pos
		}
	}
	return reread(pos, pos.Turn())
}

// reread is the position without en-passant square and with a side to move of choice.
func reread(pos *lib.Position, turn lib.Color) *lib.Position {
	text := make([]byte, 0, longestFEN)
	text = append(text, pos.Board().String()...)
	text = append(text, ' ')
	text = append(text, turn.String()...)
	text = append(text, ' ')
	text = append(text, pos.CastleRights()...)
	text = append(text, " - "...)
	whole := appendFEN(make([]byte, 0, longestFEN), pos)
	fields := 0 // the last two fields are the clocks
	for i, c := range whole {
		if c == ' ' {
			fields++
		}
		if fields == 4 {
			text = append(text, whole[i+1:]...)
			break
		}
	}
	next := new(lib.Position)
	if err := next.UnmarshalText(text); err != nil { // can't happen: we wrote it
		return pos
	}
	return next
}

// canReachEnPassant tells whether a pawn of the side to move stands beside the pawn that has just jumped.
func canReachEnPassant(pos *lib.Position) bool {
	sq := pos.EnPassantSquare()
	if sq == lib.NoSquare {
		return false
	}
	beside, pawn := sq-8, lib.WhitePawn // white takes upwards
	if pos.Turn() == lib.Black {
		beside, pawn = sq+8, lib.BlackPawn
	}
	board, file := pos.Board(), int(sq)&7
	return file > 0 && board.Piece(beside-1) == pawn || file < 7 && board.Piece(beside+1) == pawn
}

// takesKing tells whether the side to move could take the king: the position can't have come about.
func takesKing(pos *lib.Position) bool {
	king := lib.BlackKing
	if pos.Turn() == lib.Black {
		king = lib.WhiteKing
	}
	scratch := *pos
	for _, moves := range [][]lib.Move{scratch.ValidMovesUnsafe(), scratch.UnsafeMoves()} {
		for i := range moves {
			if pos.Board().Piece(moves[i].S2()) == king {
				return true
			}
		}
	}
	return false
}

// inCheck tells it for a position that no known move led to; advance tells it for all others.
func inCheck(pos *lib.Position) bool {
	return takesKing(reread(pos, pos.Turn().Other()))
}
