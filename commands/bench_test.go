package commands_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// opening is a legal sequence that can be repeated: both sides shuffle a knight. Every fourth ply repeats a position, so a
// game is left before its fifth repetition.
var opening = []string{"e2e4", "e7e5", "g1f3", "b8c6", "f1b5", "a7a6", "b5a4", "g8f6", "e1g1", "f8e7", "f1e1", "b7b5",
	"a4b3", "d7d6", "c2c3", "e8g8", "h2h3", "c6a5", "b3c2", "c7c5", "d2d4", "d8c7", "b1d2", "c5d4", "c3d4", "a5c6"}

// BenchmarkMove is a validated move through the write side over a store in memory: what a move costs beside its fsync.
func BenchmarkMove(b *testing.B) {
	w := newWorld()
	app := benchServer(b, w)
	b.ReportAllocs()
	var id string
	for i := 0; b.Loop(); i++ {
		ply := i % len(opening)
		if ply == 0 {
			b.StopTimer()
			id = benchGame(b, app, i)
			b.StartTimer()
		}
		_, err := app.Do(b.Context(), id, game.Command{ID: fmt.Sprint(i), Player: []string{"ann", "bob"}[ply%2],
			Basis: uint64(4 + ply), Wish: move(opening[ply])}, game.Arrival{})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHotGame reports the memory of a game of len(opening) plies that is kept hot.
func BenchmarkHotGame(b *testing.B) {
	const games = 2_000
	var used uint64
	for b.Loop() {
		w := newWorld()
		used = hotBytes(b, w, benchServer(b, w), games)
	}
	b.ReportMetric(float64(used)/games, "B/game")
}

// hotBytes plays some games, and gives the heap that is freed when they leave memory.
func hotBytes(b *testing.B, w *world, app *commands.Application, games int) uint64 {
	for i := range games {
		id := benchGame(b, app, i)
		for ply, uci := range opening {
			if _, err := app.Do(b.Context(), id, game.Command{ID: fmt.Sprint("m", ply), Player: []string{"ann", "bob"}[ply%2],
				Basis: uint64(4 + ply), Wish: move(uci)}, game.Arrival{}); err != nil {
				b.Fatal(err)
			}
		}
	}
	w.memory.mu.Lock()
	w.memory.streams = map[event.Stream][]event.Recorded{} // the store's copy is not the host's
	w.memory.mu.Unlock()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := app.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	for _, hot := range app.Hot() {
		app.Evict(hot.ID)
	}
	w.cellar.bytes = map[string][]byte{}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return before.HeapAlloc - after.HeapAlloc
}

func benchServer(b *testing.B, w *world) *commands.Application {
	b.Helper()
	return w.server(b, "bench", commands.Config{})
}

func benchGame(b *testing.B, app *commands.Application, i int) string {
	b.Helper()
	r, _, err := app.Create(b.Context(), game.Command{ID: fmt.Sprint("c", i), Player: "ann", Wish: game.Create{
		Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic, Clock: blitz}})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := app.Do(b.Context(), r.Game, game.Command{ID: "s", Player: "bob", Wish: game.Sit{Seat: "black"}}, game.Arrival{}); err != nil {
		b.Fatal(err)
	}
	return r.Game
}
