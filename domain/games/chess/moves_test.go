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

// TestMoveForms has one row for each special move: written in UCI, shown in SAN, leading to a position.
func TestMoveForms(t *testing.T) {
	for name, c := range map[string]struct{ fen, move, san, want string }{
		"pawn":              {"", "e2e4", "e4", "rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1"},
		"short castling":    {"r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 3 9", "e1g1", "O-O", "r3k2r/8/8/8/8/8/8/R4RK1 b kq - 4 9"},
		"long castling":     {"r3k2r/8/8/8/8/8/8/R3K2R b KQkq - 3 9", "e8c8", "O-O-O", "2kr3r/8/8/8/8/8/8/R3K2R w KQ - 4 10"},
		"castling checks":   {"5k2/8/8/8/8/8/8/4K2R w K - 0 1", "e1g1", "O-O+", "5k2/8/8/8/8/8/8/5RK1 b - - 1 1"},
		"en passant white":  {"4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 5", "e5d6", "exd6", "4k3/8/3P4/8/8/8/8/4K3 b - - 0 5"},
		"en passant black":  {"4k3/8/8/8/3Pp3/8/8/4K3 b - d3 0 5", "e4d3", "exd3", "4k3/8/8/8/8/3p4/8/4K3 w - - 0 6"},
		"promotion":         {"8/P6k/8/8/8/8/8/K7 w - - 0 1", "a7a8n", "a8=N", "N7/7k/8/8/8/8/8/K7 b - - 0 1"},
		"promotion, check":  {"7k/P7/8/8/8/8/8/K7 w - - 0 1", "a7a8q", "a8=Q+", "Q6k/8/8/8/8/8/8/K7 b - - 0 1"},
		"promotion, takes":  {"1r5k/P7/8/8/8/8/8/K7 w - - 0 1", "a7b8r", "axb8=R+", "1R5k/8/8/8/8/8/8/K7 b - - 0 1"},
		"black promotion":   {"8/8/8/8/8/8/Kp5k/8 b - - 0 1", "b2b1b", "b1=B+", "8/8/8/8/8/8/K6k/1b6 w - - 0 2"},
		"mate":              {"6k1/5ppp/8/8/8/8/8/R3K3 w Q - 0 1", "a1a8", "Ra8#", "R5k1/5ppp/8/8/8/8/8/4K3 b - - 1 1"},
		"same rank":         {"4k3/8/8/8/8/8/4K3/R6R w - - 0 1", "a1d1", "Rad1", "4k3/8/8/8/8/8/4K3/3R3R b - - 1 1"},
		"same file":         {"4k3/8/8/R7/8/8/4K3/R7 w - - 0 1", "a1a3", "R1a3", "4k3/8/8/R7/8/R7/4K3/8 b - - 1 1"},
		"file and rank":     {"8/k7/8/8/4Q2Q/8/8/K6Q w - - 0 1", "h4e1", "Qh4e1", "8/k7/8/8/4Q3/8/8/K3Q2Q b - - 1 1"},
		"a pinned rival":    {"4k3/8/8/8/1b6/2N5/8/4K1N1 w - - 0 1", "g1e2", "Ne2", "4k3/8/8/8/1b6/2N5/4N3/4K3 b - - 1 1"},
		"double push shown": {"4k3/8/8/8/3p4/8/4P3/4K3 w - - 0 1", "e2e4", "e4", "4k3/8/8/8/3pP3/8/8/4K3 b - e3 0 1"},
		"double push, none": {"8/8/8/8/k3p2R/8/3P4/4K3 w - - 0 1", "d2d4", "d4", "8/8/8/8/k2Pp2R/8/8/4K3 b - - 0 1"},
		"rook's right goes": {"r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", "h1h8", "Rxh8+", "r3k2R/8/8/8/8/8/8/R3K3 b Qq - 0 1"},
	} {
		t.Run(name, func(t *testing.T) {
			b := mustStart(t, c.fen)
			after := mustPlay(t, b, c.move)
			if after.FEN() != c.want {
				t.Errorf("%s, want %s", after.FEN(), c.want)
			}
			var x struct{ SAN, FEN string }
			if err := json.Unmarshal(after.Extras(b, quote(c.move), game.Watchers), &x); err != nil || x.SAN != c.san || x.FEN != c.want {
				t.Errorf("extras %+v (%v), want %s", x, err, c.san)
			}
		})
	}
}

