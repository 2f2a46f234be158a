package chess

import (
	"encoding/json"

	"github.com/plygames/ply/domain/game"
)

// The seats. White moves first unless the setup says otherwise.
const (
	White game.Seat = "white"
	Black game.Seat = "black"
)

// Rules is the kind "chess". The zero value is ready and safe for concurrent use.
type Rules struct{}

var _ game.Rules = Rules{}

// Kind is "chess".
func (Rules) Kind() string { return "chess" }

// Schema names the layout of Board.Save and the library whose reading of a move it relies on.
func (Rules) Schema() string { return "chess.1+corentings-v2.5.1" }

// Seats are white and black.
func (Rules) Seats() []game.Seat { return []game.Seat{White, Black} }

// Prepare accepts nil and {"fen":"..."}. Nothing is drawn in chess.
func (Rules) Prepare(setup json.RawMessage, _ game.Seed) (game.Drawn, error) {
	fen, err := readSetup(setup)
	if err != nil {
		return nil, err
	}
	if fen == "" {
		return nil, nil
	}
	pos, err := parseFEN(fen)
	if err != nil {
		return nil, err
	}
	if reason := newBoard(pos, startOf(pos)).over(); reason != "" {
		return nil, refuse("is a game that is over already: %s", reason)
	}
	return nil, nil
}

// Start gives the first board. A setup that Prepare has not accepted gives the standard one.
func (Rules) Start(setup json.RawMessage, _ game.Drawn) game.Board {
	fen, err := readSetup(setup)
	if err != nil || fen == "" {
		return standardBoard()
	}
	pos, err := parseFEN(fen)
	if err != nil {
		return standardBoard()
	}
	return newBoard(pos, startOf(pos))
}

// Wellformed tells whether a move is a JSON string; what it says is for Judge.
func (Rules) Wellformed(move json.RawMessage) bool {
	_, ok := text(move)
	return ok
}

// RedactStart hides nothing.
func (Rules) RedactStart(drawn game.Drawn, _ game.Audience) (game.Drawn, game.Visibility) {
	return drawn, game.Full
}

// RedactMove hides nothing.
func (Rules) RedactMove(_ game.Seat, move json.RawMessage, drawn game.Drawn, _ game.Audience) (json.RawMessage, game.Drawn, game.Visibility) {
	return move, drawn, game.Full
}

// other is the opponent's seat.
func other(seat game.Seat) game.Seat {
	if seat == White {
		return Black
	}
	return White
}
