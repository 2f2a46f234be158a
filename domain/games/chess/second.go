package chess

import (
	"encoding/json"
	"fmt"
	"slices"

	lib "github.com/corentings/chess/v2"

	"github.com/plygames/ply/domain/game"
)

// secondEvery is how often a stored move is judged by the library too.
const secondEvery = 64

// JudgeAgain implements game.SecondOpinion: one move is judged alone, by a reading of the rules that was written apart from
// the library's, which makes all moves of a position and takes ten times as long. What play accepts is decided by
// the library alone. A refusal here, and one move in 64, is taken to the library: if the two don't agree, that is said.
func (b *Board) JudgeAgain(by game.Seat, raw json.RawMessage) error {
	err := b.judge(by, raw, b.allowed)
	if err == nil && b.plies%secondEvery != secondEvery-1 {
		return nil
	}
	_, library := b.Judge(by, raw, game.Seed{})
	if (err == nil) != (library == nil) {
		return fmt.Errorf("two readings of the rules disagree: %v, and %v", err, library)
	}
	return err
}

// ResultAgain implements game.SecondOpinion. Whether there is a legal move is looked for without the library.
func (b *Board) ResultAgain() (game.Result, bool) {
	if b.mobile.Load() == notAsked {
		b.found(b.movable())
	}
	return b.result()
}

// allowed tells whether one move is legal, without making the others. TestAllowed compares it with the library's moves,
// position by position.
func (b *Board) allowed(m move) bool {
	var p pieces
	p.read(b.pos)
	from, to := m.from(), m.to()
	if from == to || !p.own(from) || p.own(to) || p.on[to].Type() == lib.King {
		return false
	}
	kind := p.on[from].Type()
	if lastRank := to>>3 == 0 || to>>3 == 7; (kind == lib.Pawn && lastRank) != (m.promotion() > 0) || m.promotion() >= len(promotions) {
		return false
	}
	if kind == lib.King && from&7 == 4 && (to == from+2 || to == from-2) {
		return b.castles(&p, from, to)
	}
	return b.goes(&p, kind, from, to) && p.safe(from, to)
}

// goes tells whether a piece can make its way to a square on which no piece of its own side stands.
func (b *Board) goes(p *pieces, kind lib.PieceType, from, to int) bool {
	switch kind {
	case lib.Knight:
		return slices.Contains(reach[from].knight, to)
	case lib.Pawn:
		return b.pawnGoes(p, from, to)
	}
	for dir, ray := range reach[from].rays {
		if kind == lib.Rook && !straight(dir) || kind == lib.Bishop && straight(dir) {
			continue
		}
		for step, sq := range ray {
			if sq == to {
				return true
			}
			if p.on[sq] != lib.NoPiece || kind == lib.King && step == 0 {
				break
			}
		}
	}
	return false
}

func (b *Board) pawnGoes(p *pieces, from, to int) bool {
	up, home := 8, 1
	if p.turn == lib.Black {
		up, home = -8, 6
	}
	switch to - from {
	case up:
		return p.on[to] == lib.NoPiece
	case 2 * up:
		return from>>3 == home && p.on[from+up] == lib.NoPiece && p.on[to] == lib.NoPiece
	case up + 1, up - 1:
		if files := to&7 - from&7; files != 1 && files != -1 {
			return false
		}
		return p.on[to] != lib.NoPiece || lib.Square(to) == b.pos.EnPassantSquare()
	}
	return false
}

// castles tells whether the king may castle: FIDE 3.8.2.
func (b *Board) castles(p *pieces, from, to int) bool {
	side, rook, pass := lib.KingSide, from+3, from+1
	if to < from {
		side, rook, pass = lib.QueenSide, from-4, from-1
	}
	if b.check || !b.pos.CastleRights().CanCastle(p.turn, side) {
		return false
	}
	for sq := min(from, rook) + 1; sq < max(from, rook); sq++ {
		if sq != from && p.on[sq] != lib.NoPiece {
			return false
		}
	}
	return !attacked(&p.on, pass, p.turn.Other()) && !attacked(&p.on, to, p.turn.Other())
}

// movable tells whether there is a legal move. Where castling is legal, the king's step towards the rook is too.
func (b *Board) movable() bool {
	var p pieces
	p.read(b.pos)
	for from := range p.on {
		if p.own(from) && b.leaves(&p, from) {
			return true
		}
	}
	return false
}

// leaves tells whether the piece on a square has a legal move.
func (b *Board) leaves(p *pieces, from int) bool {
	may := func(to int) bool { return !p.own(to) && p.on[to].Type() != lib.King && p.safe(from, to) }
	switch kind := p.on[from].Type(); kind {
	case lib.Knight:
		return slices.ContainsFunc(reach[from].knight, may)
	case lib.Pawn:
		for _, ahead := range [4]int{8, 16, 7, 9} {
			if p.turn == lib.Black {
				ahead = -ahead
			}
			if to := from + ahead; to >= 0 && to < 64 && b.pawnGoes(p, from, to) && may(to) {
				return true
			}
		}
	default:
		for dir, ray := range reach[from].rays {
			if kind == lib.Rook && !straight(dir) || kind == lib.Bishop && straight(dir) {
				continue
			}
			for step, to := range ray {
				if may(to) {
					return true
				}
				if p.on[to] != lib.NoPiece || kind == lib.King && step == 0 {
					break
				}
			}
		}
	}
	return false
}
