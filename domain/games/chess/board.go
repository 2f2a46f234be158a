package chess

import (
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"

	lib "github.com/corentings/chess/v2"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// Board is a game of chess after some plies: see the package comment. It is made by Rules and by Play.
type Board struct {
	start   string // FEN; empty = standard
	history *history
	plies   int
	pos     *lib.Position // only read
	check   bool          // the side to move is in check
	seen    int           // how often this position was on the board, this time included

	moves  atomic.Pointer[[]move] // the legal moves, once somebody has asked
	mobile atomic.Int32           // whether there is one; cheaper to find than all
	ended  atomic.Int32           // what over says: 1 + its place in endings
	extras atomic.Pointer[[]byte] // what Extras says of the move that led here
}

// Values of Board.mobile; and of Board.ended, as long as nobody has asked.
const (
	notAsked = iota
	canMove
	cannotMove
)

var (
	_ game.Board      = (*Board)(nil)
	_ game.Extras     = (*Board)(nil)
	_ game.Claims     = (*Board)(nil)
	_ game.Undo       = (*Board)(nil)
	_ game.Alternates = (*Board)(nil)
)

// standardPosition is read by all games that begin with it; the library reads it from its FEN each time.
var standardPosition = sync.OnceValue(lib.StartingPosition)

func standardBoard() *Board { return newBoard(standardPosition(), "") }

// newBoard is a game before its first move. pos is settled.
func newBoard(pos *lib.Position, start string) *Board {
	return &Board{
		start:   start,
		history: newHistory(pos.ZobristHash(), 16),
		pos:     pos,
		check:   start != "" && inCheck(pos),
		seen:    1,
	}
}

// startOf names a start: its FEN, or nothing if it is the standard one.
func startOf(pos *lib.Position) string {
	fen := string(appendFEN(make([]byte, 0, longestFEN), pos))
	if fen == standardFEN {
		return ""
	}
	return fen
}

// firstPosition is the start again.
func (b *Board) firstPosition() *lib.Position {
	if b.start == "" {
		return standardPosition()
	}
	pos := new(lib.Position)
	if err := pos.UnmarshalText([]byte(b.start)); err != nil { // can't happen: we wrote it
		return standardPosition()
	}
	return pos
}

// next is the board after a move that is legal.
func (b *Board) next(m move) *Board {
	pos, check := advance(b.pos, m)
	next := &Board{
		start:   b.start,
		history: b.history.push(b.plies, m, pos.ZobristHash()),
		plies:   b.plies + 1,
		pos:     pos,
		check:   check,
	}
	next.seen = next.repetitions()
	return next
}

// Judge accepts exactly the legal moves in UCI.
func (b *Board) Judge(by game.Seat, raw json.RawMessage, _ game.Seed) (game.Drawn, error) {
	b.legalMoves()
	return nil, b.judge(by, raw, b.legal)
}

func (b *Board) judge(by game.Seat, raw json.RawMessage, legal func(move) bool) error {
	if reason := b.over(); reason != "" {
		return domain.Refuse(domain.IllegalMove, "the game is over: %s", reason)
	}
	if by != b.side() {
		return domain.Refuse(domain.IllegalMove, "%s is to move", b.side())
	}
	s, ok := text(raw)
	if !ok {
		return domain.Refuse(domain.IllegalMove, "a move is a string such as e2e4")
	}
	m, ok := parseMove(s)
	if !ok {
		return domain.Refuse(domain.IllegalMove, "%s", whyNotUCI(string(s)))
	}
	if !legal(m) {
		return domain.Refuse(domain.IllegalMove, "%s", b.whyNot(m))
	}
	return nil
}

// Play makes a move that Judge accepted. Anything that can't be one leaves the board as it is.
func (b *Board) Play(_ game.Seat, raw json.RawMessage, _ game.Drawn) game.Board {
	s, _ := text(raw)
	m, ok := parseMove(s)
	if !ok || !plausible(b.pos, m) {
		return b
	}
	return b.next(m)
}

// Turn is the side to move, or nobody after the end.
func (b *Board) Turn() []game.Seat {
	if b.over() != "" {
		return nil
	}
	return b.sides()
}

// Unsettled is the side to move: its next move answers this one. Unlike Turn it does not look whether the game is
// over, which nobody needs to know while stored moves are replayed.
func (b *Board) Unsettled(game.Board, game.Seat) []game.Seat { return b.sides() }

// Nobody changes what Turn gives, so that it need not be made each time.
var (
	whiteMoves = []game.Seat{White}
	blackMoves = []game.Seat{Black}
)

// sides is side as a list.
func (b *Board) sides() []game.Seat {
	if b.pos.Turn() == lib.Black {
		return blackMoves
	}
	return whiteMoves
}

// Next is the side to move.
func (b *Board) Next() game.Seat { return b.side() }

// side is whose move it is by the position alone.
func (b *Board) side() game.Seat {
	if b.pos.Turn() == lib.Black {
		return Black
	}
	return White
}

// FEN is the position. The en-passant square is given only if a legal capture exists.
func (b *Board) FEN() string { return string(appendFEN(make([]byte, 0, longestFEN), b.pos)) }

// Moves lists the legal moves in UCI, by how the pieces go: also where the game has ended in a draw.
func (b *Board) Moves() []string {
	moves := slices.Clone(b.legalMoves())
	slices.Sort(moves) // by target, then origin: the same on every server
	list := make([]string, len(moves))
	for i, m := range moves {
		list[i] = m.String()
	}
	return list
}
