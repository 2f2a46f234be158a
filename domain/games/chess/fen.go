package chess

import (
	"strconv"
	"strings"

	lib "github.com/corentings/chess/v2"
)

const (
	standardFEN = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"

	longestFEN   = 100  // bytes; a legal one with the limits below has at most 90
	clockLimit   = 149  // half-moves without pawn move or capture; with 150 the game is over
	numberLimit  = 9999 // move number at the start
	piecesLimit  = 16   // each side; the library's move list has room for what 16 can do, not for more
	pawnsLimit   = 8
	castleLetter = "KQkq"
)

// letters are the pieces' names in FEN.
var letters = [...]byte{
	lib.WhiteKing: 'K', lib.WhiteQueen: 'Q', lib.WhiteRook: 'R', lib.WhiteBishop: 'B', lib.WhiteKnight: 'N', lib.WhitePawn: 'P',
	lib.BlackKing: 'k', lib.BlackQueen: 'q', lib.BlackRook: 'r', lib.BlackBishop: 'b', lib.BlackKnight: 'n', lib.BlackPawn: 'p',
}

// parseFEN reads a position strictly: everything that the library would let pass and then play wrongly is refused
// with a message that names the field. The en-passant square is dropped where no legal capture exists. The position
// may still be one where the game is over.
func parseFEN(fen string) (*lib.Position, error) {
	if len(fen) > longestFEN {
		return nil, refuse("is longer than %d bytes", longestFEN)
	}
	fields := strings.Split(fen, " ")
	if len(fields) != 6 {
		return nil, refuse("must have six fields with one space between them: board, side, castling, en passant, half-moves, move number")
	}
	board, err := parsePlacement(fields[0])
	if err != nil {
		return nil, err
	}
	if fields[1] != "w" && fields[1] != "b" {
		return nil, refuse("must name the side to move as w or b")
	}
	if err := checkCastling(board, fields[2]); err != nil {
		return nil, err
	}
	if err := checkEnPassant(board, fields[1], fields[3]); err != nil {
		return nil, err
	}
	if !number(fields[4], 0, clockLimit) {
		return nil, refuse("must count the half-moves since a pawn move or capture as 0..%d", clockLimit)
	}
	if !number(fields[5], 1, numberLimit) {
		return nil, refuse("must have a move number of 1..%d", numberLimit)
	}
	pos := new(lib.Position)
	if err := pos.UnmarshalText([]byte(fen)); err != nil {
		return nil, refuse("is not understood") // can't happen: we are stricter than the library
	}
	if takesKing(pos) {
		return nil, refuse("has the side in check that is not to move")
	}
	return settleEnPassant(pos), nil
}

// parsePlacement checks the first field and lists the pieces' letters by square, a1 = 0; 0 = empty.
func parsePlacement(field string) (board [64]byte, err error) {
	ranks := strings.Split(field, "/")
	if len(ranks) != 8 {
		return board, refuse("must have 8 ranks")
	}
	var count ['z']int
	for i, rank := range ranks {
		name := 8 - i
		file, digit := 0, false
		for _, c := range []byte(rank) {
			switch {
			case c >= '1' && c <= '8' && !digit:
				file += int(c - '0')
				digit = true
			case strings.IndexByte("KQRBNPkqrbnp", c) >= 0 && file < 8:
				if (c == 'P' || c == 'p') && (name == 1 || name == 8) {
					return board, refuse("has a pawn on rank %d", name)
				}
				board[(name-1)*8+file] = c
				count[c]++
				file++
				digit = false
			default:
				return board, refuse("has a mistake in rank %d", name)
			}
		}
		if file != 8 {
			return board, refuse("must have 8 squares in rank %d", name)
		}
	}
	return board, checkCounts(&count)
}

// checkCounts refuses material that no game can lead to. It is more than pedantry: the library has room for 218
// moves, the most that sixteen pieces can have.
func checkCounts(count *['z']int) error {
	for _, side := range []struct {
		name   string
		pieces string // king, queen, rook, bishop, knight, pawn
	}{{"white", "KQRBNP"}, {"black", "kqrbnp"}} {
		n := func(i int) int { return count[side.pieces[i]] }
		total := n(0) + n(1) + n(2) + n(3) + n(4) + n(5)
		promoted := max(0, n(1)-1) + max(0, n(2)-2) + max(0, n(3)-2) + max(0, n(4)-2)
		switch {
		case n(0) != 1:
			return refuse("must have one %s king", side.name)
		case n(5) > pawnsLimit:
			return refuse("has more than %d %s pawns", pawnsLimit, side.name)
		case total > piecesLimit || promoted > pawnsLimit-n(5):
			return refuse("has more %s pieces than promotions allow", side.name)
		}
	}
	return nil
}

