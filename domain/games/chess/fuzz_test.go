package chess_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	lib "github.com/corentings/chess/v2"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// trickyStarts are positions in which much can go wrong.
var trickyStarts = [...]string{
	"",
	"r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1",
	"8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1",
	"r2q1rk1/pP1p2pp/Q4n2/bbp1p3/Np6/1B3NBn/pPPP1PPP/R3K2R b KQ - 0 1",
	"8/8/8/8/k3p2R/8/3P4/4K3 w - - 0 1",
	"4k3/8/8/8/8/8/8/R3K2R w KQ - 140 80",
	"R6R/3Q4/1Q4Q1/4Q3/2Q4Q/Q4Q2/pp1Q4/kBNN1KB1 w - - 0 1",
	"8/P6k/8/8/8/8/p6K/8 b - - 0 1",
}

// lookAt asks a board everything.
func lookAt(b game.Board) {
	b.Turn()
	b.Result()
	b.Save()
	for _, seat := range []game.Seat{chess.White, chess.Black, "", "nobody"} {
		b.View(game.AudienceOf(seat))
		b.Legal(seat)
		b.Timeout(seat)
	}
	b.(game.Claims).Claim()
	b.(game.Undo).Undo(1)
	b.(game.Extras).Extras(b, quote("e2e4"), game.Watchers)
}

