package perft

import (
	"encoding/json"
	"fmt"

	"github.com/plygames/ply/domain/game"
)

// Board is what counting needs of a board.
type Board interface {
	game.Board
	Moves() []string
}

// Nodes counts the sequences of depth legal moves. The last ply is not played, only counted.
func Nodes(b Board, depth int) uint64 {
	moves := b.Moves()
	if depth == 1 {
		return uint64(len(moves))
	}
	var n uint64
	for _, m := range moves {
		n += Nodes(b.Play("", json.RawMessage(`"`+m+`"`), nil).(Board), depth-1)
	}
	return n
}

// Check counts and compares.
func (c Count) Check(b Board) error {
	if n := Nodes(b, c.Depth); n != c.Nodes {
		return fmt.Errorf("depth %d: %d nodes, want %d", c.Depth, n, c.Nodes)
	}
	return nil
}
