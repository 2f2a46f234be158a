package esdbserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"github.com/plygames/ply/domain/event"
)

// Server serves a store. All methods are safe for concurrent use. The store is its maker's to close, after Stop or
// Close.
type Server struct {
	grpc    *grpc.Server
	service *service
}

// service answers the calls.
type service struct {
	streams.UnimplementedStreamsServer

	config Config
	store  Store
	logger *slog.Logger
	seen   Observer

	locks  locks
	recent *recent
	open   atomic.Int64 // subscriptions

	stopping context.Context // ends when the server begins to stop: subscriptions end, new calls are refused
	stop     context.CancelFunc
	settling sync.WaitGroup // writes whose callers have gone before the outcome was known
	settle   context.Context
	giveUp   context.CancelFunc

	complained atomic.Int64 // when the log was last told of trouble, Unix ns
}

// New makes a server for a store. A store without any event gets a few of EventStoreDB's own kind, as a fresh
// database has them. An error tells all mistakes of the configuration, or what the store said.
func New(config Config) (*Server, error) {
	if err := config.prepare(); err != nil {
		return nil, fmt.Errorf("event store server: %w", err)
	}
	s := &service{
		config: config, store: config.Store, logger: config.Logger, seen: config.Observer,
		locks: locks{held: make(map[event.Stream]*turn)}, recent: newRecent(config.RecentIDs),
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.settle, s.giveUp = context.WithCancel(context.Background())
	if err := s.begin(); err != nil {
		return nil, fmt.Errorf("event store server: first events: %w", err)
	}
	server := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxConcurrentStreams(maxStreams),
		// Clients ping every 10 s, also without calls; gRPC would take that for an attack.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 10 * time.Second}),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
		grpc.WaitForHandlers(true),
	)
	streams.RegisterStreamsServer(server, s)
	serverfeatures.RegisterServerFeaturesServer(server, features{version: config.Version})
	gossip.RegisterGossipServer(server, members{advertise: config.Advertise, id: newID()})
	return &Server{grpc: server, service: s}, nil
}

// Serve takes connections until Stop or Close, and returns nil then. The listener is closed.
func (s *Server) Serve(listener net.Listener) error {
	if err := s.grpc.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve the event store: %w", err)
	}
	return nil
}

// Stop ends the server with manners: no new calls, subscriptions end, calls in flight are answered. What is not done
// when ctx ends is broken off, and Stop returns ctx's error.
func (s *Server) Stop(ctx context.Context) error {
	s.service.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.grpc.GracefulStop()
	}()
	select {
	case <-done:
		s.Close()
		return nil
	case <-ctx.Done():
		s.Close()
		<-done
		return ctx.Err()
	}
}

// Close breaks all calls off and returns when nothing of the server uses the store any more. An append broken off may
// be written or not, as after a crash.
func (s *Server) Close() {
	s.service.stop()
	s.grpc.Stop()
	s.service.giveUp()
	s.service.settling.Wait()
}

const complainEvery = 5 * time.Second

// complain logs trouble, but not all of it: a store in trouble fails every call.
func (s *service) complain(what string, err error) {
	now := time.Now().UnixNano()
	last := s.complained.Load()
	if now-last >= int64(complainEvery) && s.complained.CompareAndSwap(last, now) {
		s.logger.Error(what, "error", err)
	}
}
