package chess

import (
	"encoding/json"
	"math/bits"

	"github.com/plygames/ply/domain/game"
)

// View is everything: nothing is hidden in chess.
func (b *Board) View(game.Audience) json.RawMessage {
	v := make([]byte, 0, 256+8*b.plies)
	v = append(v, `{"start":"`...)
	if b.start == "" {
		v = append(v, "startpos"...)
	} else {
		v = append(v, b.start...)
	}
	v = append(v, `","fen":"`...)
	v = appendFEN(v, b.pos)
	v = append(v, `","moves":[`...)
	for i, m := range b.history.moves[:b.plies] {
		if i > 0 {
			v = append(v, ',')
		}
		v = append(v, '"')
		v = m.append(v)
		v = append(v, '"')
	}
	v = append(v, `],"check":`...)
	if b.check {
		v = append(v, "true"...)
	} else {
		v = append(v, "false"...)
	}
	return append(v, '}')
}

// Extras are the move in SAN, the position, and check if it is one: the same for every audience, so what was found for
// one is kept for the next, if it is the move that led here that they ask for.
func (b *Board) Extras(before game.Board, raw json.RawMessage, _ game.Audience) json.RawMessage {
	if !b.follows(before, raw) {
		return b.describe(before, raw)
	}
	if known := b.extras.Load(); known != nil {
		return *known
	}
	x := b.describe(before, raw)
	x = x[:len(x):len(x)] // shared from now on
	b.extras.Store((*[]byte)(&x))
	return x
}

// follows tells whether a move on another board is the last one of this board.
func (b *Board) follows(before game.Board, raw json.RawMessage) bool {
	s, _ := text(raw)
	m, ok := parseMove(s)
	was, same := before.(*Board)
	return ok && same && b.plies > 0 && was.plies == b.plies-1 && b.history.moves[b.plies-1] == m &&
		b.history.keys[b.plies-1] == was.pos.ZobristHash()
}

// describe makes Extras.
func (b *Board) describe(before game.Board, raw json.RawMessage) json.RawMessage {
	x := make([]byte, 0, 144)
	x = append(x, '{')
	s, _ := text(raw)
	if m, ok := parseMove(s); ok {
		if was, ok := before.(*Board); ok && plausible(was.pos, m) {
			x = append(x, `"san":"`...)
			x = was.appendSAN(x, m, b)
			x = append(x, `",`...)
		}
	}
	x = append(x, `"fen":"`...)
	x = appendFEN(x, b.pos)
	x = append(x, '"')
	if b.check {
		x = append(x, `,"check":true`...)
	}
	return append(x, '}')
}

// SAN is the move that led from a board to this one in standard algebraic notation; empty if it can't be one.
func (b *Board) SAN(before *Board, raw json.RawMessage) string {
	s, _ := text(raw)
	m, ok := parseMove(s)
	if !ok || !plausible(before.pos, m) {
		return ""
	}
	return string(before.appendSAN(make([]byte, 0, 8), m, b))
}

// Legal is {"e2":"e3e4",...}: from each square to which; a promotion's target once. nil if the seat is not on turn.
func (b *Board) Legal(seat game.Seat) json.RawMessage {
	if seat != b.side() {
		return nil
	}
	if b.legalMoves(); b.over() != "" {
		return nil
	}
	return b.appendTargets(make([]byte, 0, 192))
}

func (b *Board) appendTargets(v []byte) []byte {
	var targets [64]uint64 // a bit for each target: a promotion's four moves fall together
	for _, m := range b.legalMoves() {
		targets[m.from()] |= 1 << m.to()
	}
	v = append(v, '{')
	first := true
	for from, set := range targets {
		if set == 0 {
			continue
		}
		if !first {
			v = append(v, ',')
		}
		first = false
		v = append(v, '"')
		v = appendSquare(v, from)
		v = append(v, `":"`...)
		for ; set != 0; set &= set - 1 {
			v = appendSquare(v, bits.TrailingZeros64(set))
		}
		v = append(v, '"')
	}
	return append(v, '}')
}