// TestMoveRefused: what is no legal move is illegal_move, with a reason that helps, and never anything else.
func TestMoveRefused(t *testing.T) {
	const (
		castle = "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1"
		last   = "8/P6k/8/8/8/8/8/K7 w - - 0 1"
		pinned = "8/8/8/8/k2Pp2R/8/8/4K3 b - d3 0 1"
	)
	for name, c := range map[string]struct{ fen, move, want string }{
		"no piece":                    {"", `"e5e6"`, "no piece on e5"},
		"too far":                     {"", `"e2e5"`, "the pawn on e2 can't go to e5"}, // the library decodes it and would play it
		"own piece":                   {"", `"a1a2"`, "the rook on a1 can't go to a2"},
		"other's piece":               {"", `"e7e5"`, "opponent's"},
		"upper case":                  {"", `"E2E4"`, "small letters"},
		"SAN":                         {"", `"Nf3"`, "two squares"},
		"castling in letters":         {castle, `"O-O"`, "e1g1"},
		"castling as king takes rook": {castle, `"e1h1"`, "king"},
		"castling by the rook":        {castle, `"h1e1"`, "rook"},
		"castling through check":      {"4k3/8/8/8/8/8/5r2/4K2R w K - 0 1", `"e1g1"`, "king"},
		"castling out of check":       {"4k3/8/8/8/8/8/4r3/R3K3 w Q - 0 1", `"e1c1"`, "king"},
		"no right":                    {"4k3/8/8/8/8/8/8/4K2R w - - 0 1", `"e1g1"`, "king"},
		"promotion missing":           {last, `"a7a8"`, "a7a8q"},
		"promotion to king":           {last, `"a7a8k"`, "two squares"},
		"promotion to pawn":           {last, `"a7a8p"`, "two squares"},
		"promotion in capital":        {last, `"a7a8Q"`, "small letters"},
		"promotion too early":         {"", `"e2e4q"`, "last rank"},
		"pinned en passant":           {pinned, `"e4d3"`, "can't go"},
		"into check":                  {"4k3/8/8/8/8/8/5r2/4K3 w - - 0 1", `"e1e2"`, "king would be in check"},
		"stays in check":              {"4k3/8/8/8/8/8/r3r3/4K2R w - - 0 1", `"h1h2"`, "king is in check"},
		"off the board":               {"", `"e2e9"`, "two squares"},
		"null move":                   {"", `"e2e2"`, "can't go"},
		"null move in UCI":            {"", `"0000"`, "two squares"},
		"drop":                        {"", `"P@e4"`, "two squares"},
		"empty":                       {"", `""`, "two squares"},
		"space":                       {"", `"e2e4 "`, "two squares"},
		"NUL":                         {"", `"e2e4\u0000"`, "two squares"},
		"number":                      {"", `12`, "a string"},
		"nothing":                     {"", ``, "a string"},
		"null":                        {"", `null`, "a string"},
		"long":                        {"", `"` + strings.Repeat("e", 1022) + `"`, "two squares"},
	} {
		t.Run(name, func(t *testing.T) {
			b := mustStart(t, c.fen)
			before := b.FEN()
			_, err := b.Judge(b.Turn()[0], json.RawMessage(c.move), game.Seed{})
			var refusal *domain.Error
			if !errors.As(err, &refusal) || refusal.Kind != domain.IllegalMove || !strings.Contains(refusal.Message, c.want) {
				t.Errorf("%v, want illegal_move with %q", err, c.want)
			}
			if b.FEN() != before {
				t.Errorf("the board changed to %s", b.FEN())
			}
		})
	}
	b := mustStart(t, "")
	if _, err := b.Judge(chess.Black, quote("e7e5"), game.Seed{}); !errors.Is(err, &domain.Error{Kind: domain.IllegalMove}) {
		t.Errorf("black moves first: %v", err)
	}
}

// TestMoveEscaped: the same JSON string in other bytes is the same move.
func TestMoveEscaped(t *testing.T) {
	b := mustStart(t, "")
	escaped := json.RawMessage(`"\u0065\u0032e4"`)
	if !(chess.Rules{}).Wellformed(escaped) {
		t.Error("not well-formed")
	}
	if _, err := b.Judge(chess.White, escaped, game.Seed{}); err != nil {
		t.Error(err)
	}
	if got := b.Play(chess.White, escaped, nil).(*chess.Board).FEN(); got != mustPlay(t, b, "e2e4").FEN() {
		t.Errorf("played as %s", got)
	}
}

func TestWellformed(t *testing.T) {
	for move, want := range map[string]bool{
		`"e2e4"`: true, `""`: true, `"\u0000"`: true, `"` + strings.Repeat("x", 1000) + `"`: true,
		``: false, `null`: false, `1`: false, `{}`: false, `["e2e4"]`: false, `e2e4`: false, `"e2e4`: false, `"a"b"`: false, `"e2e4" x`: false,
	} {
		if got := (chess.Rules{}).Wellformed(json.RawMessage(move)); got != want {
			t.Errorf("%q: %v", move, got)
		}
	}
}
