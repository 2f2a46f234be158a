package esdbserver_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc/codes"

	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/pebble"
)

func TestRow26MissingStream(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.missing("s")
	r.wrote(0, "$$s", noStream, metadataEvent(`{"$maxCount":1}`))
	r.missing("s")
	stream, err := r.api.ReadStream(r.ctx, "s", esdb.ReadStreamOptions{}, 10)
	r.must(err)
	defer stream.Close()
	_, err = stream.Recv()
	if e, _ := esdb.FromError(err); e == nil || e.Code() != esdb.ErrorCodeResourceNotFound {
		t.Errorf("the client has %v", err)
	}
}

func TestRow27FromRevision(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(599, "long", noStream, fresh(600)...)
	r.wrote(4, "s", noStream, fresh(5)...)
	s := ofStream("s")
	r.shows("[2 3 4]", s, fromRevision(2))
	r.shows("[2 1 0]", s, fromRevision(2), backwards)
	r.shows("[2 3]", s, fromRevision(2), count(2))
	r.shows("[2 1]", s, fromRevision(2), backwards, count(2))
	r.shows("[]", s, fromRevision(5))
	r.shows("[]", s, fromRevision(1<<40))
	r.shows("[4 3 2 1 0]", s, fromRevision(1<<40), backwards)
	r.shows("[4 3]", s, fromEnd, backwards, count(2))
	r.shows("[0]", s, backwards) // from the start
	var down []uint64
	for _, e := range r.events(ofStream("long"), fromEnd, backwards) {
		down = append(down, e.StreamRevision)
	}
	if len(down) != 600 || down[0] != 599 || down[599] != 0 || !slices.IsSortedFunc(down, func(a, b uint64) int { return int(b) - int(a) }) {
		t.Errorf("backwards, the long stream is %v", down)
	}
	if n := len(r.events(ofStream("long"), count(10_000))); n != 600 {
		t.Errorf("the long stream has %d events", n)
	}
	for name, asks := range map[string][]ask{
		"from the end": {s, fromEnd}, "none": {s, count(0)}, "absurd": {s, fromRevision(1 << 63)}, "empty name": {ofStream("")},
		"none of all": {ofAll, count(0)},
	} {
		_, trailer, err := r.read(request(asks...))
		t.Run(name, func(t *testing.T) { r.under(t).refused(err, trailer, codes.Unknown) })
	}
}

func TestRow28All(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	for i := range 20 {
		r.wrote(uint64(i*3+2), "s", at(uint64(i*3)-1), fresh(3)...)
		r.wrote(uint64(i), "t", at(uint64(i)-1), fresh(1)...)
	}
	all := r.events(ofAll)
	positions := positionsOf(all)
	if len(all) != 83 || !slices.IsSorted(positions) || len(slices.Compact(slices.Clone(positions))) != 83 {
		t.Fatalf("the positions of %d events are %v", len(all), positions)
	}
	p := positions[40]
	check := func(what string, wanted []uint64, asks ...ask) {
		t.Helper()
		if got := positionsOf(r.events(append([]ask{ofAll}, asks...)...)); !slices.Equal(got, wanted) {
			t.Errorf("%s: %v; want %v", what, got, wanted)
		}
	}
	reversed := slices.Clone(positions)
	slices.Reverse(reversed)
	check("forwards from P", positions[40:], fromPosition(p))
	check("backwards from P", reversed[len(reversed)-40:], fromPosition(p), backwards)
	check("backwards from the end", reversed, fromEnd, backwards)
	check("some", positions[40:45], fromPosition(p), count(5))
	check("some backwards", reversed[:20], fromEnd, backwards, count(20))
	check("forwards from the end", nil, fromEnd)
	check("backwards from the start", nil, backwards)
	check("from 0", positions, fromPosition(0))
	check("from beyond the end", nil, fromPosition(positions[82]+1_000_000))
	check("backwards from the first", nil, fromPosition(positions[0]), backwards)
	for _, asks := range [][]ask{{ofAll, fromPosition(p + 1)}, {ofAll, fromPosition(p + 1), backwards}} {
		_, trailer, err := r.read(request(asks...))
		r.refused(err, trailer, codes.Unknown)
	}
	r.shows("[0 1 2 3]", ofAll, func(o *streams.ReadReq_Options) {
		o.FilterOption = filtered(func(f *streams.ReadReq_Options_FilterOptions) {
			f.Filter = &streams.ReadReq_Options_FilterOptions_StreamIdentifier{
				StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Regex: "^t$"},
			}
		})
	}, count(4))

	stream, err := r.api.ReadAll(r.ctx, esdb.ReadAllOptions{From: esdb.Position{Commit: p, Prepare: p}}, 10)
	r.must(err)
	defer stream.Close()
	e, err := stream.Recv()
	if err != nil || e.Event.Position.Commit != p {
		t.Errorf("the client has %v, %v", e, err)
	}
}

