package chess_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// TestView holds the bytes of the protocol's own example.
func TestView(t *testing.T) {
	b := mustPlay(t, mustStart(t, ""), "e2e4")
	const view = `{"start":"startpos","fen":"rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1","moves":["e2e4"],"check":false`
	for _, to := range []game.Audience{game.Watchers, game.Everyone, game.AudienceOf(chess.White), game.AudienceOf(chess.Black)} {
		if got := string(b.View(to)); got != view+"}" {
			t.Errorf("%v: %s", to, got)
		}
	}
	const legal = `{"a7":"a5a6","b7":"b5b6","c7":"c5c6","d7":"d5d6","e7":"e5e6","f7":"f5f6","g7":"g5g6","h7":"h5h6","b8":"a6c6","g8":"f6h6"}`
	if got := string(b.Legal(chess.Black)); got != legal {
		t.Errorf("legal: %s", got)
	}
}

func TestViewOfSetup(t *testing.T) {
	const fen = "4k3/8/8/8/8/8/4r3/4K2R w K - 4 30"
	b := mustStart(t, fen)
	want := `{"start":"` + fen + `","fen":"` + fen + `","moves":[],"check":true}`
	if got := string(b.View(game.Watchers)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := string(mustStart(t, "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1").View(game.Watchers)); !strings.Contains(got, `"startpos"`) {
		t.Errorf("the standard start, set up: %s", got)
	}
}

func TestExtras(t *testing.T) {
	before := mustPlay(t, mustStart(t, ""), "e2e4")
	b := mustPlay(t, before, "e7e5")
	want := `{"san":"e5","fen":"rnbqkbnr/pppp1ppp/8/4p3/4P3/8/PPPP1PPP/RNBQKBNR w KQkq - 0 2"}`
	if got := string(b.Extras(before, quote("e7e5"), game.Watchers)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	before = mustPlay(t, b, "d1h5 b8c6")
	b = mustPlay(t, before, "h5f7")
	want = `{"san":"Qxf7+","fen":"r1bqkbnr/pppp1Qpp/2n5/4p3/4P3/8/PPPP1PPP/RNB1KBNR b KQkq - 0 3","check":true}`
	if got := string(b.Extras(before, quote("h5f7"), game.AudienceOf(chess.Black))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLegal: the field for clients without rules says the same as Judge, at every ply of a game with all kinds of
// moves; a promotion's target stands there once.
func TestLegal(t *testing.T) {
	b := mustStart(t, "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1")
	for _, m := range append(strings.Fields("e1g1 e8c8 a2a4 b4a3 d5e6 a3b2"), "") {
		seat := b.Turn()[0]
		var legal map[string]string
		if err := json.Unmarshal(b.Legal(seat), &legal); err != nil {
			t.Fatal(err)
		}
		var offered []string
		for from, targets := range legal {
			for i := 0; i < len(targets); i += 2 {
				offered = append(offered, from+targets[i:i+2])
			}
		}
		var want []string
		for _, m := range b.Moves() {
			want = append(want, m[:4])
		}
		slices.Sort(want)
		slices.Sort(offered)
		if want = slices.Compact(want); !slices.Equal(offered, want) {
			t.Errorf("offered %q, want %q", offered, want)
		}
		if b.Legal(other(seat)) != nil || b.Legal("") != nil || b.Legal("nobody") != nil {
			t.Error("somebody who is not on turn has legal moves")
		}
		b = mustPlay(t, b, m)
	}
}

func other(seat game.Seat) game.Seat {
	if seat == chess.White {
		return chess.Black
	}
	return chess.White
}
