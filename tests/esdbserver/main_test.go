package esdbserver_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ esdbserver.Store = (*pebble.Store)(nil)

// patience is for what must happen.
const patience = 60 * time.Second

// rig is a served store and both ways to talk to it.
type rig struct {
	testing.TB
	ctx context.Context
	*harness.ESDB
	raw streams.StreamsClient
	api *esdb.Client
}

func onMem(fs vfs.FS) pebble.Config { return pebble.Config{Dir: "data", FS: fs} }

func serve(t testing.TB, config esdbserver.Config) *rig {
	t.Helper()
	return serveStore(t, onMem(vfs.NewMem()), config)
}

func serveStore(t testing.TB, store pebble.Config, config esdbserver.Config) *rig {
	t.Helper()
	r := &rig{TB: t, ctx: harness.Within(t, patience), ESDB: harness.ServeESDB(t, store, config)}
	r.raw = r.dial()
	r.api = r.client()
	return r
}

// dial makes a connection of its own for the bare stubs.
func (r *rig) dial() streams.StreamsClient {
	r.Helper()
	conn, err := grpc.NewClient(r.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(17<<20)))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = conn.Close() })
	return streams.NewStreamsClient(conn)
}

// reopen closes the server and its folder and serves it again. The stubs get a new connection: the old one would need
// a moment to notice.
func (r *rig) reopen() {
	r.Helper()
	r.must(r.Reopen())
	r.raw = r.dial()
}

// crash goes on with a disk as a power cut left it.
func (r *rig) crash(disk vfs.FS) {
	r.Helper()
	r.must(r.Crash(onMem(disk)))
	r.raw = r.dial()
}

// client is the official one.
func (r *rig) client() *esdb.Client {
	r.Helper()
	config, err := esdb.ParseConnectionString(r.URL())
	if err != nil {
		r.Fatal(err)
	}
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = client.Close() })
	return client
}

// under is the rig for a subtest.
func (r *rig) under(t testing.TB) *rig {
	sub := *r
	sub.TB = t
	return &sub
}

func (r *rig) eventually(what string, condition func() bool) {
	r.Helper()
	harness.Eventually(r, patience, what, condition)
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// Expectations of the bare stubs.
type want func(*streams.AppendReq_Options)

func anything(o *streams.AppendReq_Options) {
	o.ExpectedStreamRevision = &streams.AppendReq_Options_Any{Any: &shared.Empty{}}
}

func noStream(o *streams.AppendReq_Options) {
	o.ExpectedStreamRevision = &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
}

func streamExists(o *streams.AppendReq_Options) {
	o.ExpectedStreamRevision = &streams.AppendReq_Options_StreamExists{StreamExists: &shared.Empty{}}
}

func at(revision uint64) want {
	return func(o *streams.AppendReq_Options) {
		o.ExpectedStreamRevision = &streams.AppendReq_Options_Revision{Revision: revision}
	}
}

// proposed is an event with a random id, or with one made of a name.
func proposed(name string) *streams.AppendReq_ProposedMessage {
	id := idOf(name)
	if name == "" {
		_, _ = rand.Read(id[:])
	}
	return &streams.AppendReq_ProposedMessage{
		Id: wireID(id), Data: []byte(`{"n":1}`),
		Metadata: map[string]string{"type": "thing-happened.v1", "content-type": "application/json"},
	}
}

// idOf is the id that a name stands for.
func idOf(name string) [16]byte {
	sum := sha256.Sum256([]byte(name))
	return [16]byte(sum[:16])
}

func wireID(id [16]byte) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}

func bytesOf(id *shared.UUID_Structured) (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], uint64(id.MostSignificantBits))
	binary.BigEndian.PutUint64(b[8:], uint64(id.LeastSignificantBits))
	return b
}

// metadataEvent sets a stream's metadata, appended to its metadata stream.
func metadataEvent(data string) *streams.AppendReq_ProposedMessage {
	e := proposed("")
	e.Metadata["type"], e.Data = "$metadata", []byte(data)
	return e
}

// batch makes events with the ids of names.
func batch(names ...string) []*streams.AppendReq_ProposedMessage {
	var events []*streams.AppendReq_ProposedMessage
	for _, name := range names {
		events = append(events, proposed(name))
	}
	return events
}

// fresh makes n events with random ids.
func fresh(n int) []*streams.AppendReq_ProposedMessage { return batch(make([]string, n)...) }

func options(stream string, w want) *streams.AppendReq {
	o := &streams.AppendReq_Options{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)}}
	if w != nil {
		w(o)
	}
	return &streams.AppendReq{Content: &streams.AppendReq_Options_{Options: o}}
}

func message(e *streams.AppendReq_ProposedMessage) *streams.AppendReq {
	return &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: e}}
}

