package game_test

import (
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