// FuzzPrepare: any bytes as setup are refused as a field, or give a game that can be played and saved.
func FuzzPrepare(f *testing.F) {
	for _, fen := range trickyStarts {
		f.Add([]byte(setupOf(fen)))
	}
	for _, s := range []string{"null", "{}", `{"fen":null}`, `{"fen":"8/8/8/8/8/8/8/8 w - - 0 1"}`, `{"fen":"4k3/8/8/8/3pP3/8/8/4K3 b - e3 0 1"}`,
		`{"fen":"r3k2r/8/8/8/8/8/8/R3K2R w HAha - 0 1"}`, `{"fen":"4k3/8/8/8/8/8/8/R3K3 w - - 18446744073709551616 1"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, setup []byte) {
		drawn, err := chess.Rules{}.Prepare(setup, game.Seed{})
		b := chess.Rules{}.Start(setup, drawn) // whatever was refused
		lookAt(b)
		if err != nil {
			if !errors.Is(err, &domain.Error{Kind: domain.InvalidField}) && !errors.Is(err, &domain.Error{Kind: domain.BadMessage}) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if len(b.Turn()) != 1 {
			t.Fatalf("nobody can move in %s", b.View(game.Watchers))
		}
		// Our FEN is one that we accept, and it means the same.
		fen := b.(*chess.Board).FEN()
		if again := mustStart(t, fen).FEN(); again != fen {
			t.Fatalf("%s is read back as %s", fen, again)
		}
		for _, m := range b.(*chess.Board).Moves() {
			lookAt(b.Play(b.Turn()[0], quote(m), nil))
		}
		if loaded, err := (chess.Rules{}).Load(b.Save()); err != nil || string(loaded.Save()) != string(b.Save()) {
			t.Fatalf("load: %v", err)
		}
	})
}

// FuzzJudge: any bytes as a move are refused as illegal, or are one of the legal moves.
func FuzzJudge(f *testing.F) {
	for i := range trickyStarts {
		for _, m := range []string{`"e2e4"`, `"e1g1"`, `"e1c1"`, `"a7a8q"`, `"b7a8n"`, `"d2d4"`, `"O-O"`, `"E2E4"`, `"e2e9"`, `null`, `0`, `{}`, `"\u0065\u0032e4"`, "\"\xff\""} {
			f.Add(uint8(i), []byte(m))
		}
	}
	f.Fuzz(func(t *testing.T, start uint8, m []byte) {
		b := mustStart(t, trickyStarts[int(start)%len(trickyStarts)])
		before := string(b.Save())
		seat := b.Turn()[0]
		wellformed := chess.Rules{}.Wellformed(m)
		drawn, err := b.Judge(seat, m, game.Seed{})
		next := b.Play(seat, m, drawn) // whatever was refused
		lookAt(next)
		next.(game.Extras).Extras(b, m, game.Watchers)
		if string(b.Save()) != before {
			t.Fatal("the board changed")
		}
		if err != nil {
			if !errors.Is(err, &domain.Error{Kind: domain.IllegalMove}) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		var s string
		if json.Unmarshal(m, &s) != nil || !wellformed || !slices.Contains(b.Moves(), s) {
			t.Fatalf("%q accepted", m)
		}
	})
}

// FuzzLoad: any bytes, also under a right checksum, are refused or give a board that saves itself.
func FuzzLoad(f *testing.F) {
	for _, fen := range trickyStarts {
		b := mustStart(f, fen)
		for range 6 {
			save := b.Save()
			f.Add(save[:len(save)-4])
			b = mustPlay(f, b, b.Moves()[0])
			if len(b.Turn()) == 0 {
				break
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if b, err := (chess.Rules{}).Load(body); err == nil {
			lookAt(b)
		}
		b, err := chess.Rules{}.Load(sealed(body))
		if err != nil {
			return
		}
		lookAt(b)
		loaded, err := chess.Rules{}.Load(b.Save())
		if err != nil || string(loaded.View(game.Everyone)) != string(b.View(game.Everyone)) {
			t.Fatalf("what was loaded can't be loaded: %v", err)
		}
		for _, m := range b.(*chess.Board).Moves() {
			lookAt(b.Play("", quote(m), nil))
		}
	})
}

// FuzzGame plays legal moves chosen by the input and compares each position with the library's own game and with the
// board that is loaded, replayed and taken back.
func FuzzGame(f *testing.F) {
	f.Add(uint8(0), []byte("any game will do"))
	f.Add(uint8(1), []byte(strings.Repeat("\x00", 64)))
	f.Add(uint8(2), []byte("\x07\xff\x13\x51\x80\x22"))
	f.Add(uint8(4), []byte(strings.Repeat("\x01\x02\x03\x02", 16)))
	f.Add(uint8(7), []byte(strings.Repeat("\x00\x05", 30)))
	f.Fuzz(func(t *testing.T, start uint8, choices []byte) {
		fen := trickyStarts[int(start)%len(trickyStarts)]
		b := mustStart(t, fen)
		reference := lib.NewGame()
		if fen != "" {
			set, err := lib.FEN(fen)
			if err != nil {
				t.Fatal(err)
			}
			reference = lib.NewGame(set)
		}
		for n, c := range choices[:min(len(choices), 200)] {
			moves := b.Moves()
			if len(b.Turn()) == 0 || len(moves) == 0 {
				break
			}
			m := moves[int(c)%len(moves)]
			before := b
			b = mustPlay(t, b, m)
			if err := reference.PushNotationMove(m, lib.UCINotation{}, nil); err != nil {
				t.Fatal(err)
			}
			samePosition(t, b, reference.Position())
			if n%16 == 0 {
				sameBoard(t, "taken back", b.Undo(1).(*chess.Board), before)
				loaded, err := chess.Rules{}.Load(b.Save())
				if err != nil {
					t.Fatal(err)
				}
				sameBoard(t, "loaded", loaded.(*chess.Board), b)
			}
		}
	})
}

// samePosition compares with the library: the FEN but for the en-passant square, the moves, and mate and stalemate.
func samePosition(t *testing.T, b *chess.Board, pos *lib.Position) {
	t.Helper()
	got, want := strings.Fields(b.FEN()), strings.Fields(pos.String())
	enPassant := "-"
	var moves []string
	for _, m := range pos.ValidMoves() {
		moves = append(moves, m.String())
		if m.HasTag(lib.EnPassant) {
			enPassant = m.S2().String()
		}
	}
	want[3] = enPassant
	if !slices.Equal(got, want) {
		t.Fatalf("%s, the library has %s", got, want)
	}
	ours := b.Moves()
	slices.Sort(ours)
	slices.Sort(moves)
	if !slices.Equal(ours, moves) {
		t.Fatalf("moves %q, the library has %q", ours, moves)
	}
	method := map[lib.Method]string{lib.Checkmate: chess.Mate, lib.Stalemate: chess.Stalemate}[pos.Status()]
	if reason := reasonOf(b); method != "" && reason != method {
		t.Fatalf("ended by %q, the library says %s", reason, method)
	}
}

func sameBoard(t *testing.T, what string, got, want *chess.Board) {
	t.Helper()
	if string(got.View(game.Everyone)) != string(want.View(game.Everyone)) || reasonOf(got) != reasonOf(want) || claimOf(got) != claimOf(want) {
		t.Fatalf("%s: %s, want %s", what, got.View(game.Everyone), want.View(game.Everyone))
	}
}
