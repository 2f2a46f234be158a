package app_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/infra/liveclock"
	"github.com/plygames/ply/infra/pebble"
)

// alone is a world without sockets, quotas and metrics.
type alone struct{}

func (alone) Absent(string, game.Seat) int64               { return game.Present }
func (alone) Holds(string, game.Seat) bool                 { return true }
func (alone) Lag(string, game.Seat) int64                  { return 0 }
func (alone) Reserve(string, string) bool                  { return true }
func (alone) Release(string, string)                       {}
func (alone) Rematch(string, game.Seat, string)            {}
func (alone) Command(string, string, float64)              {}
func (alone) Hot(int)                                      {}
func (alone) Snapshot(string)                              {}
func (alone) Alarm(string)                                 {}
func (alone) Load(context.Context, string) ([]byte, error) { return nil, nil }
func (alone) Save(context.Context, string, []byte) error   { return nil }

// BenchmarkFirstAck is the time from a command to its receipt over the embedded store on disk, fsync included, in a game
// of 80 plies: hot, cold with a snapshot, and cold without. Each is one caller alone.
func BenchmarkFirstAck(b *testing.B) {
	for _, c := range []struct {
		name             string
		evict, snapshots bool
	}{{"hot", false, true}, {"cold-snapshot", true, true}, {"cold-replay", true, false}} {
		b.Run(c.name, func(b *testing.B) {
			store, err := pebble.Open(pebble.Config{Dir: b.TempDir(), Logger: slog.New(slog.DiscardHandler), Incarnation: "bench"})
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			ports := commands.Ports{
				Store: store, Snapshots: store, Alive: store, Clock: liveclock.New(), Presence: alone{}, Quota: alone{},
				Announce: alone{}, Observer: alone{}, Kinds: games.Kinds, Wall: func() int64 { return time.Now().UnixMilli() },
				Seed: func() (s game.Seed) { _, _ = rand.Read(s[:]); return s }, Log: slog.New(slog.DiscardHandler),
			}
			if !c.snapshots {
				ports.Snapshots = alone{}
			}
			app := commands.New(commands.Config{Incarnation: "bench"}, ports)
			defer func() { _ = app.Close(context.Background()) }()
			line := plies(b, 80)
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				id := played(b, app, fmt.Sprint(i), line)
				if c.evict {
					app.Evict(id)
					for c.snapshots { // it is saved in the background
						if stored, err := store.Load(b.Context(), id); err != nil {
							b.Fatal(err)
						} else if stored != nil {
							break
						}
						runtime.Gosched()
					}
				}
				b.StartTimer()
				c := game.Command{ID: "last", Player: "ann", Basis: uint64(4 + len(line)), Wish: game.DrawOffer{}}
				if _, err := app.Do(b.Context(), id, c, game.Arrival{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// plies is a legal line: the first moves of every position that go on for long enough.
func plies(b *testing.B, n int) []json.RawMessage {
	b.Helper()
	board := chess.Rules{}.Start(nil, nil).(*chess.Board)
	var line []json.RawMessage
	for i := 0; len(line) < n; i++ {
		moves := board.Moves()
		m := json.RawMessage(`"` + moves[(i*7)%len(moves)] + `"`)
		next := board.Play(board.Turn()[0], m, nil).(*chess.Board)
		if _, over := next.Result(); over {
			b.Fatal("the line ends early")
		}
		board, line = next, append(line, m)
	}
	return line
}

// played is a game with all moves of the line.
func played(b *testing.B, app *commands.Application, id string, line []json.RawMessage) string {
	b.Helper()
	r, _, err := app.Create(b.Context(), game.Command{ID: id, Player: "ann", Wish: game.Create{Rules: chess.Rules{}, Kind: "chess",
		Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic, Clock: clock.Spec{Type: clock.Fischer, Initial: 3_600_000}}})
	if err != nil {
		b.Fatal(err)
	}
	do := func(c game.Command) {
		if _, err := app.Do(b.Context(), r.Game, c, game.Arrival{}); err != nil {
			b.Fatal(err)
		}
	}
	do(game.Command{ID: "s", Player: "bob", Wish: game.Sit{Seat: "black"}})
	for i, m := range line {
		do(game.Command{ID: fmt.Sprint("m", i), Player: []string{"ann", "bob"}[i%2], Basis: uint64(4 + i), Wish: game.Move{M: m}})
	}
	return r.Game
}
