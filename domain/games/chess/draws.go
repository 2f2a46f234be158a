package chess

import (
	lib "github.com/corentings/chess/v2"

	"github.com/plygames/ply/domain/game"
)

// Reasons of results and claims, as they stand in events.
const (
	Mate                = "mate"
	Stalemate           = "stalemate"
	Insufficient        = "insufficient"
	Fivefold            = "fivefold"
	SeventyFive         = "seventyfive"
	Threefold           = "threefold"
	Fifty               = "fifty"
	TimeoutInsufficient = "timeout-insufficient"
)

// Half-moves without pawn move or capture after which a draw may be claimed, and comes by itself.
const (
	fiftyMoves       = 100
	seventyFiveMoves = 150
)

// endings are the reasons for which a game is over by the rules. Mate comes first: FIDE 9.6.2.
var endings = [...]string{"", Mate, Stalemate, Insufficient, Fivefold, SeventyFive}

// over tells why the game is over by the rules; empty = it is not. It is found once.
func (b *Board) over() string {
	ended := b.ended.Load()
	if ended == notAsked {
		ended = 1 + b.ending()
		b.ended.Store(ended)
	}
	return endings[ended-1]
}

// ending looks for the place in endings.
func (b *Board) ending() int32 {
	switch {
	case b.stuck() && b.check:
		return 1
	case b.stuck():
		return 2
	case insufficient(b.pos.Board()):
		return 3
	case b.seen >= 5:
		return 4
	case b.pos.HalfMoveClock() >= seventyFiveMoves:
		return 5
	}
	return 0
}

// Result tells how the game stands if it is over. Whoever asks goes on to show or judge moves, so it generates them.
func (b *Board) Result() (game.Result, bool) {
	b.legalMoves()
	return b.result()
}

func (b *Board) result() (game.Result, bool) {
	switch reason := b.over(); reason {
	case "":
		return game.Result{}, false
	case Mate:
		return win(other(b.side()), reason), true
	default:
		return draw(reason), true
	}
}

// Timeout is a win for the other side, unless it could not mate by any sequence of legal moves: FIDE 6.9.
func (b *Board) Timeout(flagged game.Seat) game.Result {
	winner := other(flagged)
	if !canMate(b.pos.Board(), winner) {
		return draw(TimeoutInsufficient)
	}
	return win(winner, game.TimedOut)
}

// Claim is a draw that the side to move may have for the asking: FIDE 9.2 and 9.3, positions on the board only.
func (b *Board) Claim() (reason string, ok bool) {
	if b.seen < 3 && b.pos.HalfMoveClock() < fiftyMoves || b.over() != "" {
		return "", false
	}
	if b.seen >= 3 {
		return Threefold, true
	}
	return Fifty, true
}

// repetitions counts how often the position was on the board since the last pawn move or capture, now included. Keys
// find candidates; from the third on they are proved on the board itself, so that no collision of keys, found or
// made, ends a game.
func (b *Board) repetitions() int {
	keys := b.history.keys
	first := max(0, b.plies-b.pos.HalfMoveClock())
	n := 1
	for i := b.plies - 4; i >= first; i -= 2 {
		if keys[i] == keys[b.plies] {
			n++
		}
	}
	if n < 3 {
		return n
	}
	return b.provedRepetitions(first)
}

// provedRepetitions takes the moves back one by one on a copy of the pieces and compares. Between first and now
// nothing was captured or promoted, so a move is undone by putting its piece back. Equal pieces and equal keys mean
// equal castling rights and en-passant captures: those are all that the key has besides.
func (b *Board) provedRepetitions(first int) int {
	var now [64]lib.Piece
	for sq := range now {
		now[sq] = b.pos.Board().Piece(lib.Square(sq))
	}
	pieces := now
	n := 1
	for i := b.plies - 1; i >= first; i-- {
		m := b.history.moves[i]
		shift(&pieces, m.to(), m.from())
		if files := m.to()&7 - m.from()&7; pieces[m.from()].Type() == lib.King && (files == 2 || files == -2) {
			rank := m.from() &^ 7
			if files == 2 {
				shift(&pieces, rank+5, rank+7)
			} else {
				shift(&pieces, rank+3, rank)
			}
		}
		if b.history.keys[i] == b.history.keys[b.plies] && pieces == now {
			n++
		}
	}
	return n
}

func shift(pieces *[64]lib.Piece, from, to int) {
	pieces[to], pieces[from] = pieces[from], lib.NoPiece
}

func win(winner game.Seat, reason string) game.Result {
	return game.Result{Reason: reason, Winner: winner, Scores: map[game.Seat]int{winner: 2, other(winner): 0}}
}

func draw(reason string) game.Result {
	return game.Result{Reason: reason, Scores: map[game.Seat]int{White: 1, Black: 1}}
}
