package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/config"
	"github.com/plygames/ply/infra/liveclock"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/history"
	"github.com/plygames/ply/projections/paced"
	"github.com/plygames/ply/projections/players"
	"github.com/plygames/ply/projections/ratings"
	"github.com/plygames/ply/projections/spectate"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/lobby"
	"github.com/plygames/ply/transport/socket"
)

// How long each part of the way down may take, after the sockets were told to go.
const (
	goodbyeTime  = 5 * time.Second // sockets that have been told; also requests that are being answered
	snapshotTime = 20 * time.Second
)

// App is one server. Make it with New, Run it once, and Close it if it was never run.
type App struct {
	*shell
	deployment // where events, snapshots and marks of life are kept

	beside beside
	clock  *liveclock.Clock
	people *auth.Authority

	names     *players.Names
	lists     *games.Games
	deadlines *deadlines.Deadlines
	ratings   *ratings.Ratings
	folds     []*fold.Fold

	presence *socket.Presence
	games    *commands.Application
	history  *history.History
	spectate *spectate.Spectate
	paced    *paced.Paced
	sockets  *socket.Server
	lobby    *lobby.Lobby // nil without lists

	closeOnce sync.Once
	closed    error // result of Close
}

// New opens the data folder and both listeners and builds everything between them. Nothing is accepted before Run. ctx
// bounds the life of what refreshes itself in the background (a site's keys); ending it does not stop the App.
func New(ctx context.Context, c config.Config, version string, log *slog.Logger) (_ *App, err error) {
	base, err := newShell(c, version, log)
	if err != nil {
		return nil, err
	}
	a := &App{shell: base}
	a.beside.ctx, a.beside.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	for _, step := range []func(context.Context) error{
		a.openFolder, a.openDeployment, a.startClock, a.openKeys, a.buildWriteSide, a.buildWatching, a.buildEdge, a.joinSite,
		a.listen,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Run serves until ctx ends, an operator asks for a drain, or a part fails; then it drains and closes everything. nil
// means that all went down in order.
func (a *App) Run(ctx context.Context) error {
	serving, failed := errgroup.WithContext(context.Background())
	a.serve(serving)

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

// goodbye sends everybody away. The listeners stay open until the sockets are closed, so that /ready can say 404 to a
// proxy that asks.
func (a *App) goodbye() error {
	a.health.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), a.config.Drain+goodbyeTime)
	defer cancel()
	if err := a.sockets.Drain(ctx, a.config.Drain); err != nil {
		a.log.Warn("some sockets did not close in time and are cut", "error", err)
	}

	return a.hangUp()
}

// Close takes down what New built, in the reverse order. More than once is harmless.
func (a *App) Close() error {
	a.closeOnce.Do(func() {
		var errs []error
		errs = append(errs, a.stopListening())
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
			errs = append(errs, a.bus.Close()) // its subscribers use what is closed next
		}
		a.beside.stop()
		errs = append(errs, a.deployment.close(), a.closeFolder())
		a.closed = errors.Join(errs...)
	})
	return a.closed
}
