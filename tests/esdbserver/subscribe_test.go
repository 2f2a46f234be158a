package esdbserver_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/pebble"
)

// sub is an open subscription of the bare stubs.
type sub struct {
	*rig
	call    streams.Streams_ReadClient
	trailer metadata.MD
	end     context.CancelFunc

	events      []*streams.ReadResp_ReadEvent_RecordedEvent
	checkpoints []uint64
	caughtUp    int
}

func (r *rig) subscribe(asks ...ask) *sub {
	r.Helper()
	ctx, cancel := context.WithCancel(r.ctx)
	s := &sub{rig: r, end: cancel}
	call, err := r.raw.Read(ctx, request(append(asks, endless)...), grpc.Trailer(&s.trailer))
	r.must(err)
	s.call = call
	r.Cleanup(cancel)
	return s
}

// next is the next message in words; what it carried is kept.
func (s *sub) next() string {
	s.Helper()
	resp, err := s.call.Recv()
	s.must(err)
	switch c := resp.Content.(type) {
	case *streams.ReadResp_Confirmation:
		if c.Confirmation.SubscriptionId == "" {
			s.Fatal("the confirmation has no id")
		}
		return "confirmation"
	case *streams.ReadResp_Event:
		s.events = append(s.events, c.Event.Event)
		return fmt.Sprintf("%s@%d", c.Event.Event.StreamIdentifier.StreamName, c.Event.Event.StreamRevision)
	case *streams.ReadResp_CaughtUp_:
		s.caughtUp++
		return "caught up"
	case *streams.ReadResp_Checkpoint_:
		if c.Checkpoint.CommitPosition != c.Checkpoint.PreparePosition {
			s.Fatalf("checkpoint %v", c.Checkpoint)
		}
		s.checkpoints = append(s.checkpoints, c.Checkpoint.CommitPosition)
		return "checkpoint"
	}
	s.Fatalf("a subscription has %v", resp)
	return ""
}

// says wants the next messages to be these.
func (s *sub) says(messages ...string) {
	s.Helper()
	for i, wanted := range messages {
		if got := s.next(); got != wanted {
			s.Fatalf("message %d is %q; want %q", i, got, wanted)
		}
	}
}

// until passes over messages up to one.
func (s *sub) until(message string) {
	s.Helper()
	for s.next() != message {
	}
}

// fails wants the subscription to end with an error.
func (s *sub) fails(code codes.Code, pairs ...string) {
	s.Helper()
	resp, err := s.call.Recv()
	if err == nil {
		s.Fatalf("%v; want an error", resp)
	}
	s.refused(err, s.trailer, code, pairs...)
}

func TestRow31Subscribe(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(2, "s", noStream, fresh(3)...)
	all := r.events(ofAll)
	whole := r.subscribe(ofAll)
	whole.says("confirmation", "$$$stats@0", "$$$scavenges@0", "$$$settings@0", "s@0", "s@1", "s@2", "caught up")
	part := r.subscribe(ofAll, fromPosition(all[3].CommitPosition))
	part.says("confirmation", "s@1", "s@2", "caught up")
	stream := r.subscribe(ofStream("s"), fromRevision(0))
	stream.says("confirmation", "s@1", "s@2", "caught up")
	r.subscribe(ofStream("s")).says("confirmation", "s@0", "s@1", "s@2", "caught up")
	r.wrote(0, "t", noStream, fresh(1)...)
	r.wrote(4, "s", at(2), fresh(2)...)
	whole.says("t@0", "s@3", "s@4")
	part.says("t@0", "s@3", "s@4")
	stream.says("s@3", "s@4")

	client, err := r.api.SubscribeToAll(r.ctx, esdb.SubscribeToAllOptions{From: esdb.Position{
		Commit: all[3].CommitPosition, Prepare: all[3].CommitPosition,
	}})
	r.must(err)
	defer client.Close()
	for i, wanted := range []string{"s@1", "s@2", "t@0", "s@3", "s@4", "caught up"} {
		got := "caught up"
		switch e := client.Recv(); {
		case e.EventAppeared != nil:
			got = fmt.Sprintf("%s@%d", e.EventAppeared.Event.StreamID, e.EventAppeared.Event.EventNumber)
		case e.CaughtUp == nil:
			t.Fatalf("the client has %+v", e)
		}
		if got != wanted {
			t.Errorf("the client's message %d is %q; want %q", i, got, wanted)
		}
	}
}

