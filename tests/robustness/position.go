package robustness

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/transport/client"
)

// position is a player's own board: the rules tell what is legal, not the server.
type position struct {
	board  game.Board
	played []json.RawMessage // on it
}

// follow brings the board to a list of moves. A list that does not continue the old one (a server that lost its past) is
// played from the start: it is for the checker to judge, not for the board.
func (b *position) follow(moves []json.RawMessage) {
	if b.board == nil || len(moves) < len(b.played) || !slices.EqualFunc(b.played, moves[:len(b.played)], same) {
		b.board, b.played = chess.Rules{}.Start(nil, nil), nil
	}
	for _, m := range moves[len(b.played):] {
		b.board = b.board.Play(b.board.Turn()[0], m, nil)
		b.played = append(b.played, m)
	}
}

func same(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// legal picks any legal move; nonsense if this seat is not on turn, which only a confused server can bring about.
func (p *player) legal(s client.State) string {
	var view struct {
		Moves []string `json:"moves"`
	}
	if s.View != nil {
		if err := json.Unmarshal(s.View, &view); err != nil {
			return "a1a1"
		}
	}
	var moves []json.RawMessage
	for _, m := range view.Moves {
		moves = append(moves, client.Move(m).M)
	}
	for _, m := range s.Moves {
		moves = append(moves, m.M)
	}
	p.pieces.follow(moves)
	var legal map[string]string
	if json.Unmarshal(p.pieces.board.Legal(game.Seat(p.seat)), &legal) != nil {
		return "a1a1"
	}
	var all []string
	for from, targets := range legal {
		for ; len(targets) >= 2; targets = targets[2:] {
			all = append(all, from+targets[:2])
		}
	}
	if len(all) == 0 {
		return "a1a1"
	}
	m := all[p.random.IntN(len(all))]
	if _, err := p.pieces.board.Judge(game.Seat(p.seat), client.Move(m).M, game.Seed{}); err != nil {
		m += "q" // a pawn on the last rank
	}
	return m
}
