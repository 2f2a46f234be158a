package game_test

import (
	"strings"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
)

// BenchmarkFold is the replay of a stored game of 40 plies: decoding, the hash chain, and applying.
func BenchmarkFold(b *testing.B) {
	tb := started(b, blitz)
	for range 10 {
		tb.moves("g1f3", "g8f6", "f3g1", "f6g8")
		if tb.s.Status == game.Over {
			break
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		s := game.New(tb.s.ID)
		for _, rec := range tb.log {
			step, err := game.Fold(s, rec, games.Kinds)
			if err != nil {
				b.Fatal(err)
			}
			s = step.After
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(tb.log)), "ns/event")
}

// eightyPlies is a game with castling on both sides and exchanges.
const eightyPlies = `e2e4 e7e5 g1f3 b8c6 f1b5 a7a6 b5a4 g8f6 e1g1 f8e7 f1e1 b7b5 a4b3 d7d6 c2c3 e8g8 h2h3 c6b8 d2d4 b8d7
b1d2 c8b7 b3c2 f8e8 d2f1 e7f8 f1g3 g7g6 a2a4 c7c5 d4d5 c5c4 c1g5 h7h6 g5e3 d7c5 d1d2 h6h5 e3g5 f8e7
g5h6 f6h7 a1d1 d8c7 g3f1 e7f6 f1e3 b7c8 g1h1 f6g7 h6g7 g8g7 f3h2 h7f6 h2f3 f6h7 f3h2 h7f6 g2g3 c8d7
f2f4 e5f4 g3f4 e8h8 d2g2 c7d8 e3f5 d7f5 e4f5 d8d7 h2f3 a8e8 f5g6 f7g6 f3h4 e8e1 d1e1 h8h6 f4f5 c5b3`

// BenchmarkReplay is the load of a game of 80 plies without a snapshot, by whoever wants no state but the last.
func BenchmarkReplay(b *testing.B) {
	tb := started(b, blitz)
	tb.moves(strings.Fields(eightyPlies)...)
	b.ReportAllocs()
	for b.Loop() {
		s := game.New(tb.s.ID)
		for _, rec := range tb.log {
			if err := game.Replay(s, rec, games.Kinds); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(tb.log)), "ns/event")
}