// checkCastling wants the letters in their order, and king and rook at home for each.
func checkCastling(board [64]byte, field string) error {
	if field == "-" {
		return nil
	}
	rest := castleLetter
	for _, c := range []byte(field) {
		i := strings.IndexByte(rest, c)
		if i < 0 {
			return refuse(`must have castling rights as a part of KQkq in that order, or "-"; Chess960 is not supported`)
		}
		rest = rest[i+1:]
		home := map[byte]struct {
			king, rook int
			letters    string
		}{
			'K': {4, 7, "KR"}, 'Q': {4, 0, "KR"},
			'k': {60, 63, "kr"}, 'q': {60, 56, "kr"},
		}[c]
		if board[home.king] != home.letters[0] || board[home.rook] != home.letters[1] {
			return refuse("gives the castling right %c, but king and rook are not on %s and %s; Chess960 is not supported",
				c, squareName(home.king), squareName(home.rook))
		}
	}
	if field == "" {
		return refuse(`must have castling rights, or "-"`)
	}
	return nil
}

// checkEnPassant wants the square that a pawn has just jumped over.
func checkEnPassant(board [64]byte, side, field string) error {
	if field == "-" {
		return nil
	}
	rank, pawn, step := byte('6'), byte('p'), 8
	if side == "b" {
		rank, pawn, step = '3', 'P', -8
	}
	if len(field) != 2 || field[0] < 'a' || field[0] > 'h' || field[1] != rank {
		return refuse(`must have an en-passant square on rank %c, or "-"`, rank)
	}
	sq := int(field[0]-'a') + int(field[1]-'1')*8
	if board[sq] != 0 || board[sq+step] != 0 || board[sq-step] != pawn {
		return refuse("has an en-passant square %s that no pawn has just jumped over", field)
	}
	return nil
}

// number tells whether a field is a decimal without sign or leading zero, within limits.
func number(field string, low, high int) bool {
	if field == "" || len(field) > 4 || (field[0] == '0' && field != "0") {
		return false
	}
	for _, c := range []byte(field) {
		if c < '0' || c > '9' {
			return false
		}
	}
	n, err := strconv.Atoi(field)
	return err == nil && n >= low && n <= high
}

// appendFEN writes a position whose en-passant square settleEnPassant has looked at.
func appendFEN(b []byte, pos *lib.Position) []byte {
	board := pos.Board()
	for rank := 7; rank >= 0; rank-- {
		empty := byte(0)
		for sq := rank * 8; sq < rank*8+8; sq++ {
			piece := board.Piece(lib.Square(sq))
			if piece == lib.NoPiece {
				empty++
				continue
			}
			if empty > 0 {
				b = append(b, '0'+empty)
				empty = 0
			}
			b = append(b, letters[piece])
		}
		if empty > 0 {
			b = append(b, '0'+empty)
		}
		if rank > 0 {
			b = append(b, '/')
		}
	}
	number := (pos.Ply() + 1) / 2
	if pos.Turn() == lib.Black {
		b = append(b, " b "...)
		number = pos.Ply() / 2
	} else {
		b = append(b, " w "...)
	}
	b = append(b, pos.CastleRights()...)
	b = append(b, ' ')
	if sq := pos.EnPassantSquare(); sq != lib.NoSquare && canReachEnPassant(pos) {
		b = appendSquare(b, int(sq))
	} else {
		b = append(b, '-')
	}
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(pos.HalfMoveClock()), 10)
	b = append(b, ' ')
	return strconv.AppendInt(b, int64(number), 10)
}

func appendSquare(b []byte, sq int) []byte {
	return append(b, 'a'+byte(sq&7), '1'+byte(sq>>3))
}

func squareName(sq int) string { return string(appendSquare(nil, sq)) }
