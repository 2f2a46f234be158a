package esdbserver_test

import (
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/esdbserver"
)

func TestRow01NewStream(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	position := r.wrote(1, "s", noStream, fresh(2)...)
	all := r.events(ofAll)
	last := all[len(all)-1]
	if string(last.StreamIdentifier.StreamName) != "s" || last.StreamRevision != 1 || last.CommitPosition != position {
		t.Errorf("the append is answered with position %d; $all ends with %v", position, last)
	}
	if position == 0 || all[0].CommitPosition == 0 {
		t.Errorf("a position is 0")
	}
	result, err := r.api.AppendToStream(r.ctx, "through-client", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
		esdb.EventData{EventType: "x", ContentType: esdb.ContentTypeJson, Data: []byte(`{}`)})
	r.must(err)
	if result.NextExpectedVersion != 0 || result.CommitPosition <= position || result.CommitPosition != result.PreparePosition {
		t.Errorf("the client has %+v", result)
	}
}

func TestRow02NoStreamOnExisting(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(2, "s", noStream, fresh(3)...)
	w := r.conflict(2, "s", noStream, fresh(1)...)
	if w.GetExpectedNoStream() == nil || w.GetCurrentRevision_20_6_0() != 2 || w.GetExpectedRevision_20_6_0() != math.MaxUint64 {
		t.Errorf("%v", w)
	}
	w = r.conflict(2, "s", at(5), fresh(1)...)
	if w.GetExpectedRevision() != 5 || w.GetExpectedRevision_20_6_0() != 5 {
		t.Errorf("%v", w)
	}
	w = r.conflict(-1, "never", streamExists, fresh(1)...)
	if w.GetExpectedStreamExists() == nil || w.GetStreamExists_20_6_0() == nil || w.GetNoStream_20_6_0() == nil {
		t.Errorf("%v", w)
	}
	_, err := r.api.AppendToStream(r.ctx, "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
		esdb.EventData{EventType: "x", Data: []byte(`{}`)})
	if e, _ := esdb.FromError(err); e == nil || e.Code() != esdb.ErrorCodeWrongExpectedVersion {
		t.Errorf("the client has %v", err)
	}
}

func TestRow03CurrentRevisionLooksAtNoIds(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(1, "s", noStream, batch("a", "b")...)
	r.wrote(3, "s", at(1), batch("a", "b")...)
	r.wrote(4, "s", at(3), batch("a")...)
	r.shows("[0 1 2 3 4]", ofStream("s"))
}

func TestRow04Repetition(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	first := r.wrote(1, "s", noStream, batch("a", "b")...)
	second := r.wrote(3, "s", at(1), batch("c", "d")...)
	r.wrote(5, "s", at(3), batch("e", "f")...)
	before := len(r.events(ofAll))
	if p := r.wrote(1, "s", noStream, batch("a", "b")...); p != first {
		t.Errorf("the repetition is at %d; the original at %d", p, first)
	}
	if p := r.wrote(3, "s", at(1), batch("c", "d")...); p != second {
		t.Errorf("the repetition is at %d; the original at %d", p, second)
	}
	if p := r.wrote(2, "s", at(1), batch("c")...); p >= second {
		t.Errorf("the prefix is at %d; the whole at %d", p, second)
	}
	if after := len(r.events(ofAll)); after != before {
		t.Errorf("repetitions wrote %d events", after-before)
	}
}

func TestRow05RepetitionThatDiffers(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(1, "s", noStream, batch("a", "b")...)
	r.conflict(1, "s", noStream, batch("a", "b", "c")...)
	r.conflict(1, "s", noStream, batch("a", "x")...)
	r.wrote(2, "s", at(1), batch("c")...)
	r.conflict(2, "s", noStream, batch("a", "x")...)
	r.shows("[0 1 2]", ofStream("s"))
}

