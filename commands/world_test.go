package commands_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/domain/games/chess"
)

// memory is an event store in memory that can be told to fail in the ways that real ones do.
type memory struct {
	mu      sync.Mutex
	streams map[event.Stream][]event.Recorded
	// fault, if set, is asked before an append; what it returns is the append's answer, and write tells whether the
	// events are stored all the same.
	fault func(stream event.Stream) (answer error, write bool)
	hung  chan struct{} // if set, appends wait for it to be closed

	unreadable bool
}

func newMemory() *memory { return &memory{streams: make(map[event.Stream][]event.Recorded)} }

func (m *memory) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	m.mu.Lock()
	hung := m.hung
	m.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-ctx.Done():
			return commands.ErrUnavailable
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fault != nil {
		if answer, write := m.fault(stream); answer != nil {
			if write {
				m.write(stream, expected, events)
			}
			return answer
		}
	}
	return m.write(stream, expected, events)
}

func (m *memory) write(stream event.Stream, expected uint64, events []event.Recorded) error {
	have := m.streams[stream]
	if uint64(len(have)) == expected {
		m.streams[stream] = append(have, events...)
		return nil
	}
	if uint64(len(have)) < expected+uint64(len(events)) {
		return commands.ErrConflict
	}
	for i, e := range events {
		if have[expected+uint64(i)].ID != e.ID {
			return commands.ErrConflict
		}
	}
	return nil
}

func (m *memory) ReadStream(_ context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	m.mu.Lock()
	events, unreadable := m.streams[stream], m.unreadable
	m.mu.Unlock()
	return func(yield func(event.Recorded, error) bool) {
		if unreadable {
			yield(event.Recorded{}, commands.ErrUnavailable)
			return
		}
		for _, e := range events[min(max(from, 1)-1, uint64(len(events))):] {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (m *memory) ReadAll(context.Context, event.Position) iter.Seq2[event.Recorded, error] {
	panic("the write side does not read $all")
}

func (m *memory) SubscribeAll(context.Context, event.Position, func([]event.Recorded) error) error {
	panic("the write side does not subscribe")
}

func (m *memory) Head(context.Context) (event.Position, error) { return "", nil }

func (m *memory) setFault(f func(event.Stream) (error, bool)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = f
}

func (m *memory) setUnreadable(is bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unreadable = is
}

func (m *memory) hang() (release func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hung = make(chan struct{})
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		close(m.hung)
		m.hung = nil
	}
}

func (m *memory) stream(id string) []event.Recorded {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]event.Recorded(nil), m.streams[event.GameStream(id)]...)
}

// cellar keeps snapshots and lets tests tamper with them.
type cellar struct {
	mu    sync.Mutex
	bytes map[string][]byte
}

func (c *cellar) Load(_ context.Context, id string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes[id], nil
}

func (c *cellar) Save(_ context.Context, id string, snapshot []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes[id] = snapshot
	return nil
}

func (c *cellar) put(id string, snapshot []byte) { _ = c.Save(context.Background(), id, snapshot) }

// world is everything that servers share, and what the test decides about them.
type world struct {
	*memory
	*cellar
	mu     sync.Mutex
	alive  map[string]mark
	absent map[game.Seat]int64
	away   map[game.Seat]bool // have their socket on another server
	counts map[string]int     // observer's counts by "command result" and "snapshot outcome"
	told   []string           // announcements
}

type mark struct {
	up      int64
	running bool
}

func newWorld() *world {
	return &world{memory: newMemory(), cellar: &cellar{bytes: map[string][]byte{}}, alive: map[string]mark{},
		absent: map[game.Seat]int64{}, away: map[game.Seat]bool{}, counts: map[string]int{}}
}

func (w *world) LastAlive(_ context.Context, incarnation string) (int64, bool, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, known := w.alive[incarnation]
	return m.up, m.running, known
}

func (w *world) Absent(_ string, seat game.Seat) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ms, ok := w.absent[seat]; ok {
		return ms
	}
	return game.Present
}

func (w *world) Holds(_ string, seat game.Seat) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, absent := w.absent[seat]
	return !w.away[seat] && (!absent || w.absent[seat] == game.Present)
}

func (w *world) Lag(string, game.Seat) int64         { return 0 }
func (w *world) Reserve(string, string) bool         { return true }
func (w *world) Release(string, string)              {}
func (w *world) Hot(int)                             {}
func (w *world) Alarm(what string)                   { w.count("alarm " + what) }
func (w *world) Snapshot(outcome string)             { w.count("snapshot " + outcome) }
func (w *world) Command(n, result string, _ float64) { w.count(n + " " + result) }
func (w *world) Rematch(id string, by game.Seat, next string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprintf("%s %s %s", id, by, next))
}

func (w *world) count(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[what]++
}

func (w *world) counted(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts[what]
}

// ticking is a live clock that runs with the (virtual) time.
type ticking struct{ start time.Time }

func (t ticking) Now() int64 { return time.Since(t.start).Milliseconds() }

// server starts the write side of one server in the world.
func (w *world) server(t testing.TB, incarnation string, config commands.Config) *commands.Application {
	t.Helper()
	return w.serverThatRates(t, incarnation, config, nil)
}

// serverThatRates is server where people's ratings are known.
func (w *world) serverThatRates(t testing.TB, incarnation string, config commands.Config, ratings commands.Ratings) *commands.Application {
	t.Helper()
	config.Incarnation = incarnation
	w.mu.Lock()
	w.alive[incarnation] = mark{running: true}
	w.mu.Unlock()
	app := commands.New(config, commands.Ports{
		Store: w.memory, Snapshots: w.cellar, Alive: w, Clock: ticking{time.Now()}, Presence: w, Quota: w, Announce: w,
		Observer: w, Kinds: games.Kinds, Wall: func() int64 { return time.Now().UnixMilli() },
		Seed: func() (s game.Seed) { _, _ = rand.Read(s[:]); return s }, Log: slog.New(slog.DiscardHandler),
		Ratings: ratings,
	})
	t.Cleanup(func() { _ = app.Close(context.Background()) })
	return app
}

// dies marks an incarnation as dead; it was last known alive at the given reading of its live clock.
func (w *world) dies(incarnation string, up int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alive[incarnation] = mark{up: up}
}

// blitz is 60 s + 0.
var blitz = clock.Spec{Type: clock.Fischer, Initial: 60_000}

// chessGame creates a game of ann (white) and bob (black) and gives its id; it is at version 4.
func chessGame(t *testing.T, app *commands.Application, spec clock.Spec) string {
	t.Helper()
	receipt, _, err := app.Create(t.Context(), game.Command{ID: "c-1", Player: "ann", Wish: game.Create{
		Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic, Clock: spec}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Do(t.Context(), receipt.Game, game.Command{ID: "s-1", Player: "bob", Wish: game.Sit{Seat: "black"}}, game.Arrival{}); err != nil {
		t.Fatal(err)
	}
	return receipt.Game
}

func move(uci string) game.Move {
	m, _ := json.Marshal(uci)
	return game.Move{M: m}
}

// collector is a sink that notes what it got.
type collector struct {
	mu    sync.Mutex
	steps []game.Step
	lost  error
}

func (c *collector) Steps(steps []game.Step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = append(c.steps, steps...)
}
func (c *collector) Stale(bool) {}
func (c *collector) Lost(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost = err
}

func (c *collector) versions() []uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var versions []uint64
	for _, s := range c.steps {
		versions = append(versions, s.Version())
	}
	return versions
}