func filtered(f func(*streams.ReadReq_Options_FilterOptions)) *streams.ReadReq_Options_Filter {
	o := &streams.ReadReq_Options_FilterOptions{
		Window:                       &streams.ReadReq_Options_FilterOptions_Max{Max: 32},
		CheckpointIntervalMultiplier: 1,
	}
	f(o)
	return &streams.ReadReq_Options_Filter{Filter: o}
}

func positionsOf(events []*streams.ReadResp_ReadEvent_RecordedEvent) (positions []uint64) {
	for _, e := range events {
		positions = append(positions, e.CommitPosition)
	}
	return positions
}

func TestRow29Metadata(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(5, "s", noStream, batch("a", "b", "c", "d", "e", "f")...)
	s := ofStream("s")
	for i, c := range []struct{ metadata, up, down string }{
		{`{"$tb":4}`, "[4 5]", "[5 4]"},
		{`{"$maxCount":3}`, "[3 4 5]", "[5 4 3]"},
		{`{"$tb":5,"$maxCount":3}`, "[5]", "[5]"},
		{`{"$tb":1,"$maxCount":3}`, "[3 4 5]", "[5 4 3]"},
		{`{"$tb":6}`, "[]", "[]"},
		{`{"$tb":100}`, "[]", "[]"},
		{`{"$maxCount":100}`, "[0 1 2 3 4 5]", "[5 4 3 2 1 0]"},
		{`{"$maxAge":3600}`, "[0 1 2 3 4 5]", "[5 4 3 2 1 0]"},
		{`{"$tb":-1,"$maxCount":0,"$maxAge":-5}`, "[0 1 2 3 4 5]", "[5 4 3 2 1 0]"},
		{`no JSON`, "[0 1 2 3 4 5]", "[5 4 3 2 1 0]"},
		{`{"$tb":"x"}`, "[0 1 2 3 4 5]", "[5 4 3 2 1 0]"},
	} {
		r.wrote(uint64(i), "$$s", anything, metadataEvent(c.metadata))
		t.Run(c.metadata, func(t *testing.T) {
			r := r.under(t)
			r.shows(c.up, s)
			r.shows(c.down, s, backwards, fromEnd)
			if c.up == "[]" {
				r.shows("[]", s, fromRevision(2), backwards)
			}
		})
	}
	// The stream of metadata shows only its newest event; $all shows everything.
	if got := len(r.events(ofStream("$$s"))); got != 1 {
		t.Errorf("%d events of metadata; want 1", got)
	}
	if got := len(r.events(ofAll)); got != 3+6+11 {
		t.Errorf("$all has %d events", got)
	}
	// Appends look at what is there, not at what is shown.
	r.wrote(11, "$$s", anything, metadataEvent(`{"$tb":6}`))
	r.conflict(5, "s", noStream, fresh(1)...)
	resp, _, err := r.append("s", noStream, batch("a", "b")...)
	r.must(err)
	if resp.GetSuccess().GetCurrentRevision() != 1 || resp.GetSuccess().GetNoPosition() == nil {
		t.Errorf("repeating what is hidden: %v", resp)
	}
	r.wrote(6, "s", at(5), fresh(1)...)
	r.shows("[6]", s)
}