func TestRow06Foreign(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(1, "s", noStream, batch("a", "b")...)
	r.conflict(1, "s", noStream, batch("x", "b")...)
	r.conflict(1, "s", at(0), batch("x")...)
	r.conflict(1, "s", at(0), batch("a")...) // elsewhere in the stream
	r.conflict(1, "s", at(2), batch("b")...)
	r.conflict(-1, "never", at(0), batch("b")...)
	r.shows("[0 1]", ofStream("s"))
}

func TestRow07AnyKnowsRecentIds(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(0, "other", noStream, batch("z")...)
	first := r.wrote(1, "s", anything, batch("a", "b")...)
	r.wrote(2, "s", anything, batch("c")...)
	for name, w := range map[string]want{"any": anything, "stream exists": streamExists} {
		t.Run(name, func(t *testing.T) {
			r := r.under(t)
			if p := r.wrote(1, "s", w, batch("a", "b")...); p != first {
				t.Errorf("the repetition is at %d; the original at %d", p, first)
			}
			r.wrote(0, "s", w, batch("a")...)
			r.conflict(2, "s", w, batch("a", "new")...)
			r.conflict(2, "s", w, batch("a", "z")...) // known, but of another stream
			r.shows("[0 1 2]", ofStream("s"))
		})
	}
	r.wrote(4, "s", anything, batch("new", "a")...)
	r.wrote(0, "s", anything, batch("a")...) // of an id that stands twice, the first place
	r.wrote(5, "s", anything, batch("z")...) // the memory keeps an id's first stream only ...
	r.wrote(6, "s", anything, batch("z")...) // ... so that its repetition elsewhere is written again
	r.wrote(8, "s", anything, batch("twin", "twin")...)
	r.shows("[0 1 2 3 4 5 6 7 8]", ofStream("s"))
}

func TestRow07AnyForgets(t *testing.T) {
	r := serve(t, esdbserver.Config{RecentIDs: 4})
	r.wrote(0, "s", anything, batch("a")...)
	r.wrote(3, "s", anything, fresh(3)...)
	r.wrote(0, "s", anything, batch("a")...)
	r.wrote(4, "s", anything, fresh(1)...)
	r.wrote(5, "s", anything, batch("a")...)
}

func TestRow08Restart(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(1, "s", anything, batch("a", "b")...)
	r.wrote(3, "exact", noStream, fresh(4)...)
	place := r.wrote(5, "exact", at(3), batch("c", "d")...)
	r.reopen()
	r.wrote(3, "s", anything, batch("a", "b")...)
	if again := r.wrote(5, "exact", at(3), batch("c", "d")...); again != place {
		t.Errorf("it was at %d and is at %d", place, again)
	}
	r.wrote(1, "s", noStream, batch("a", "b")...)
}

func TestRow09StreamExists(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.conflict(-1, "s", streamExists, fresh(1)...)
	r.wrote(0, "$$s", noStream, metadataEvent(`{"$maxCount":10}`))
	r.wrote(0, "s", streamExists, fresh(1)...)
	r.wrote(1, "s", streamExists, fresh(1)...)
}

func TestRow16AppendTooLarge(t *testing.T) {
	r := serve(t, esdbserver.Config{MaxAppendSize: 1000, MaxAppendEventSize: 1000})
	sized := func(data int, typ string) *streams.AppendReq_ProposedMessage {
		e := proposed("")
		e.Metadata["type"], e.Data, e.CustomMetadata = typ, make([]byte, data), make([]byte, 10)
		return e
	}
	r.wrote(1, "s", noStream, sized(400, "12345"), sized(560, "12345")) // with metadata 10 each, types twice: 1,000
	_, trailer, err := r.append("s", at(1), sized(400, "12345"), sized(561, "12345"))
	r.refused(err, trailer, codes.InvalidArgument, "exception", "maximum-append-size-exceeded", "maximum-append-size", "1000")
	_, trailer, err = r.append("s", at(1), sized(400, "1234😀"), sized(560, "12345")) // two UTF-16 units
	r.refused(err, trailer, codes.InvalidArgument, "exception", "maximum-append-size-exceeded")

	// The refusal comes before the half-close.
	var while metadata.MD
	call, err := r.raw.Append(r.ctx, grpc.Trailer(&while))
	r.must(err)
	r.must(call.Send(options("s", at(1))))
	r.must(call.Send(message(sized(600, "x"))))
	r.must(call.Send(message(sized(600, "x"))))
	err = call.RecvMsg(&streams.AppendResp{})
	r.refused(err, while, codes.InvalidArgument, "exception", "maximum-append-size-exceeded")
	r.shows("[0 1]", ofStream("s"))
}

