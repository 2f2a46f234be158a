package robustness_test

import (
	"encoding/json"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/transport/client"
)

// position is a player's own board: the rules tell what is legal, not the server.
type position struct {
	board game.Board
	moves int // played on it
}

// legal picks any legal move.
func (p *player) legal(s client.State) string {
	var view struct {
		Moves []string `json:"moves"`
	}
	if err := json.Unmarshal(s.View, &view); err != nil && s.View != nil {
		panic("robustness: a view that is no JSON: " + err.Error())
	}
	var moves []json.RawMessage
	for _, m := range view.Moves {
		moves = append(moves, client.Move(m).M)
	}
	for _, m := range s.Moves {
		moves = append(moves, m.M)
	}
	if p.pieces.board == nil {
		p.pieces.board = chess.Rules{}.Start(nil, nil)
	}
	for ; p.pieces.moves < len(moves); p.pieces.moves++ {
		mover := p.pieces.board.Turn()[0]
		p.pieces.board = p.pieces.board.Play(mover, moves[p.pieces.moves], nil)
	}
	var legal map[string]string
	if err := json.Unmarshal(p.pieces.board.Legal(game.Seat(p.seat)), &legal); err != nil {
		panic("robustness: legal moves that are no JSON: " + err.Error())
	}
	var all []string
	for from, targets := range legal {
		for ; len(targets) >= 2; targets = targets[2:] {
			all = append(all, from+targets[:2])
		}
	}
	m := all[p.random.IntN(len(all))]
	if _, err := p.pieces.board.Judge(game.Seat(p.seat), client.Move(m).M, game.Seed{}); err != nil {
		m += "q" // a pawn on the last rank
	}
	return m
}