func TestRow32FromTheEnd(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(1, "s", noStream, fresh(2)...)
	all := r.events(ofAll)
	last := all[len(all)-1].CommitPosition
	gap := last - all[len(all)-2].CommitPosition
	atEnd := r.subscribe(ofAll, fromEnd)
	atLast := r.subscribe(ofAll, fromPosition(last))
	beyond := r.subscribe(ofAll, fromPosition(last+2*gap)) // swallows the two events that come up to there
	crooked := r.subscribe(ofAll, fromPosition(last+2*gap+1))
	stream := r.subscribe(ofStream("s"), fromEnd)
	streamBeyond := r.subscribe(ofStream("s"), fromRevision(3))
	for _, s := range []*sub{atEnd, atLast, beyond, crooked, stream, streamBeyond} {
		s.says("confirmation", "caught up")
	}
	r.wrote(4, "s", at(1), fresh(3)...)
	for _, s := range []*sub{atEnd, atLast, stream} {
		s.says("s@2", "s@3", "s@4")
	}
	for _, s := range []*sub{beyond, crooked, streamBeyond} {
		s.says("s@4")
	}
}

func TestRow33NoRecordStart(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(9, "s", noStream, fresh(10)...)
	s := r.subscribe(ofAll, fromPosition(r.events(ofAll)[5].CommitPosition+1))
	s.says("confirmation")
	s.fails(codes.InvalidArgument)
}

// TestRow34StalledConsumer: a consumer does not read while much more happens than all buffers on the way hold. It
// slows nobody down, and misses nothing.
func TestRow34StalledConsumer(t *testing.T) {
	store := onMem(vfs.NewMem())
	store.RecentMax = 8 // the feed's memory, so that it must come back from the disk
	for name, subscribe := range map[string]func(*rig) *sub{
		"all":    func(r *rig) *sub { return r.subscribe(ofAll, fromEnd) },
		"stream": func(r *rig) *sub { return r.subscribe(ofStream("s"), fromEnd) },
		"filtered": func(r *rig) *sub {
			return r.subscribe(ofAll, fromEnd, func(o *streams.ReadReq_Options) { o.FilterOption = streamPrefix("s", 32, 1) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := store
			store.FS = vfs.NewMem()
			r := serveStore(t, store, esdbserver.Config{})
			writer := r.raw
			r.raw = smallWindow(r)
			s := subscribe(r)
			s.says("confirmation", "caught up")
			r.raw = writer
			const appends, size = 40, 10
			for i := range appends {
				events := fresh(size)
				for _, e := range events {
					e.Data = make([]byte, 8<<10)
				}
				r.wrote(uint64(i*size+size-1), "s", at(uint64(i*size)-1), events...)
			}
			for len(s.events) < appends*size || s.caughtUp < 2 {
				s.next()
			}
			for i, e := range s.events {
				if e.StreamRevision != uint64(i) {
					t.Fatalf("event %d is revision %d", i, e.StreamRevision)
				}
			}
			if !slices.IsSorted(s.checkpoints) || len(slices.Compact(slices.Clone(s.checkpoints))) != len(s.checkpoints) {
				t.Errorf("checkpoints %v", s.checkpoints)
			}
			r.wrote(appends*size, "s", at(appends*size-1), fresh(1)...)
			s.until(fmt.Sprintf("s@%d", appends*size))
		})
	}
}

// smallWindow is a connection that lets the server send 64 KiB ahead of what is read.
func smallWindow(r *rig) streams.StreamsClient {
	conn, err := grpc.NewClient(r.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithInitialWindowSize(65536), grpc.WithInitialConnWindowSize(65536))
	r.must(err)
	r.Cleanup(func() { _ = conn.Close() })
	return streams.NewStreamsClient(conn)
}

func streamPrefix(prefix string, window, multiplier uint32) *streams.ReadReq_Options_Filter {
	return filtered(func(f *streams.ReadReq_Options_FilterOptions) {
		f.Filter = &streams.ReadReq_Options_FilterOptions_StreamIdentifier{
			StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: []string{"nobody-", prefix}},
		}
		f.Window = &streams.ReadReq_Options_FilterOptions_Max{Max: window}
		f.CheckpointIntervalMultiplier = multiplier
	})
}

