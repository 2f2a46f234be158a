package chess_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// eightyPlies is a game with castling on both sides and exchanges.
const eightyPlies = `e2e4 e7e5 g1f3 b8c6 f1b5 a7a6 b5a4 g8f6 e1g1 f8e7 f1e1 b7b5 a4b3 d7d6 c2c3 e8g8 h2h3 c6b8 d2d4 b8d7
b1d2 c8b7 b3c2 f8e8 d2f1 e7f8 f1g3 g7g6 a2a4 c7c5 d4d5 c5c4 c1g5 h7h6 g5e3 d7c5 d1d2 h6h5 e3g5 f8e7
g5h6 f6h7 a1d1 d8c7 g3f1 e7f6 f1e3 b7c8 g1h1 f6g7 h6g7 g8g7 f3h2 h7f6 h2f3 f6h7 f3h2 h7f6 g2g3 c8d7
f2f4 e5f4 g3f4 e8h8 d2g2 c7d8 e3f5 d7f5 e4f5 d8d7 h2f3 a8e8 f5g6 f7g6 f3h4 e8e1 d1e1 h8h6 f4f5 c5b3`

func raws(moves string) []json.RawMessage {
	var list []json.RawMessage
	for _, m := range strings.Fields(moves) {
		list = append(list, quote(m))
	}
	return list
}

// BenchmarkMove is what a host asks of the rules for each move of a game with clients: judge, play, result, and what
// is shown to both seats and the watchers.
func BenchmarkMove(b *testing.B) {
	moves := raws(eightyPlies)
	for _, shown := range []bool{false, true} {
		name := "judge+play+result"
		if shown {
			name = "with extras"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var board game.Board
			for i := 0; i < b.N; i++ {
				n := i % len(moves)
				if n == 0 {
					board = chess.Rules{}.Start(nil, nil)
				}
				seat := board.Turn()[0]
				if _, err := board.Judge(seat, moves[n], game.Seed{}); err != nil {
					b.Fatal(err)
				}
				next := board.Play(seat, moves[n], nil)
				if _, over := next.Result(); over {
					b.Fatal("over")
				}
				if shown {
					for _, to := range []game.Audience{game.Watchers, game.AudienceOf(chess.White), game.AudienceOf(chess.Black)} {
						next.(game.Extras).Extras(board, moves[n], to)
					}
				}
				board = next
			}
		})
	}
}

// BenchmarkReplay is one stored ply, as folded by a load.
func BenchmarkReplay(b *testing.B) {
	moves := raws(eightyPlies)
	b.ReportAllocs()
	var board game.Board
	for i := 0; i < b.N; i++ {
		n := i % len(moves)
		if n == 0 {
			board = chess.Rules{}.Start(nil, nil)
		}
		board = board.Play("", moves[n], nil)
	}
}

// BenchmarkLoad is a snapshot of 80 plies.
func BenchmarkLoad(b *testing.B) {
	saved := mustPlay(b, mustStart(b, ""), eightyPlies).Save()
	b.ReportAllocs()
	b.ReportMetric(float64(len(saved)), "saved-B")
	for b.Loop() {
		if _, err := (chess.Rules{}).Load(saved); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkView is the view of 80 plies for the seat on turn.
func BenchmarkView(b *testing.B) {
	board := mustPlay(b, mustStart(b, ""), eightyPlies)
	b.ReportAllocs()
	for b.Loop() {
		board.View(game.AudienceOf(chess.White))
	}
}

// heldBy is how many bytes stay in memory for each of n boards of 80 plies that a host holds, legal moves included.
func heldBy(tb testing.TB, n int) float64 {
	moves := raws(eightyPlies)
	boards := make([]game.Board, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // what earlier tests left with finalizers goes in the second
	runtime.ReadMemStats(&before)
	for i := range boards {
		board := chess.Rules{}.Start(nil, nil)
		for _, m := range moves {
			board = board.Play("", m, nil)
		}
		if _, over := board.Result(); over {
			tb.Fatal("over")
		}
		boards[i] = board
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(boards)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(heldBy(b, 2000), "B/board")
	}
}

// TestMemory: a hot game is to stay below 4 KB; its board may have half of that.
func TestMemory(t *testing.T) {
	if held := heldBy(t, 4000); held > 2048 {
		t.Errorf("a board of 80 plies holds %.0f bytes", held)
	}
}
