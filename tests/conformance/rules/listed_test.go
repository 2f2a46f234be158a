package rules_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/tests/conformance/rules"
)

// TestListed admits every game that the server offers. A new one needs a sample here.
func TestListed(t *testing.T) {
	samples := map[string]rules.Sample{"chess": chessSample()}
	for _, kind := range games.All() {
		t.Run(kind.Kind(), func(t *testing.T) {
			sample, ok := samples[kind.Kind()]
			if !ok {
				t.Fatal("listed in domain/games, but the suite has no sample of it")
			}
			rules.Test(t, kind, sample)
		})
	}
}

func chessSample() rules.Sample {
	fens := func(list ...string) (setups []json.RawMessage) {
		for _, fen := range list {
			setups = append(setups, json.RawMessage(`{"fen":"`+fen+`"}`))
		}
		return setups
	}
	return rules.Sample{
		Setups: append(fens(
			"r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1",
			"8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1",
			"8/P6k/8/8/8/8/p6K/8 b - - 90 70",
			"8/8/8/8/4k3/8/8/QK6 w - - 140 80",
			"4k3/8/8/8/8/8/8/R3K3 w Q - 0 1",
		), nil),
		Refused: fens(
			"8/8/8/8/8/8/8/8 w - - 0 1",
			"4k3/8/8/8/8/8/8/4K3 w - - 0 1", // drawn already
		),
		Move:  chessMove,
		Games: 6,
		Plies: 60,
	}
}

// chessMove picks from what Legal offers, as a client without rules does.
func chessMove(r *rand.Rand, b game.Board, seat game.Seat) json.RawMessage {
	var legal map[string]string
	if json.Unmarshal(b.Legal(seat), &legal) != nil || len(legal) == 0 {
		return json.RawMessage(`"none"`)
	}
	var moves []string
	for from, targets := range legal {
		for i := 0; i < len(targets); i += 2 {
			moves = append(moves, from+targets[i:i+2])
		}
	}
	slices.Sort(moves)
	m := moves[r.IntN(len(moves))]
	if _, err := b.Judge(seat, json.RawMessage(`"`+m+`"`), game.Seed{}); err != nil {
		m += string("qrbn"[r.IntN(4)])
	}
	return json.RawMessage(`"` + m + `"`)
}