// append is one whole Append call.
func (r *rig) append(stream string, w want, events ...*streams.AppendReq_ProposedMessage) (*streams.AppendResp, metadata.MD, error) {
	return r.appendIn(r.ctx, stream, w, events...)
}

func (r *rig) appendIn(ctx context.Context, stream string, w want, events ...*streams.AppendReq_ProposedMessage) (
	*streams.AppendResp, metadata.MD, error,
) {
	var trailer metadata.MD
	call, err := r.raw.Append(ctx, grpc.Trailer(&trailer))
	if err != nil {
		return nil, trailer, err
	}
	// An error of Send is io.EOF; the reason comes with the answer.
	_ = call.Send(options(stream, w))
	for _, e := range events {
		_ = call.Send(message(e))
	}
	resp, err := call.CloseAndRecv()
	return resp, trailer, err
}

// wrote appends and wants success at a revision; it gives the position of the last event.
func (r *rig) wrote(revision uint64, stream string, w want, events ...*streams.AppendReq_ProposedMessage) uint64 {
	r.Helper()
	resp, _, err := r.append(stream, w, events...)
	r.must(err)
	ok := resp.GetSuccess()
	if ok == nil {
		r.Fatalf("append to %s: %v", stream, resp)
	}
	if _, is := ok.CurrentRevisionOption.(*streams.AppendResp_Success_CurrentRevision); !is || ok.GetCurrentRevision() != revision {
		r.Fatalf("append to %s: current revision %v; want %d", stream, ok.CurrentRevisionOption, revision)
	}
	if p := ok.GetPosition(); p.GetCommitPosition() != p.GetPreparePosition() {
		r.Fatalf("append to %s: commit and prepare differ: %v", stream, p)
	}
	return ok.GetPosition().GetCommitPosition()
}

// conflict appends and wants WrongExpectedVersion with a current revision; -1 = no stream.
func (r *rig) conflict(current int64, stream string, w want, events ...*streams.AppendReq_ProposedMessage) *streams.AppendResp_WrongExpectedVersion {
	r.Helper()
	resp, _, err := r.append(stream, w, events...)
	r.must(err)
	wrong := resp.GetWrongExpectedVersion()
	if wrong == nil {
		r.Fatalf("append to %s: %v; want a conflict", stream, resp)
	}
	if current < 0 && wrong.GetCurrentNoStream() == nil || current >= 0 && wrong.GetCurrentRevision() != uint64(current) {
		r.Fatalf("append to %s: current is %v; want %d", stream, wrong.CurrentRevisionOption, current)
	}
	return wrong
}

// refused wants an error with a code and, in pairs, trailers.
func (r *rig) refused(err error, trailer metadata.MD, code codes.Code, pairs ...string) {
	r.Helper()
	if status.Code(err) != code {
		r.Fatalf("%v; want %v", err, code)
	}
	if len(pairs) == 0 && len(trailer.Get("exception")) > 0 {
		r.Fatalf("an exception %v; want none", trailer)
	}
	for i := 0; i < len(pairs); i += 2 {
		if got := trailer.Get(pairs[i]); len(got) != 1 || got[0] != pairs[i+1] {
			r.Fatalf("trailer %s is %q; want %q", pairs[i], got, pairs[i+1])
		}
	}
}

// read is one whole Read call with a count.
func (r *rig) read(req *streams.ReadReq) ([]*streams.ReadResp, metadata.MD, error) {
	var trailer metadata.MD
	call, err := r.raw.Read(r.ctx, req, grpc.Trailer(&trailer))
	if err != nil {
		return nil, trailer, err
	}
	var all []*streams.ReadResp
	for {
		resp, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return all, trailer, nil
		}
		if err != nil {
			return all, trailer, err
		}
		all = append(all, resp)
	}
}

// Requests to read.
type ask func(*streams.ReadReq_Options)

func request(asks ...ask) *streams.ReadReq {
	o := &streams.ReadReq_Options{
		CountOption:  &streams.ReadReq_Options_Count{Count: 1000},
		FilterOption: &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
		UuidOption: &streams.ReadReq_Options_UUIDOption{
			Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}},
		},
	}
	for _, a := range asks {
		a(o)
	}
	return &streams.ReadReq{Options: o}
}

func ofStream(name string) ask {
	return func(o *streams.ReadReq_Options) {
		o.StreamOption = &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
			RevisionOption:   &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
		}}
	}
}

func fromRevision(n uint64) ask {
	return func(o *streams.ReadReq_Options) {
		o.GetStream().RevisionOption = &streams.ReadReq_Options_StreamOptions_Revision{Revision: n}
	}
}

func ofAll(o *streams.ReadReq_Options) {
	o.StreamOption = &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
		AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
	}}
}

func fromPosition(p uint64) ask {
	return func(o *streams.ReadReq_Options) {
		o.GetAll().AllOption = &streams.ReadReq_Options_AllOptions_Position{
			Position: &streams.ReadReq_Options_Position{CommitPosition: p, PreparePosition: p},
		}
	}
}