// TestRow29MaxAge lets events grow old: $maxAge counts in seconds.
func TestRow29MaxAge(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(1, "s", noStream, fresh(2)...)
	r.wrote(0, "$$s", noStream, metadataEvent(`{"$maxAge":1}`))
	r.eventually("the events are too old", func() bool { return len(r.events(ofStream("s"))) == 0 })
	r.wrote(2, "s", at(1), fresh(1)...)
	if got := r.revisions(ofStream("s")); got != "[2]" && got != "[]" { // on a slow machine it is too old already
		t.Errorf("after a new event the stream shows %s", got)
	}
}

func TestRow30NothingButEvents(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(199, "s", noStream, fresh(200)...)
	// events fails on anything else.
	for _, asks := range [][]ask{{ofStream("s")}, {ofStream("s"), backwards, fromEnd}, {ofAll}, {ofAll, backwards, fromEnd}} {
		if n := len(r.events(asks...)); n < 200 {
			t.Errorf("%d events", n)
		}
	}
	// So the official client, which panics on anything else, can read.
	stream, err := r.api.ReadStream(r.ctx, "s", esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1000)
	r.must(err)
	defer stream.Close()
	for i := range 200 {
		if e, err := stream.Recv(); err != nil || e.Event.EventNumber != uint64(199-i) {
			t.Fatalf("event %d: %v, %v", i, e, err)
		}
	}
}

func TestRow30Combinations(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(0, "s", noStream, fresh(1)...)
	prefix := func(o *streams.ReadReq_Options) {
		o.FilterOption = filtered(func(f *streams.ReadReq_Options_FilterOptions) {
			f.Filter = &streams.ReadReq_Options_FilterOptions_EventType{
				EventType: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: []string{"x"}},
			}
		})
	}
	change := func(f func(*streams.ReadReq_Options_FilterOptions)) ask {
		return func(o *streams.ReadReq_Options) {
			prefix(o)
			f(o.GetFilter())
		}
	}
	for name, c := range map[string]struct {
		code codes.Code
		asks []ask
	}{
		"no form of ids":      {codes.InvalidArgument, []ask{ofStream("s"), func(o *streams.ReadReq_Options) { o.UuidOption = nil }}},
		"no stream":           {codes.InvalidArgument, nil},
		"no count":            {codes.InvalidArgument, []ask{ofAll, func(o *streams.ReadReq_Options) { o.CountOption = nil }}},
		"no filter option":    {codes.InvalidArgument, []ask{ofAll, func(o *streams.ReadReq_Options) { o.FilterOption = nil }}},
		"filter on a stream":  {codes.InvalidArgument, []ask{ofStream("s"), prefix}},
		"subscribe backwards": {codes.InvalidArgument, []ask{ofAll, endless, backwards}},
		"filter of nothing":   {codes.InvalidArgument, []ask{ofAll, change(func(f *streams.ReadReq_Options_FilterOptions) { f.Filter = nil })}},
		"empty filter":        {codes.InvalidArgument, []ask{ofAll, change(func(f *streams.ReadReq_Options_FilterOptions) { f.GetEventType().Prefix = nil })}},
		"prefix and regex":    {codes.InvalidArgument, []ask{ofAll, change(func(f *streams.ReadReq_Options_FilterOptions) { f.GetEventType().Regex = "x" })}},
		"bad regex": {codes.InvalidArgument, []ask{ofAll, change(func(f *streams.ReadReq_Options_FilterOptions) {
			f.GetEventType().Prefix, f.GetEventType().Regex = nil, "("
		})}},
		"checkpoint multiplier": {codes.Unknown, []ask{ofAll, change(func(f *streams.ReadReq_Options_FilterOptions) { f.CheckpointIntervalMultiplier = 0 })}},
	} {
		_, trailer, err := r.read(request(c.asks...))
		t.Run(name, func(t *testing.T) { r.under(t).refused(err, trailer, c.code) })
	}
	events := r.events(ofStream("s"), func(o *streams.ReadReq_Options) {
		o.UuidOption.Content = &streams.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}}
	})
	if text := events[0].Id.GetString_(); len(text) != 36 {
		t.Errorf("the id as text is %q", text)
	}
}

