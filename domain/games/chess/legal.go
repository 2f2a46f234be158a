package chess

import (
	"fmt"
	"slices"
	"strings"

	lib "github.com/corentings/chess/v2"
)

// legalMoves generates the legal moves on first need. Two goroutines may both do it; they find the same.
func (b *Board) legalMoves() []move {
	if known := b.moves.Load(); known != nil {
		return *known
	}
	scratch := *b.pos // the library caches 128 bytes a move in the position: keep that out of ours
	found := scratch.ValidMovesUnsafe()
	moves := make([]move, len(found))
	for i := range found {
		moves[i] = fromLibrary(&found[i])
	}
	b.moves.Store(&moves)
	return moves
}

func (b *Board) legal(m move) bool { return slices.Contains(b.legalMoves(), m) }

// stuck tells whether there is no legal move. It stops at the first one unless all are known.
func (b *Board) stuck() bool {
	if known := b.moves.Load(); known != nil {
		return len(*known) == 0
	}
	if b.mobile.Load() == notAsked {
		scratch := *b.pos
		b.found(scratch.Status() == lib.NoMethod)
	}
	return b.mobile.Load() == cannotMove
}

// found notes whether there is a legal move.
func (b *Board) found(movable bool) {
	if movable {
		b.mobile.Store(canMove)
	} else {
		b.mobile.Store(cannotMove)
	}
}

// whyNot tells a person why a move that is well written is not legal.
func (b *Board) whyNot(m move) string {
	from, to := squareName(m.from()), squareName(m.to())
	piece := b.pos.Board().Piece(lib.Square(m.from()))
	switch {
	case piece == lib.NoPiece:
		return "no piece on " + from
	case piece.Color() != b.pos.Turn():
		return "the piece on " + from + " is your opponent's"
	}
	for _, legal := range b.legalMoves() {
		if legal.from() != m.from() || legal.to() != m.to() {
			continue
		}
		if m.promotion() == 0 {
			return fmt.Sprintf("say what the pawn becomes, such as %s%sq", from, to)
		}
		return "only a pawn that reaches the last rank becomes something else"
	}
	scratch := *b.pos
	for _, unsafe := range scratch.UnsafeMoves() {
		if int(unsafe.S1()) == m.from() && int(unsafe.S2()) == m.to() {
			if b.check {
				return "your king is in check"
			}
			return "your king would be in check"
		}
	}
	return fmt.Sprintf("the %s on %s can't go to %s", pieceNames[piece.Type()], from, to)
}

// pieceNames are for people.
var pieceNames = [...]string{
	lib.King: "king", lib.Queen: "queen", lib.Rook: "rook", lib.Bishop: "bishop", lib.Knight: "knight", lib.Pawn: "pawn",
}

// whyNotUCI tells a person how a move is written.
func whyNotUCI(s string) string {
	if strings.HasPrefix(s, "O-O") || strings.HasPrefix(s, "0-0") {
		return "castling is written as the king's move, such as e1g1"
	}
	if _, ok := parseMove(strings.ToLower(s)); ok {
		return "a move is written in small letters, such as e2e4"
	}
	return "a move is written as two squares, such as e2e4, or e7e8q for a promotion"
}

// plausible tells whether a stored move can be played at all: a piece of the side to move that takes neither its own
// piece nor a king, castles only with the right to, and is promoted only where pawns are. It keeps the library's
// boards sound whatever a damaged record says; whether the move was legal was judged when it was made.
func plausible(pos *lib.Position, m move) bool {
	board := pos.Board()
	piece, target := board.Piece(lib.Square(m.from())), board.Piece(lib.Square(m.to()))
	if piece == lib.NoPiece || piece.Color() != pos.Turn() {
		return false
	}
	if target != lib.NoPiece && (target.Color() == piece.Color() || target.Type() == lib.King) {
		return false
	}
	lastRank := m.to()>>3 == 0 || m.to()>>3 == 7
	if (piece.Type() == lib.Pawn && lastRank) != (m.promotion() > 0) || m.promotion() >= len(promotions) {
		return false
	}
	if piece.Type() == lib.King {
		files := m.to()&7 - m.from()&7
		side := lib.KingSide
		if files < 0 {
			side, files = lib.QueenSide, -files
		}
		if files > 1 {
			return files == 2 && m.from()>>3 == m.to()>>3 && pos.CastleRights().CanCastle(pos.Turn(), side)
		}
	}
	return true
}