func TestRow35Filtered(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(49, "other", noStream, fresh(50)...)
	positions := positionsOf(r.events(ofAll)) // 53
	wanted := func(s *sub, indexes ...int) {
		t.Helper()
		all := positionsOf(r.events(ofAll))
		var at []uint64
		for _, i := range indexes {
			at = append(at, all[i])
		}
		if !slices.Equal(s.checkpoints, at) {
			t.Errorf("checkpoints at %v; want %v", s.checkpoints, at)
		}
	}
	mine := func(o *streams.ReadReq_Options) { o.FilterOption = streamPrefix("mine-", 10, 2) }
	s := r.subscribe(ofAll, mine)
	s.says("confirmation", "checkpoint", "checkpoint", "checkpoint", "caught up")
	wanted(s, 19, 39, 52)
	even := r.subscribe(ofAll, func(o *streams.ReadReq_Options) { o.FilterOption = streamPrefix("mine-", 53, 1) })
	even.says("confirmation", "checkpoint", "caught up") // the end is told once
	r.wrote(99, "other", at(49), fresh(50)...)
	s.says("checkpoint", "checkpoint")
	wanted(s, 19, 39, 52, 72, 92)
	r.wrote(1, "mine-1", noStream, fresh(2)...)
	s.says("mine-1@0", "mine-1@1")

	// Whoever goes on from a checkpoint misses nothing that matches and sees nothing twice.
	for _, from := range s.checkpoints {
		again := r.subscribe(ofAll, fromPosition(from), mine)
		again.until("caught up")
		if len(again.events) != 2 || again.events[0].StreamRevision != 0 {
			t.Errorf("from checkpoint %d: %v", from, again.events)
		}
		again.end()
	}
	atEnd := r.subscribe(ofAll, fromEnd, mine)
	atEnd.says("confirmation", "caught up") // nothing was looked at, so there is no checkpoint
	r.wrote(2, "mine-1", at(1), fresh(1)...)
	atEnd.says("mine-1@2")

	// A matching event exactly at the interval comes before its checkpoint.
	exact := r.subscribe(ofAll, fromPosition(positions[52]), func(o *streams.ReadReq_Options) {
		o.FilterOption = streamPrefix("mine-", 51, 1)
	})
	exact.says("confirmation", "mine-1@0", "checkpoint", "mine-1@1", "mine-1@2", "checkpoint", "caught up")

	for name, f := range map[string]*streams.ReadReq_Options_FilterOptions_Expression{
		"prefix": {Prefix: []string{"nothing", "thing-h"}}, "regex": {Regex: `hap+ened\.v1$`},
	} {
		byType := r.subscribe(ofAll, func(o *streams.ReadReq_Options) {
			o.FilterOption = filtered(func(fo *streams.ReadReq_Options_FilterOptions) {
				fo.Filter = &streams.ReadReq_Options_FilterOptions_EventType{EventType: f}
				fo.Window = &streams.ReadReq_Options_FilterOptions_Count{Count: &shared.Empty{}}
			})
		})
		byType.until("caught up")
		if len(byType.events) != 103 || len(byType.checkpoints) != 4 { // of 106, each 32 and the end
			t.Errorf("%s: %d events, %d checkpoints", name, len(byType.events), len(byType.checkpoints))
		}
	}

	client, err := r.api.SubscribeToAll(r.ctx, esdb.SubscribeToAllOptions{
		From: esdb.Start{}, MaxSearchWindow: 50, CheckpointInterval: 1,
		Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"mine-"}},
	})
	r.must(err)
	defer client.Close()
	var seen, checkpoints int
	for done := false; !done; {
		switch e := client.Recv(); {
		case e.EventAppeared != nil:
			seen++
		case e.CheckPointReached != nil:
			checkpoints++
		case e.CaughtUp != nil:
			done = true
		default:
			t.Fatalf("the client has %+v", e)
		}
	}
	if seen != 3 || checkpoints != 3 {
		t.Errorf("the client has %d events and %d checkpoints", seen, checkpoints)
	}
}