func TestRow37EventOnTheWire(t *testing.T) {
	began := time.Now()
	r := serve(t, esdbserver.Config{})
	binary := proposed("b")
	binary.Data, binary.CustomMetadata = []byte{0, 255, 1}, []byte{9}
	binary.Metadata["content-type"], binary.Metadata["ignored"] = "application/x-protobuf", "yes"
	bare := proposed("c")
	bare.Data = nil
	r.wrote(2, "s", noStream, proposed("a"), binary, bare)
	r.reopen() // what is told of an event survives
	var first []string
	for i, e := range r.events(ofStream("s")) {
		content := "application/json"
		if i == 1 {
			content = "application/octet-stream"
		}
		ticks, err := strconv.ParseInt(e.Metadata["created"], 10, 64)
		at := time.Unix(0, ticks*100)
		if err != nil || at.Before(began.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
			t.Errorf("event %d was created %q", i, e.Metadata["created"])
		}
		if len(e.Metadata) != 3 || e.Metadata["type"] != "thing-happened.v1" || e.Metadata["content-type"] != content {
			t.Errorf("event %d has metadata %v", i, e.Metadata)
		}
		if e.Id.GetStructured() == nil || bytesOf(e.Id.GetStructured()) != idOf(string(rune('a'+i))) {
			t.Errorf("event %d has id %v", i, e.Id)
		}
		if e.CommitPosition == 0 || e.CommitPosition != e.PreparePosition || string(e.StreamIdentifier.StreamName) != "s" {
			t.Errorf("event %d: %v", i, e)
		}
		first = append(first, fmt.Sprint(e.Metadata))
	}
	all, _, err := r.read(request(ofStream("s")))
	r.must(err)
	if p := all[1].GetEvent(); p.GetCommitPosition() != p.Event.CommitPosition || p.Link != nil {
		t.Errorf("%v", p)
	}
	got := all[1].GetEvent().Event
	if !bytes.Equal(got.Data, binary.Data) || !bytes.Equal(got.CustomMetadata, binary.CustomMetadata) {
		t.Errorf("data %v, metadata %v", got.Data, got.CustomMetadata)
	}
	for i, resp := range all {
		if fmt.Sprint(resp.GetEvent().Event.Metadata) != first[i] {
			t.Errorf("event %d is told differently the second time", i)
		}
	}
	stream, err := r.api.ReadStream(r.ctx, "s", esdb.ReadStreamOptions{}, 10)
	r.must(err)
	defer stream.Close()
	e, err := stream.Recv()
	if err != nil || e.Event.EventID != idOf("a") || e.Event.EventType != "thing-happened.v1" || e.Event.CreatedDate.Before(began.Add(-time.Second)) {
		t.Errorf("the client has %+v, %v", e, err)
	}
}

func TestFreshStoreIsNotEmpty(t *testing.T) {
	r := serveStore(t, pebble.Config{Dir: "data", FS: vfs.NewMem()}, esdbserver.Config{})
	before := r.events(ofAll)
	if len(before) == 0 {
		t.Fatal("a fresh store is empty")
	}
	for _, e := range before {
		if e.StreamIdentifier.StreamName[0] != '$' || e.Metadata["type"][0] != '$' {
			t.Errorf("a fresh store has %v", e)
		}
	}
	r.reopen()
	if after := len(r.events(ofAll)); after != len(before) {
		t.Errorf("after a restart there are %d events; there were %d", after, len(before))
	}
}