func fromEnd(o *streams.ReadReq_Options) {
	if s := o.GetStream(); s != nil {
		s.RevisionOption = &streams.ReadReq_Options_StreamOptions_End{End: &shared.Empty{}}
		return
	}
	o.GetAll().AllOption = &streams.ReadReq_Options_AllOptions_End{End: &shared.Empty{}}
}

func backwards(o *streams.ReadReq_Options) { o.ReadDirection = streams.ReadReq_Options_Backwards }

func count(n uint64) ask {
	return func(o *streams.ReadReq_Options) { o.CountOption = &streams.ReadReq_Options_Count{Count: n} }
}

func endless(o *streams.ReadReq_Options) {
	o.CountOption = &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
}

// events reads and wants nothing but events.
func (r *rig) events(asks ...ask) []*streams.ReadResp_ReadEvent_RecordedEvent {
	r.Helper()
	all, _, err := r.read(request(asks...))
	r.must(err)
	var events []*streams.ReadResp_ReadEvent_RecordedEvent
	for _, resp := range all {
		if resp.GetEvent() == nil {
			r.Fatalf("an answer that is no event: %v", resp)
		}
		events = append(events, resp.GetEvent().GetEvent())
	}
	return events
}

// revisions are the revisions that a read of a stream shows.
func (r *rig) revisions(asks ...ask) string {
	r.Helper()
	var shown []uint64
	for _, e := range r.events(asks...) {
		shown = append(shown, e.StreamRevision)
	}
	return fmt.Sprint(shown)
}

// shows wants a read of a stream to show revisions.
func (r *rig) shows(wanted string, asks ...ask) {
	r.Helper()
	if got := r.revisions(asks...); got != wanted {
		r.Fatalf("the read shows %s; want %s", got, wanted)
	}
}

// missing wants a read to say that there is no such stream.
func (r *rig) missing(stream string) {
	r.Helper()
	all, _, err := r.read(request(ofStream(stream)))
	r.must(err)
	if len(all) != 1 || string(all[0].GetStreamNotFound().GetStreamIdentifier().GetStreamName()) != stream {
		r.Fatalf("a read of %s gives %v; want only that it is not found", stream, all)
	}
}

func (r *rig) delete(stream string, w want) (uint64, metadata.MD, error) {
	o := options(stream, w).GetOptions()
	var trailer metadata.MD
	req := &streams.DeleteReq{Options: &streams.DeleteReq_Options{StreamIdentifier: o.StreamIdentifier}}
	switch e := o.ExpectedStreamRevision.(type) {
	case *streams.AppendReq_Options_Any:
		req.Options.ExpectedStreamRevision = &streams.DeleteReq_Options_Any{Any: e.Any}
	case *streams.AppendReq_Options_NoStream:
		req.Options.ExpectedStreamRevision = &streams.DeleteReq_Options_NoStream{NoStream: e.NoStream}
	case *streams.AppendReq_Options_StreamExists:
		req.Options.ExpectedStreamRevision = &streams.DeleteReq_Options_StreamExists{StreamExists: e.StreamExists}
	case *streams.AppendReq_Options_Revision:
		req.Options.ExpectedStreamRevision = &streams.DeleteReq_Options_Revision{Revision: e.Revision}
	}
	resp, err := r.raw.Delete(r.ctx, req, grpc.Trailer(&trailer))
	return resp.GetPosition().GetCommitPosition(), trailer, err
}

func (r *rig) mustDelete(stream string, w want) uint64 {
	r.Helper()
	p, _, err := r.delete(stream, w)
	r.must(err)
	return p
}

func (r *rig) tombstone(stream string, w want) (uint64, metadata.MD, error) {
	o := options(stream, w).GetOptions()
	var trailer metadata.MD
	req := &streams.TombstoneReq{Options: &streams.TombstoneReq_Options{StreamIdentifier: o.StreamIdentifier}}
	switch e := o.ExpectedStreamRevision.(type) {
	case *streams.AppendReq_Options_Any:
		req.Options.ExpectedStreamRevision = &streams.TombstoneReq_Options_Any{Any: e.Any}
	case *streams.AppendReq_Options_NoStream:
		req.Options.ExpectedStreamRevision = &streams.TombstoneReq_Options_NoStream{NoStream: e.NoStream}
	case *streams.AppendReq_Options_StreamExists:
		req.Options.ExpectedStreamRevision = &streams.TombstoneReq_Options_StreamExists{StreamExists: e.StreamExists}
	case *streams.AppendReq_Options_Revision:
		req.Options.ExpectedStreamRevision = &streams.TombstoneReq_Options_Revision{Revision: e.Revision}
	}
	resp, err := r.raw.Tombstone(r.ctx, req, grpc.Trailer(&trailer))
	return resp.GetPosition().GetCommitPosition(), trailer, err
}
