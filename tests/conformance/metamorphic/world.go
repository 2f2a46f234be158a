package metamorphic

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
)

// world is everything but the store: a clock that the script moves, and players who are always here.
type world struct {
	now atomic.Int64 // ms, of both clocks

	mu        sync.Mutex
	snapshots map[string][]byte
}

const (
	incarnation = "metamorphic" // the same after every restart, so that no clock is taken over
	began       = 1_764_000_000_000
)

func newWorld() *world { return &world{snapshots: map[string][]byte{}} }

// application starts the write side over a store.
func (w *world) application(store commands.EventStore, snapshotEvery uint64) *commands.Application {
	return commands.New(commands.Config{Incarnation: incarnation, SnapshotEvery: snapshotEvery, Shared: true}, commands.Ports{
		Store: store, Snapshots: w, Alive: w, Clock: w, Presence: w, Quota: w, Announce: w, Observer: w,
		Kinds: games.Kinds, Wall: func() int64 { return began + w.now.Load() }, Seed: func() game.Seed { return game.Seed{} },
		Log: slog.New(slog.DiscardHandler),
	})
}

// Now is the live clock.
func (w *world) Now() int64 { return w.now.Load() }

// Load implements commands.Snapshots.
func (w *world) Load(_ context.Context, id string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.snapshots[id], nil
}

// Save implements commands.Snapshots.
func (w *world) Save(_ context.Context, id string, snapshot []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.snapshots[id] = snapshot
	return nil
}

// LastAlive implements commands.Alive: there is one incarnation.
func (w *world) LastAlive(context.Context, string) (int64, bool, bool) {
	return w.now.Load(), true, true
}

// What follows makes world the rest of the ports.

func (*world) Absent(string, game.Seat) int64    { return game.Present }
func (*world) Holds(string, game.Seat) bool      { return true }
func (*world) Lag(string, game.Seat) int64       { return 0 }
func (*world) Reserve(string, string) bool       { return true }
func (*world) Release(string, string)            {}
func (*world) Rematch(string, game.Seat, string) {}
func (*world) Command(string, string, float64)   {}
func (*world) Hot(int)                           {}
func (*world) Snapshot(string)                   {}
func (*world) Alarm(string)                      {}
