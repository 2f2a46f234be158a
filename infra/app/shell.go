package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/plygames/ply/infra/config"
	"github.com/plygames/ply/infra/metrics"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/transport/rest"
)

// shell is what every server has, whatever it does: settings, a data folder, two listeners, metrics, and a way to be
// asked to leave.
type shell struct {
	config  config.Config
	log     *slog.Logger
	version string // of the program
	data    string // absolute
	metrics *metrics.Metrics
	health  *rest.Health

	incarnation string        // this run of the server
	local       *pebble.Store // the data folder; nil until it is open

	public, admin             net.Listener
	publicServer, adminServer *http.Server

	drain     chan struct{} // closed to ask Run to end
	drainOnce sync.Once
}

func newShell(c config.Config, version string, log *slog.Logger) (*shell, error) {
	if c.AppID != "" {
		log = log.With("app", c.AppID)
	}
	s := &shell{
		config: c, log: log, version: version, health: new(rest.Health), metrics: metrics.New(version), drain: make(chan struct{}),
		incarnation: strings.ToLower(rand.Text()[:16]),
	}
	var err error
	if s.data, err = filepath.Abs(c.Data); err != nil {
		return nil, fmt.Errorf("data folder %s: %w", c.Data, err)
	}
	return s, nil
}

// Addr is where players and spectators are served, with the port that was taken.
func (s *shell) Addr() string { return reachable(s.public) }

// AdminAddr is the second listener's.
func (s *shell) AdminAddr() string { return reachable(s.admin) }

// Data is the data folder, absolute.
func (s *shell) Data() string { return s.data }

// Drain asks Run to end, as the end of its context does, and returns at once.
func (s *shell) Drain() { s.drainOnce.Do(func() { close(s.drain) }) }

// openFolder takes the folder's lock first: whoever has it may write everything else there.
func (s *shell) openFolder(context.Context) error {
	if err := prepareFolder(s.data); err != nil {
		return err
	}
	local, err := pebble.Open(pebble.Config{
		Dir: s.data, Logger: s.log, Observer: s.metrics.Store, Incarnation: s.incarnation,
	})
	if err != nil {
		return Advise(s.data, err)
	}
	s.local = local
	return nil
}

// closeFolder gives the folder back; the last thing a server does.
func (s *shell) closeFolder() error {
	var errs []error
	if s.local != nil {
		errs = append(errs, s.local.Close())
	}
	if s.public != nil {
		errs = append(errs, removeRunning(s.data))
	}
	return errors.Join(errs...)
}

// handle says who answers on the two listeners.
func (s *shell) handle(public, admin http.Handler) {
	s.publicServer, s.adminServer = newServer(public, s.log), newServer(admin, s.log)
	// Profiles and backups take as long as they take, and a request is ended too when its time for reading is over.
	s.adminServer.ReadTimeout, s.adminServer.WriteTimeout = 0, 0
}

// openListeners takes the ports, and writes down where they are.
func (s *shell) openListeners() (err error) {
	if s.public, err = listen(s.config.Addr, "--addr (PLY_ADDR)"); err != nil {
		return err
	}
	s.public = leaveRoom(s.public, s.log)
	if s.admin, err = listenAdmin(s.config.AdminAddr, s.log); err != nil {
		return err
	}
	return writeRunning(s.data, Running{PID: os.Getpid(), Addr: s.Addr(), Admin: s.AdminAddr()})
}

// serve accepts on both listeners until they are closed.
func (s *shell) serve(group *errgroup.Group) {
	group.Go(func() error { return ignoreClosed(s.publicServer.Serve(s.public)) })
	group.Go(func() error { return ignoreClosed(s.adminServer.Serve(s.admin)) })
}

// hangUp lets the requests that are being answered end, for a while.
func (s *shell) hangUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	for _, server := range []*http.Server{s.publicServer, s.adminServer} {
		if err := server.Shutdown(ctx); err != nil {
			s.log.Warn("some requests were not answered in time and are cut", "error", err)
			if err := server.Close(); err != nil {
				return fmt.Errorf("close a listener: %w", err)
			}
		}
	}
	return nil
}

// stopListening closes the listeners, also if nothing was ever served.
func (s *shell) stopListening() error {
	var errs []error
	for _, l := range []net.Listener{s.public, s.admin} {
		if l != nil {
			errs = append(errs, ignoreClosed(l.Close()))
		}
	}
	return errors.Join(errs...)
}

// ignoreClosed drops the error that tells what we did ourselves.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
