package esdbserver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/tests/harness"
)

// bytesCodec sends bytes as they are, as a message that a client made up.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }

func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	b, ok := v.(*[]byte)
	if !ok {
		return nil, errors.New("not bytes")
	}
	return mem.BufferSlice{mem.SliceBuffer(*b)}, nil
}

func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

var _ encoding.CodecV2 = bytesCodec{}

var fuzzed = []string{
	streams.Streams_Read_FullMethodName, streams.Streams_Append_FullMethodName, streams.Streams_Delete_FullMethodName,
	streams.Streams_Tombstone_FullMethodName, streams.Streams_BatchAppend_FullMethodName,
}

// FuzzMessages sends any bytes as one or two messages of any call. Each is answered, or refused with a status that is not
// a server's own mistake, and the stream that was there before stays readable and whole.
func FuzzMessages(f *testing.F) {
	rig := harness.ServeESDB(f, onMem(vfs.NewMem()), esdbserver.Config{})
	conn, err := grpc.NewClient(rig.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(bytesCodec{})))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = conn.Close() })
	kept := event.Recorded{Stream: "game-KeptForEver01", Version: 1, Type: "t.v1", Meta: []byte("{}"), Data: []byte("{}")}
	kept.ID = event.Next(event.Genesis(kept.Stream), kept.Type, kept.Meta, kept.Data).ID()
	if err := rig.Store.Append(f.Context(), kept.Stream, 0, []event.Recorded{kept}); err != nil {
		f.Fatal(err)
	}
	bytesOf := func(m proto.Message) []byte {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	id := &shared.StreamIdentifier{StreamName: []byte("game-a")}
	begin := bytesOf(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
		StreamIdentifier: id, ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}}}}})
	proposed := bytesOf(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: &streams.AppendReq_ProposedMessage{
		Id:       &shared.UUID{Value: &shared.UUID_String_{String_: "6b9ee2b0-f15f-88bf-92bc-eb7e9422b19c"}},
		Metadata: map[string]string{"type": "t", "content-type": "application/json"}, Data: []byte("{}")}}})
	read := bytesOf(&streams.ReadReq{Options: &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{StreamIdentifier: id,
			RevisionOption: &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}}}},
		CountOption:  &streams.ReadReq_Options_Count{Count: 10},
		FilterOption: &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
		UuidOption:   &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}}},
	}})
	gone := bytesOf(&streams.DeleteReq{Options: &streams.DeleteReq_Options{StreamIdentifier: id,
		ExpectedStreamRevision: &streams.DeleteReq_Options_Any{Any: &shared.Empty{}}}})
	for method := range fuzzed {
		for _, m := range [][2][]byte{{begin, proposed}, {read, nil}, {gone, nil}, {nil, nil}, {[]byte("\xff\xff"), begin}, {proposed, begin}} {
			f.Add(uint8(method), m[0], m[1])
		}
	}
	f.Fuzz(func(t *testing.T, method uint8, first, second []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		name := fuzzed[int(method)%len(fuzzed)]
		stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range [][]byte{first, second} {
			if len(m) > 0 || bytes.Equal(m, first) {
				if err := stream.SendMsg(&m); err != nil {
					break // it has been refused; why is received below
				}
			}
		}
		_ = stream.CloseSend()
		for n := 0; ; n++ {
			var answer []byte
			err := stream.RecvMsg(&answer)
			if errors.Is(err, io.EOF) || n == 20 { // a subscription never ends
				break
			}
			if code := status.Code(err); code == codes.DeadlineExceeded && subscribes(first) {
				break
			} else if code == codes.DeadlineExceeded || code == codes.Internal && !garbage(err) || code == codes.Unavailable {
				t.Fatalf("%s: %v", name, err)
			}
			if err != nil {
				break
			}
			if subscribes(first) {
				break
			}
		}
		n := 0
		for rec, err := range rig.Store.ReadStream(t.Context(), kept.Stream, 1) {
			if n++; err != nil || rec.ID != kept.ID || string(rec.Data) != string(kept.Data) {
				t.Fatalf("what was stored before is now %+v, %v", rec, err)
			}
		}
		if n != 1 {
			t.Fatalf("what was stored before is now %d events", n)
		}
	})
}

// subscribes tells whether a read goes on for ever.
func subscribes(message []byte) bool {
	var m streams.ReadReq
	return proto.Unmarshal(message, &m) == nil && m.GetOptions().GetSubscription() != nil
}

// garbage tells whether gRPC itself refused a message: what is no protobuf, or one message too many.
func garbage(err error) bool {
	m := status.Convert(err).Message()
	return bytes.Contains([]byte(m), []byte("unmarshal")) || bytes.Contains([]byte(m), []byte("cardinality"))
}
