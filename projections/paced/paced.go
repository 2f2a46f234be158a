package paced

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/history"
)

// Feed is where a paced game comes from, and what a paced game is: see transport/fanout.
type Feed interface {
	Follow(ctx context.Context, id string, sink game.Sink) (at *game.State, stop func(), err error)
}

// Config is what a Paced needs.
type Config struct {
	Live   Feed
	Past   *history.History
	Wall   func() int64 // Unix ms
	Logger *slog.Logger
}

// Paced makes paced feeds. Safe for concurrent use. Close it.
type Paced struct {
	Config
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex // never held while a runner's lock is taken
	games  map[key]*shared
	closed bool
}

// key is what followers share a delayed game by.
type key struct {
	id string
	by time.Duration
}

// New makes a Paced.
func New(c Config) *Paced {
	p := &Paced{Config: c, games: make(map[key]*shared)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Close ends everything that runs and waits for it. Nothing can be followed any more.
func (p *Paced) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	p.wg.Wait()
}

// spawn runs f in a goroutine that Close waits for; false after Close.
func (p *Paced) spawn(f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.wg.Go(f)
	return true
}

// Delayed is the feed that lags by d, or by the delay of the game if that is more. Feeds of the same Paced and delay are
// equal (==) and share one timer for each game.
func (p *Paced) Delayed(d time.Duration) Delayed { return Delayed{paced: p, by: d} }

// Replay is the feed that begins with the game as of version from (0 = nothing yet) and goes on with the original gaps,
// capped at MaxGap and divided by speed (0 = without gaps). It does not end when it has caught up: it goes on live.
func (p *Paced) Replay(from uint64, speed float64) Replay {
	return Replay{paced: p, base: p.Live, from: from, speed: speed}
}

var errClosed = domain.Refuse(domain.Unavailable, "the server is closing")
