package chess_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

func TestSetupAccepted(t *testing.T) {
	for name, c := range map[string]struct{ fen, want string }{ // want empty = as given
		"standard":          {"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1", ""},
		"clocks count on":   {"4k3/8/8/8/8/8/4P3/4K3 b - - 99 60", ""},
		"last half-move":    {"4k3/8/8/8/8/8/4P3/4K3 b - - 149 9999", ""},
		"check":             {"4k3/8/8/8/8/8/4r3/4K3 w - - 0 1", ""},
		"some rights":       {"r3k2r/8/8/8/8/8/8/R3K2R w Kq - 0 1", ""},
		"en passant":        {"4k3/8/8/8/3pP3/8/8/4K3 b - e3 0 1", ""},
		"nobody to take":    {"4k3/8/8/8/4P3/8/8/4K3 b - e3 0 1", "4k3/8/8/8/4P3/8/8/4K3 b - - 0 1"},
		"pinned to take":    {"8/8/8/8/k2Pp2R/8/8/4K3 b - d3 0 1", "8/8/8/8/k2Pp2R/8/8/4K3 b - - 0 1"},
		"pinned diagonal":   {"8/8/8/1k6/3Pp3/8/8/4KQ2 b - d3 0 1", ""},
		"nine queens":       {"4k3/8/8/8/8/8/QQQQ4/QQQQQK2 b - - 0 1", ""},
		"the most moves":    {"R6R/3Q4/1Q4Q1/4Q3/2Q4Q/Q4Q2/pp1Q4/kBNN1KB1 w - - 0 1", ""},
		"bishop and knight": {"4k3/8/8/8/8/8/8/2B1K1N1 w - - 0 1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.want
			if want == "" {
				want = c.fen
			}
			if got := mustStart(t, c.fen).FEN(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	if n := len(mustStart(t, "R6R/3Q4/1Q4Q1/4Q3/2Q4Q/Q4Q2/pp1Q4/kBNN1KB1 w - - 0 1").Moves()); n != 218 {
		t.Errorf("%d moves in the position with the most, want 218", n)
	}
}

func TestSetupRefused(t *testing.T) {
	for name, c := range map[string]struct{ fen, want string }{ // want is a part of the message
		"empty":               {"", "is empty"},
		"words":               {"hello", "six fields"},
		"four fields":         {"4k3/8/8/8/8/8/8/R3K3 w - -", "six fields"},
		"two spaces":          {"4k3/8/8/8/8/8/8/R3K3 w  - - 0 1", "six fields"},
		"space behind":        {"4k3/8/8/8/8/8/8/R3K3 w - - 0 1 ", "six fields"},
		"long":                {"4k3/8/8/8/8/8/8/R3K3 w - - 0 " + strings.Repeat("1", 90), "longer"},
		"seven ranks":         {"4k3/8/8/8/8/8/R3K3 w - - 0 1", "8 ranks"},
		"nine files":          {"4k3/8/8/8/8/8/8/R3K3P w - - 0 1", "rank 1"},
		"seven files":         {"4k2/8/8/8/8/8/8/R3K3 w - - 0 1", "rank 8"},
		"digits in a row":     {"4k3/44/8/8/8/8/8/R3K3 w - - 0 1", "rank 7"},
		"unknown piece":       {"4k3/8/8/8/8/8/8/X3K3 w - - 0 1", "rank 1"},
		"beyond ASCII":        {"4k3/8/8/8/8/8/8/é3K3 w - - 0 1", "rank 1"},
		"no king":             {"8/8/8/8/8/8/8/R3K3 w - - 0 1", "one black king"},
		"two kings":           {"4k3/8/8/8/8/8/8/K3K3 w - - 0 1", "one white king"},
		"pawn on the last":    {"P3k3/8/8/8/8/8/8/R3K3 w - - 0 1", "pawn on rank 8"},
		"pawn on the first":   {"4k3/8/8/8/8/8/8/R3K2p w - - 0 1", "pawn on rank 1"},
		"nine pawns":          {"4k3/8/8/8/8/P7/PPPPPPPP/4K3 w - - 0 1", "8 white pawns"},
		"ten queens":          {"4k3/8/8/8/8/QQQQQQQQ/QQ6/4K3 w - - 0 1", "promotions"},
		"queen for no pawn":   {"4k3/8/8/8/8/8/PPPPPPPP/QQ2K3 w - - 0 1", "promotions"},
		"seventeen":           {"4k3/8/8/8/8/NNNNNNNN/NNNNNNNN/4K3 w - - 0 1", "promotions"},
		"side":                {"4k3/8/8/8/8/8/8/R3K3 x - - 0 1", "w or b"},
		"rights twice":        {"r3k2r/8/8/8/8/8/8/R3K2R w KK - 0 1", "KQkq"},
		"rights out of order": {"r3k2r/8/8/8/8/8/8/R3K2R w kK - 0 1", "KQkq"},
		"Shredder rights":     {"r3k2r/8/8/8/8/8/8/R3K2R w HAha - 0 1", "Chess960"},
		"no rook":             {"r3k2r/8/8/8/8/8/8/R3K3 w K - 0 1", "e1 and h1"},
		"king away":           {"r3k2r/8/8/8/8/8/8/R2K3R w Q - 0 1", "Chess960"},
		"black rook away":     {"1r2k3/8/8/8/8/8/8/R3K2R w q - 0 1", "e8 and a8"},
		"en passant rank":     {"4k3/8/8/8/4P3/8/8/4K3 b - e4 0 1", "rank 3"},
		"en passant side":     {"4k3/8/8/8/4P3/8/8/4K3 w - e3 0 1", "rank 6"},
		"en passant no pawn":  {"4k3/8/8/8/8/8/4P3/4K3 b - e3 0 1", "jumped"},
		"en passant blocked":  {"4k3/8/8/8/4P3/4N3/8/4K3 b - e3 0 1", "jumped"},
		"en passant origin":   {"4k3/8/8/8/4P3/8/4N3/4K3 b - e3 0 1", "jumped"},
		"half-moves word":     {"4k3/8/8/8/8/8/8/R3K3 w - - x 1", "half-moves"},
		"half-moves negative": {"4k3/8/8/8/8/8/8/R3K3 w - - -1 1", "half-moves"},
		"half-moves plus":     {"4k3/8/8/8/8/8/8/R3K3 w - - +1 1", "half-moves"},
		"half-moves 150":      {"4k3/8/8/8/8/8/8/R3K3 w - - 150 99", "half-moves"},
		"half-moves huge":     {"4k3/8/8/8/8/8/8/R3K3 w - - 18446744073709551616 1", "half-moves"},
		"number 0":            {"4k3/8/8/8/8/8/8/R3K3 w - - 0 0", "move number"},
		"number with zero":    {"4k3/8/8/8/8/8/8/R3K3 w - - 0 01", "move number"},
		"number huge":         {"4k3/8/8/8/8/8/8/R3K3 w - - 0 99999999999", "move number"},
		"other side in check": {"4k3/8/8/8/8/8/4R3/4K3 w - - 0 1", "in check"},
		"checked by a pinned": {"1r2k3/8/8/1B6/8/8/8/1K6 w - - 0 1", "in check"},
		"kings together":      {"8/8/8/8/8/8/4k3/R3K3 w - - 0 1", "in check"},
		"mate":                {"R5k1/5ppp/8/8/8/8/8/4K3 b - - 0 1", "over already: mate"},
		"stalemate":           {"k7/8/1Q6/8/8/8/8/4K3 b - - 0 1", "over already: stalemate"},
		"bare kings":          {"4k3/8/8/8/8/8/8/4K3 w - - 0 1", "over already: insufficient"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, `{"fen":"`+c.fen+`"}`, "setup.fen", c.want)
		})
	}
}

func refused(t *testing.T, setup string, parts ...string) {
	t.Helper()
	refusedAs(t, domain.InvalidField, setup, parts...)
}

func refusedAs(t *testing.T, kind domain.Kind, setup string, parts ...string) {
	t.Helper()
	_, err := chess.Rules{}.Prepare(json.RawMessage(setup), game.Seed{})
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Kind != kind {
		t.Fatalf("%s: %v, want %s", setup, err, kind)
	}
	for _, part := range parts {
		if !strings.Contains(refusal.Message, part) {
			t.Errorf("%s: %q says nothing of %q", setup, refusal.Message, part)
		}
	}
}

func TestSetupObject(t *testing.T) {
	const fen = `"4k3/8/8/8/8/8/8/R3K3 w - - 0 1"`
	for setup, part := range map[string]string{
		`null`:                                  "object",
		`[]`:                                    "object",
		`"fen"`:                                 "object",
		`{}`:                                    "missing",
		`{"fen":null}`:                          "string",
		`{"fen":1}`:                             "string",
		`{"fen":{"fen":""}}`:                    "string",
		`{"FEN":` + fen + `}`:                   "unknown field",
		`{"fen":` + fen + `,"x":1}`:             "unknown field",
		`{"fen":` + fen + `,"fen":` + fen + `}`: "twice",
		`{"fen":` + fen:                         "JSON",
		`{"fen":` + fen + `}{}`:                 "behind",
		`{"fen":` + fen + `}]`:                  "behind",
	} {
		refusedAs(t, domain.BadMessage, setup, part)
	}
}
