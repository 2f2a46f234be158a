package eventstoredb_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
)

type recordedEvent = api.ReadResp_ReadEvent_RecordedEvent

// stub is a server on a port of its own that does what the real one does with exact expectations, and whatever else it
// is told to. Its log survives down and up.
type stub struct {
	api.UnimplementedStreamsServer
	serverfeatures.UnimplementedServerFeaturesServer

	t       testing.TB
	address string

	mu      sync.Mutex
	server  *grpc.Server
	served  chan struct{}
	log     []*recordedEvent
	grown   chan struct{}
	hooks   hooks
	version string
	trailer metadata.MD // with every answer
	open    int         // connections
	opened  int         // connections ever
	calls   int         // in flight
	most    int         // the most that were
	appends int         // that came in
}

// hooks are told of calls. An error is the call's answer.
type hooks struct {
	connect func(context.Context) error                 // instead of the features
	before  func(context.Context) error                 // before an append is written
	after   func(context.Context) error                 // after that, before it is answered
	answer  func(*api.AppendResp) *api.AppendResp       // another answer
	read    func(context.Context) error                 // before a read or a subscription
	place   func(position uint64) error                 // before a read of everything, forwards from a position
	visible func(log []*recordedEvent) []*recordedEvent // what a read sees
	first   *api.ReadResp                               // sent at first by a read
}

// newStub starts a server that ends with the test.
func newStub(t testing.TB) *stub {
	s := &stub{t: t, grown: make(chan struct{}), version: "26.1.0", address: "127.0.0.1:0"}
	s.write("$$settings", event{kind: "$metadata"})
	s.up()
	t.Cleanup(s.down)
	return s
}

func (s *stub) url() string { return "esdb://" + s.address + "?tls=false" }

// up listens, again on the same port.
func (s *stub) up() {
	s.t.Helper()
	var listener net.Listener
	eventually(s.t, "the port is free", func() (err error) {
		listener, err = net.Listen("tcp", s.address)
		return err
	})
	server := grpc.NewServer(grpc.StatsHandler(s), grpc.MaxConcurrentStreams(100),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}))
	api.RegisterStreamsServer(server, s)
	serverfeatures.RegisterServerFeaturesServer(server, s)
	served := make(chan struct{})
	s.mu.Lock()
	s.address, s.server, s.served = listener.Addr().String(), server, served
	s.mu.Unlock()
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
}

// down cuts all connections and closes the port.
func (s *stub) down() {
	s.mu.Lock()
	server, served := s.server, s.served
	s.mu.Unlock()
	server.Stop()
	<-served
}

// tell changes what is to happen.
func (s *stub) tell(h hooks) {
	s.mu.Lock()
	s.hooks = h
	s.mu.Unlock()
}

func (s *stub) told() hooks {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hooks
}

// counts are the numbers of open connections, of all there were, of calls in flight at most and of appends.
func (s *stub) counts() (open, opened, most, appends int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open, s.opened, s.most, s.appends
}

func (s *stub) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (s *stub) HandleRPC(context.Context, stats.RPCStats)                         {}
func (s *stub) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (s *stub) HandleConn(_ context.Context, news stats.ConnStats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch news.(type) {
	case *stats.ConnBegin:
		s.open++
		s.opened++
	case *stats.ConnEnd:
		s.open--
	}
}

func (s *stub) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.most = max(s.most, s.calls)
}

func (s *stub) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls--
}

func ask(ctx context.Context, hook func(context.Context) error) error {
	if hook == nil {
		return nil
	}
	return hook(ctx)
}

func (s *stub) GetSupportedMethods(ctx context.Context, _ *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	if err := ask(ctx, s.told().connect); err != nil {
		return nil, err
	}
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: s.version}, nil
}

// event is what is written of one.
type event struct {
	id         []byte
	kind       string
	meta, data []byte
}

// write adds events to a stream and gives the last revision and position. Called with mu held, or before serving.
func (s *stub) write(stream string, events ...event) (revision, position uint64) {
	for _, e := range events {
		revision, position = uint64(len(s.stream(stream))), uint64(1+len(s.log))*100
		s.log = append(s.log, &recordedEvent{
			Id: structured(e.id), StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
			StreamRevision: revision, PreparePosition: position, CommitPosition: position,
			Metadata:       map[string]string{"type": e.kind, "created": "17000000000000000", "content-type": "application/json"},
			CustomMetadata: e.meta, Data: e.data,
		})
	}
	close(s.grown)
	s.grown = make(chan struct{})
	return revision, position
}

func (s *stub) stream(name string) (events []*recordedEvent) {
	for _, e := range s.log {
		if string(e.StreamIdentifier.StreamName) == name {
			events = append(events, e)
		}
	}
	return events
}

func structured(id []byte) *shared.UUID {
	b := make([]byte, 16)
	copy(b, id)
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits: int64(binary.BigEndian.Uint64(b)), LeastSignificantBits: int64(binary.BigEndian.Uint64(b[8:])),
	}}}
}

func idOf(u *shared.UUID) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(u.GetStructured().GetMostSignificantBits()))
	return binary.BigEndian.AppendUint64(b, uint64(u.GetStructured().GetLeastSignificantBits()))
}

func (s *stub) Append(call api.Streams_AppendServer) error {
	s.enter()
	defer s.leave()
	var options *api.AppendReq_Options
	var events []event
	for {
		part, err := call.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if o := part.GetOptions(); o != nil {
			options = o
			continue
		}
		m := part.GetProposedMessage()
		events = append(events, event{idOf(m.Id), m.Metadata["type"], m.CustomMetadata, m.Data})
	}
	s.mu.Lock()
	s.appends++
	h := s.hooks
	call.SetTrailer(s.trailer)
	s.mu.Unlock()
	if err := ask(call.Context(), h.before); err != nil {
		return err
	}
	answer := s.decide(options, events)
	if err := ask(call.Context(), h.after); err != nil {
		return err
	}
	if h.answer != nil {
		answer = h.answer(answer)
	}
	return call.SendAndClose(answer)
}

// decide writes, recognises or refuses.
func (s *stub) decide(o *api.AppendReq_Options, events []event) *api.AppendResp {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := string(o.StreamIdentifier.StreamName)
	stored, expected := s.stream(name), uint64(0)
	if o.GetNoStream() == nil {
		expected = o.GetRevision() + 1
	}
	if expected == uint64(len(stored)) {
		return success(s.write(name, events...))
	}
	for i, e := range events {
		at := expected + uint64(i)
		if at >= uint64(len(stored)) || !bytes.Equal(idOf(stored[at].Id), e.id) {
			return wrong()
		}
	}
	last := stored[expected+uint64(len(events))-1]
	return success(last.StreamRevision, last.CommitPosition)
}

func success(revision, position uint64) *api.AppendResp {
	return &api.AppendResp{Result: &api.AppendResp_Success_{Success: &api.AppendResp_Success{
		CurrentRevisionOption: &api.AppendResp_Success_CurrentRevision{CurrentRevision: revision},
		PositionOption: &api.AppendResp_Success_Position{Position: &api.AppendResp_Position{
			CommitPosition: position, PreparePosition: position,
		}},
	}}}
}

// wrong is the answer to a wrong expectation. Its numbers are nonsense, so that nobody can rely on them.
func wrong() *api.AppendResp {
	return &api.AppendResp{Result: &api.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: &api.AppendResp_WrongExpectedVersion{
		CurrentRevisionOption:  &api.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: math.MaxInt32},
		ExpectedRevisionOption: &api.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}},
	}}}
}
