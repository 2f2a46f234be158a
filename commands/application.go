package commands

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// Config says how the write side behaves. Zero values mean the defaults given.
type Config struct {
	Incarnation   string        // name of this run of this server; required
	SnapshotEvery uint64        // events between two snapshots of a game; default 100
	HotGames      int           // games kept in memory at most, but for those in use; default 100,000
	EvictAfter    time.Duration // how long an unused game stays in memory; default 5 min
	Answer        time.Duration // longest wait for the answer to a command, to a twentieth; default 1.8 s
	Loads         int           // games loaded at the same time at most; default 64
	// Shared: other servers may host the same games. What this one has in memory may then be older than what another has
	// acknowledged, so nothing is refused or read before the store has been asked for more.
	Shared bool
}

// Ports is what the write side needs of the world. All are required but Ratings.
type Ports struct {
	Store     EventStore
	Snapshots Snapshots
	Alive     Alive
	Clock     LiveClock
	Presence  Presence
	Quota     Quota
	Announce  Announce
	Observer  Observer
	Ratings   Ratings // nil: nobody's rating is known
	Kinds     game.Kinds
	Wall      func() int64     // Unix ms
	Seed      func() game.Seed // fresh randomness
	Log       *slog.Logger
}

// Announce tells the sockets of a game what is no event of it. Must not block.
type Announce interface {
	// Rematch: a seat wants a rematch and has created it.
	Rematch(game string, by game.Seat, next string)
}

// Application is the table of contents of the write side. All methods are safe for concurrent use; refusals are
// *domain.Error.
//
//	Create   makes a game                           create_game.go
//	Do       every other command of a person        handle.go, rematch.go
//	Wake     looks whether something has run out    flags.go
//	State    the game as it is now                  load.go
//	Follow   the game as it is now and all steps    follow.go
//	Learn    events that other hosts committed      learn.go
//	Remember what a person is called                remember_name.go
//	Choose   out of which game a person is paired   choose_seek.go
//	Erase    what a person was called               erase_player.go
type Application struct {
	Config
	Ports

	mu     sync.Mutex
	games  map[string]*hotGame
	unused lru // games that nobody holds, oldest first
	closed bool

	window atomic.Pointer[window] // the newest

	loads   chan struct{}
	saves   chan *hotGame
	running sync.WaitGroup
	ctx     context.Context // ends when the application closes
	stop    context.CancelFunc
	names   nameCache
	seekers seekerCache
}

// New starts the write side. Close stops it.
func New(config Config, ports Ports) *Application {
	if config.SnapshotEvery == 0 {
		config.SnapshotEvery = 100
	}
	if config.HotGames == 0 {
		config.HotGames = 100_000
	}
	if config.EvictAfter == 0 {
		config.EvictAfter = 5 * time.Minute
	}
	if config.Answer == 0 {
		config.Answer = 1800 * time.Millisecond
	}
	if config.Loads == 0 {
		config.Loads = 64
	}
	a := &Application{
		Config: config,
		Ports:  ports,
		games:  make(map[string]*hotGame),
		loads:  make(chan struct{}, config.Loads),
		saves:  make(chan *hotGame, 1024),
	}
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.running.Go(a.saveSnapshots)
	a.running.Go(a.evictUnused)
	return a
}

// Close answers what is in flight, takes snapshots of the games that are being played, and stops. Commands that come
// later are refused as Unavailable. The error is ctx's, if it ended first.
func (a *Application) Close(ctx context.Context) error {
	a.mu.Lock()
	a.closed = true
	games := make([]*hotGame, 0, len(a.games))
	for _, h := range a.games {
		games = append(games, h)
	}
	a.mu.Unlock()

	for _, h := range games {
		if err := h.turnstile.wait(ctx); err != nil {
			return err
		}
		h.disarm()
		a.saveSnapshot(h)
		h.turnstile.leave()
	}
	a.stop()
	a.running.Wait()
	if open := a.window.Load(); open != nil {
		open.end()
	}
	return nil
}

var errClosed = domain.Refuse(domain.Unavailable, "this server is shutting down")