func TestRow17EventTooLarge(t *testing.T) {
	r := serve(t, esdbserver.Config{MaxAppendSize: 5000, MaxAppendEventSize: 100})
	e := proposed("")
	e.Metadata["type"], e.Data = "x", make([]byte, 98)
	r.wrote(0, "s", noStream, e)
	e.Data = make([]byte, 99)
	_, trailer, err := r.append("s", at(0), fresh(1)[0], e)
	id := e.Id.GetStructured()
	text := event.ID(bytesOf(id)).String()
	r.refused(err, trailer, codes.InvalidArgument, "exception", "maximum-append-event-size-exceeded",
		"maximum-append-event-size", "100", "proposed-append-event-size", "101", "event-id", text)
	r.shows("[0]", ofStream("s"))

	if _, err := esdbserver.New(esdbserver.Config{Store: r.Store, MaxAppendSize: 10, MaxAppendEventSize: 11}); err == nil {
		t.Error("a limit for one event above the limit for all is accepted")
	}
}

func TestRow18BadEvents(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	change := func(f func(*streams.AppendReq_ProposedMessage)) *streams.AppendReq_ProposedMessage {
		e := proposed("")
		f(e)
		return e
	}
	required := []string{"exception", "missing-required-metadata-property", "required-metadata-properties", "type,content-type"}
	for name, c := range map[string]struct {
		stream  string
		event   *streams.AppendReq_ProposedMessage
		want    want
		code    codes.Code
		trailer []string
	}{
		"empty type":      {"s", change(func(e *streams.AppendReq_ProposedMessage) { e.Metadata["type"] = "" }), anything, codes.Unknown, nil},
		"no type":         {"s", change(func(e *streams.AppendReq_ProposedMessage) { delete(e.Metadata, "type") }), anything, codes.InvalidArgument, required},
		"no content type": {"s", change(func(e *streams.AppendReq_ProposedMessage) { delete(e.Metadata, "content-type") }), anything, codes.InvalidArgument, required},
		"nil id":          {"s", change(func(e *streams.AppendReq_ProposedMessage) { e.Id = wireID([16]byte{}) }), anything, codes.Unknown, nil},
		"no id":           {"s", change(func(e *streams.AppendReq_ProposedMessage) { e.Id = nil }), anything, codes.Unknown, nil},
		"bad id": {"s", change(func(e *streams.AppendReq_ProposedMessage) {
			e.Id = &shared.UUID{Value: &shared.UUID_String_{String_: "no"}}
		}), anything, codes.Unknown, nil},
		"empty stream":     {"", proposed(""), anything, codes.Unknown, nil},
		"stream $$":        {"$$", proposed(""), anything, codes.Unknown, nil},
		"no expectation":   {"s", proposed(""), nil, codes.Unknown, nil},
		"absurd revision":  {"s", proposed(""), at(1 << 63), codes.Unknown, nil},
		"endless name":     {strings.Repeat("x", 5000), proposed(""), anything, codes.InvalidArgument, nil},
		"two options":      {"s", nil, anything, codes.Unknown, nil},
		"message too long": {"s", change(func(e *streams.AppendReq_ProposedMessage) { e.Data = make([]byte, 16_767_216) }), anything, codes.ResourceExhausted, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := r.under(t)
			var trailer metadata.MD
			call, err := r.raw.Append(r.ctx, grpc.Trailer(&trailer))
			r.must(err)
			_ = call.Send(options(c.stream, c.want))
			if c.event == nil {
				_ = call.Send(options(c.stream, c.want))
			} else {
				_ = call.Send(message(c.event))
			}
			_, err = call.CloseAndRecv()
			r.refused(err, trailer, c.code, c.trailer...)
		})
	}
	for name, first := range map[string]*streams.AppendReq{"no options": nil, "event first": message(proposed(""))} {
		t.Run(name, func(t *testing.T) {
			r := r.under(t)
			call, err := r.raw.Append(r.ctx)
			r.must(err)
			if first != nil {
				_ = call.Send(first)
			}
			_, err = call.CloseAndRecv()
			r.refused(err, nil, codes.Unknown)
		})
	}
	r.missing("s")
	e := proposed("")
	e.Id = &shared.UUID{Value: &shared.UUID_String_{String_: "12345678-9abc-def0-1122-334455667788"}}
	r.wrote(0, "s", at(math.MaxUint64), e) // that revision means: no stream
	if got := bytesOf(r.events(ofStream("s"))[0].Id.GetStructured()); event.ID(got).String() != e.Id.GetString_() {
		t.Errorf("the id came back as %x", got)
	}
}