func TestRow36Streams(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	s := r.subscribe(ofStream("s"))
	s.says("confirmation", "caught up")
	r.wrote(1, "s", noStream, fresh(2)...)
	s.says("s@0", "s@1")
	r.mustDelete("s", anything)
	fromDeleted := r.subscribe(ofStream("s"))
	fromDeleted.says("confirmation", "caught up")
	r.wrote(2, "s", noStream, fresh(1)...)
	s.says("s@2") // of the deletion it is told nothing
	fromDeleted.says("s@2")
	late := r.subscribe(ofStream("s"))
	late.says("confirmation", "s@2", "caught up")
	_, _, err := r.tombstone("s", anything)
	r.must(err)
	for _, s := range []*sub{s, fromDeleted, late} {
		s.says(fmt.Sprintf("s@%d", uint64(math.MaxInt64)))
		s.fails(codes.FailedPrecondition, "exception", "stream-deleted", "stream-name", "s")
	}
	r.subscribe(ofStream("s")).fails(codes.FailedPrecondition, "exception", "stream-deleted", "stream-name", "s")
	_, err = r.api.SubscribeToStream(r.ctx, "s", esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	if err == nil {
		t.Error("the client subscribes to a tombstoned stream")
	}
	truncated := r.subscribe(ofStream("t"))
	truncated.says("confirmation", "caught up")
	r.wrote(4, "t", noStream, fresh(5)...)
	truncated.says("t@0", "t@1", "t@2", "t@3", "t@4")
	r.wrote(0, "$$t", noStream, metadataEvent(`{"$tb":3}`))
	r.subscribe(ofStream("t")).says("confirmation", "t@3", "t@4", "caught up")
	r.subscribe(ofStream("$$t")).says("confirmation", "$$t@0", "caught up")
}

// TestSubscribersAreCounted and the calls with them.
func TestObserver(t *testing.T) {
	seen := &observed{calls: map[string]int{}}
	r := serveStore(t, pebble.Config{Dir: "data", FS: vfs.NewMem()}, esdbserver.Config{Observer: seen})
	s := r.subscribe(ofAll)
	s.until("caught up")
	if seen.open() != 1 {
		t.Errorf("%d subscriptions are open", seen.open())
	}
	s.end()
	r.eventually("the subscription is counted as ended", func() bool { return seen.open() == 0 && seen.count("subscribe canceled") == 1 })
	r.wrote(0, "s", noStream, fresh(1)...)
	r.conflict(0, "s", noStream, fresh(1)...)
	r.mustDelete("s", anything)
	_, _, err := r.delete("never", anything)
	r.refused(err, nil, codes.FailedPrecondition)
	_, _, err = r.tombstone("s", anything)
	r.must(err)
	_, _, err = r.read(request(ofStream("s")))
	r.refused(err, nil, codes.FailedPrecondition)
	_, err = r.raw.BatchAppend(r.ctx)
	r.must(err)
	for _, call := range []string{"append ok", "append wrong_expected_version", "delete ok", "delete failedprecondition",
		"tombstone ok", "read failedprecondition"} {
		r.eventually(call, func() bool { return seen.count(call) == 1 })
	}
}

// TestHundredCalls: a connection carries 100 calls; one more waits for its turn, and if need be in vain.
func TestHundredCalls(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	var open []*sub
	for range 100 {
		s := r.subscribe(ofStream("s"))
		s.says("confirmation", "caught up")
		open = append(open, s)
	}
	soon, cancel := context.WithTimeout(r.ctx, 200*time.Millisecond)
	defer cancel()
	_, _, err := r.appendIn(soon, "s", noStream, fresh(1)...)
	r.refused(err, nil, codes.DeadlineExceeded)
	open[0].end()
	r.wrote(0, "s", noStream, fresh(1)...)
	for _, s := range open[1:] {
		s.says("s@0")
	}
}
