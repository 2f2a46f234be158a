package esdbserver_test

import (
	"math"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

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
