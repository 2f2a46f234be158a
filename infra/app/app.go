package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/config"
	"github.com/plygames/ply/infra/liveclock"
	"github.com/plygames/ply/infra/metrics"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/history"
	"github.com/plygames/ply/projections/paced"
	"github.com/plygames/ply/projections/players"
	"github.com/plygames/ply/projections/spectate"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/rest"
	"github.com/plygames/ply/transport/socket"
)

// How long each part of the way down may take, after the sockets were told to go.
const (
	goodbyeTime  = 5 * time.Second // sockets that have been told; also requests that are being answered
	snapshotTime = 20 * time.Second
)

// App is one server. Make it with New, Run it once, and Close it if it was never run.
type App struct {
	config config.Config
	log    *slog.Logger
	data   string // absolute

	metrics *metrics.Metrics
	health  *rest.Health

	incarnation string        // this run of the server
	local       *pebble.Store // the data folder: views, and the events too if they are embedded
	deployment                // where events, snapshots and marks of life are kept
	clock       *liveclock.Clock
	stopTicking func() // ends the clock and the mark of life
	people      *auth.Authority

	names     *players.Names
	lists     *games.Games
	deadlines *deadlines.Deadlines
	folds     []*fold.Fold

	presence *socket.Presence
	games    *commands.Application
	history  *history.History
	bus      *bus.Local
	relay    *relay.Relay // nil without the role
	spectate *spectate.Spectate
	paced    *paced.Paced
	sockets  *socket.Server

	public, admin             net.Listener
	publicServer, adminServer *http.Server

	drain     chan struct{} // closed to ask Run to end
	drainOnce sync.Once
	closeOnce sync.Once
	closed    error // result of Close
}

// New opens the data folder and both listeners and builds everything between them. Nothing is accepted before Run. ctx
// bounds the life of what refreshes itself in the background (a site's keys); ending it does not stop the App.
func New(ctx context.Context, c config.Config, version string, log *slog.Logger) (_ *App, err error) {
	a := &App{config: c, log: log, health: new(rest.Health), metrics: metrics.New(version), drain: make(chan struct{})}
	if a.data, err = filepath.Abs(c.Data); err != nil {
		return nil, fmt.Errorf("data folder %s: %w", c.Data, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	for _, step := range []func(context.Context) error{
		a.openFolder, a.openDeployment, a.startClock, a.openKeys, a.buildWriteSide, a.buildWatching, a.buildEdge, a.openListeners,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Addr is where players and spectators are served, with the port that was taken.
func (a *App) Addr() string { return reachable(a.public) }

// AdminAddr is the second listener's.
func (a *App) AdminAddr() string { return reachable(a.admin) }

// Data is the data folder, absolute.
func (a *App) Data() string { return a.data }

// Run serves until ctx ends, an operator asks for a drain, or a part fails; then it drains and closes everything. nil
// means that all went down in order.
func (a *App) Run(ctx context.Context) error {
	serving, failed := errgroup.WithContext(context.Background())
	serving.Go(func() error { return ignoreClosed(a.publicServer.Serve(a.public)) })
	serving.Go(func() error { return ignoreClosed(a.adminServer.Serve(a.admin)) })

	working, stop := context.WithCancel(failed)
	defer stop()
	for _, work := range a.work() {
		serving.Go(func() error { return work(working) })
	}
	a.awaitViews(ctx)
	a.health.Accept()

	select {
	case <-ctx.Done():
	case <-a.drain:
	case <-failed.Done():
	}
	a.log.Info("draining")
	err := a.goodbye()
	stop()
	err = errors.Join(err, serving.Wait(), a.Close())
	if err == nil {
		a.log.Info("closed")
	}
	return err
}

// Drain asks Run to end, as the end of its context does, and returns at once.
func (a *App) Drain() { a.drainOnce.Do(func() { close(a.drain) }) }

// goodbye sends everybody away. The listeners stay open until the sockets are closed, so that /ready can say 404 to a
// proxy that asks.
func (a *App) goodbye() error {
	a.health.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), a.config.Drain+goodbyeTime)
	defer cancel()
	if err := a.sockets.Drain(ctx, a.config.Drain); err != nil {
		a.log.Warn("some sockets did not close in time and are cut", "error", err)
	}

	ctx, cancel = context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	for _, s := range []*http.Server{a.publicServer, a.adminServer} {
		if err := s.Shutdown(ctx); err != nil {
			a.log.Warn("some requests were not answered in time and are cut", "error", err)
			if err := s.Close(); err != nil {
				return fmt.Errorf("close a listener: %w", err)
			}
		}
	}
	return nil
}

// Close takes down what New built, in the reverse order. More than once is harmless.
func (a *App) Close() error {
	a.closeOnce.Do(func() {
		var errs []error
		for _, l := range []net.Listener{a.public, a.admin} {
			if l != nil {
				errs = append(errs, ignoreClosed(l.Close()))
			}
		}
		if a.sockets != nil {
			a.sockets.Close()
		}
		if a.games != nil {
			ctx, cancel := context.WithTimeout(context.Background(), snapshotTime)
			errs = append(errs, a.games.Close(ctx))
			cancel()
		}
		if a.paced != nil {
			a.paced.Close()
		}
		if a.spectate != nil {
			a.spectate.Close()
		}
		if a.bus != nil {
			errs = append(errs, a.bus.Close())
		}
		if a.stopTicking != nil {
			a.stopTicking()
		}
		errs = append(errs, a.deployment.close())
		if a.local != nil {
			errs = append(errs, a.local.Close())
		}
		if a.public != nil {
			errs = append(errs, removeRunning(a.data))
		}
		a.closed = errors.Join(errs...)
	})
	return a.closed
}

// ignoreClosed drops the error that tells what we did ourselves.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