func TestRow19EmptyAppend(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	resp, _, err := r.append("s", noStream)
	r.must(err)
	if resp.GetSuccess().GetNoStream() == nil || resp.GetSuccess().GetPosition() == nil {
		t.Errorf("%v", resp)
	}
	r.missing("s")
	r.wrote(1, "s", noStream, fresh(2)...)
	for _, w := range []want{anything, at(1), streamExists} {
		r.wrote(1, "s", w)
	}
	for _, w := range []want{at(7), at(0), noStream} {
		r.conflict(1, "s", w)
	}
	r.shows("[0 1]", ofStream("s"))
	result, err := r.api.AppendToStream(r.ctx, "t", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}})
	if err != nil || result.NextExpectedVersion != 1 {
		t.Errorf("the client has %+v, %v", result, err)
	}
}

func TestRow24AllOrNothing(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	const size, appends = 5, 60
	var writers sync.WaitGroup
	for _, stream := range []string{"s", "t"} {
		writers.Go(func() {
			for i := range appends {
				w := noStream
				if i > 0 {
					w = at(uint64(i*size - 1))
				}
				resp, _, err := r.append(stream, w, fresh(size)...)
				if err != nil || resp.GetSuccess().GetCurrentRevision() != uint64(i*size+size-1) {
					t.Errorf("append %d to %s: %v, %v", i, stream, resp, err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { defer close(done); writers.Wait() }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		all, _, err := r.read(request(ofStream("s")))
		r.must(err)
		if all[0].GetEvent() != nil && len(all)%size != 0 {
			t.Fatalf("a reader sees %d events, which were appended by %d", len(all), size)
		}
		for i, resp := range all {
			if e := resp.GetEvent(); e != nil && e.Event.StreamRevision != uint64(i) {
				t.Fatalf("revision %d stands at %d", e.Event.StreamRevision, i)
			}
		}
	}
	<-done
	all := r.events(ofAll)[3:]
	if len(all) != 2*size*appends {
		t.Fatalf("%d events", len(all))
	}
	for i, e := range all {
		if i%size > 0 && string(e.StreamIdentifier.StreamName) != string(all[i-1].StreamIdentifier.StreamName) {
			t.Fatalf("an append's events do not stand together: %d is of %s", i, e.StreamIdentifier.StreamName)
		}
	}
}

func TestRow25TwoWriters(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	for round := range 30 {
		w := noStream
		if round > 0 {
			w = at(uint64(round - 1))
		}
		const rivals = 8
		var won atomic.Int32
		var wg sync.WaitGroup
		for range rivals {
			wg.Go(func() {
				resp, _, err := r.append("s", w, fresh(1)...)
				switch {
				case err != nil:
					t.Error(err)
				case resp.GetSuccess() != nil:
					won.Add(1)
				case resp.GetWrongExpectedVersion().GetCurrentRevision() != uint64(round):
					t.Errorf("round %d: %v", round, resp)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d of %d won", round, won.Load(), rivals)
		}
	}
}
