package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/plygames/ply/infra/config"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/transport/rest"
)

// StoreServer is a server with the role store: the embedded store for other servers, over EventStoreDB's protocol. Make
// it with NewStoreServer, Run it once, and Close it if it was never run.
type StoreServer struct {
	*shell
	events   *esdbserver.Server
	listener net.Listener

	closeOnce sync.Once
	closed    error // result of Close
}

// mostAppended is how many bytes one append may have; the server holds them in memory. Ours have at most 1 MiB.
const mostAppended = 4 << 20

var _ esdbserver.Store = (*pebble.Store)(nil)

// NewStoreServer opens the data folder and three listeners: the store's own, the one for health checks, and the
// operators'. Nothing is accepted before Run.
func NewStoreServer(ctx context.Context, c config.Config, version string, log *slog.Logger) (_ *StoreServer, err error) {
	base, err := newShell(c, version, log)
	if err != nil {
		return nil, err
	}
	s := &StoreServer{shell: base}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.openFolder(ctx); err != nil {
		return nil, err
	}
	if s.events, err = esdbserver.New(esdbserver.Config{
		Store: s.local, Logger: s.log, Observer: s.metrics.Served, MaxAppendSize: mostAppended,
	}); err != nil {
		return nil, err
	}
	s.handle(signed(c.AppID, rest.NewHealth(s.health, s.log)), s.operators(&storeOperator{s}, nil))
	if s.listener, err = listen(c.StoreAddr, "--store-addr (PLY_STORE_ADDR)"); err != nil {
		return nil, err
	}
	return s, s.openListeners()
}

// StoreAddr is where the store is served, with the port that was taken.
func (s *StoreServer) StoreAddr() string { return reachable(s.listener) }

// Run serves until ctx ends, an operator asks for a drain, or a part fails; then it answers what is in flight and closes
// everything. nil means that all went down in order.
func (s *StoreServer) Run(ctx context.Context) error {
	serving, failed := errgroup.WithContext(context.Background())
	s.serve(serving)
	serving.Go(func() error { return s.events.Serve(s.listener) })
	s.health.Accept()
	select {
	case <-ctx.Done():
	case <-s.drain:
	case <-failed.Done():
	}
	s.log.Info("draining")
	s.health.Drain()
	leaving, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	if err := s.events.Stop(leaving); err != nil {
		s.log.Warn("some calls did not end in time and are cut", "error", err)
	}
	err := errors.Join(s.hangUp(), serving.Wait(), s.Close())
	if err == nil {
		s.log.Info("closed")
	}
	return err
}

// Close takes down what NewStoreServer built. More than once is harmless.
func (s *StoreServer) Close() error {
	s.closeOnce.Do(func() {
		if s.events != nil {
			s.events.Close()
		}
		var errs []error
		if s.listener != nil {
			errs = append(errs, ignoreClosed(s.listener.Close()))
		}
		s.closed = errors.Join(append(errs, s.stopListening(), s.closeFolder())...)
	})
	return s.closed
}

// storeOperator is what an operator may do to a StoreServer: no game is in its memory.
type storeOperator struct{ *StoreServer }

// Hot implements rest.Operator.
func (*storeOperator) Hot() []rest.HotGame { return []rest.HotGame{} }

// Evict implements rest.Operator.
func (*storeOperator) Evict(context.Context, string) error { return errNotHot }

var _ rest.Operator = (*storeOperator)(nil)
