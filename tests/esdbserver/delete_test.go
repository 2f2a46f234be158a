package esdbserver_test

import (
	"math"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"

	"github.com/plygames/ply/infra/esdbserver"
)

// softDeleted has a stream with revisions 0 to 2, deleted.
func softDeleted(t testing.TB) *rig {
	r := serve(t, esdbserver.Config{})
	r.wrote(2, "s", noStream, batch("a", "b", "c")...)
	r.mustDelete("s", at(2))
	return r
}

func TestRow10SoftDelete(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(2, "s", noStream, fresh(3)...)
	r.wrote(0, "$$s", noStream, metadataEvent(`{"$maxCount":2,"mine":1}`))
	position := r.mustDelete("s", at(2))
	r.missing("s")
	meta := r.events(ofStream("$$s"))
	if len(meta) != 1 || string(meta[0].Data) != `{"$tb":9223372036854775807}` || meta[0].Metadata["type"] != "$metadata" ||
		meta[0].StreamRevision != 1 || meta[0].CommitPosition != position || meta[0].Metadata["content-type"] != "application/json" {
		t.Errorf("the metadata is %v; deleted at %d", meta, position)
	}
	found := 0
	for _, e := range r.events(ofAll) {
		if string(e.StreamIdentifier.StreamName) == "s" {
			found++
		}
	}
	if found != 3 {
		t.Errorf("$all has %d events of the deleted stream; want 3", found)
	}
	r.wrote(0, "client", noStream, fresh(1)...)
	if _, err := r.api.DeleteStream(r.ctx, "client", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Error(err)
	}
	r.missing("client")
}

func TestRow11Undelete(t *testing.T) {
	for name, w := range map[string]want{"no stream": noStream, "any": anything, "revision": at(2)} {
		t.Run(name, func(t *testing.T) {
			r := softDeleted(t)
			position := r.wrote(4, "s", w, fresh(2)...)
			r.shows("[3 4]", ofStream("s"))
			r.shows("[4 3]", ofStream("s"), backwards, fromEnd)
			all := r.events(ofAll)
			meta := all[len(all)-1]
			if string(meta.StreamIdentifier.StreamName) != "$$s" || string(meta.Data) != `{"$tb":3}` || meta.StreamRevision != 1 {
				t.Errorf("the last event is %v", meta)
			}
			if e := all[len(all)-2]; e.StreamRevision != 4 || e.CommitPosition != position {
				t.Errorf("the one before it is %v; the append is answered with %d", e, position)
			}
			r.wrote(5, "s", at(4), fresh(1)...)
			r.shows("[3 4 5]", ofStream("s"))
		})
	}
	t.Run("ids", func(t *testing.T) { // what was deleted is still known
		r := softDeleted(t)
		for name, c := range map[string]struct {
			want want
			last uint64
			ids  []string
		}{
			"no stream": {noStream, 2, []string{"a", "b", "c"}},
			"behind":    {at(1), 2, []string{"c"}},
			"any":       {anything, 1, []string{"a", "b"}},
		} {
			resp, _, err := r.append("s", c.want, batch(c.ids...)...)
			r.must(err)
			if ok := resp.GetSuccess(); ok.GetCurrentRevision() != c.last || ok.GetNoPosition() == nil {
				t.Errorf("%s: %v; want revision %d without a position", name, resp, c.last)
			}
		}
		r.conflict(2, "s", at(1), batch("x")...)
		r.conflict(2, "s", at(3), batch("x")...)
		r.conflict(2, "s", noStream, batch("a", "x")...)
		r.missing("s")
	})
}

func TestRow12StreamExistsOnDeleted(t *testing.T) {
	r := softDeleted(t)
	_, trailer, err := r.append("s", streamExists, fresh(1)...)
	r.refused(err, trailer, codes.FailedPrecondition, "exception", "stream-deleted", "stream-name", "s")
	r.missing("s")
}

func TestRow13NoStreamAfterUndelete(t *testing.T) {
	r := softDeleted(t)
	again := fresh(2)
	r.wrote(4, "s", noStream, again...)
	r.conflict(4, "s", noStream, again...)
	r.shows("[3 4]", ofStream("s"))
}

func TestRow14Tombstone(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(2, "s", noStream, batch("a", "b", "c")...)
	r.wrote(0, "$$s", noStream, metadataEvent(`{}`))
	position, _, err := r.tombstone("s", at(2))
	r.must(err)
	deleted := func(stream string) []string {
		return []string{"exception", "stream-deleted", "stream-name", stream}
	}
	for name, w := range map[string]want{
		"any": anything, "no stream": noStream, "exists": streamExists, "at": at(2), "behind": at(1), "ahead": at(3),
	} {
		t.Run(name, func(t *testing.T) {
			r := r.under(t)
			_, trailer, err := r.append("s", w, batch("a", "b", "c")...)
			r.refused(err, trailer, codes.FailedPrecondition, deleted("s")...)
			_, trailer, err = r.delete("s", w)
			r.refused(err, trailer, codes.FailedPrecondition, deleted("s")...)
			_, trailer, err = r.tombstone("s", w)
			r.refused(err, trailer, codes.FailedPrecondition, deleted("s")...)
		})
	}
	for _, asks := range [][]ask{{}, {backwards}, {fromRevision(1)}, {fromEnd}} {
		_, trailer, err := r.read(request(append([]ask{ofStream("s")}, asks...)...))
		r.refused(err, trailer, codes.FailedPrecondition, deleted("s")...)
	}
	_, trailer, err := r.append("$$s", anything, metadataEvent(`{}`))
	r.refused(err, trailer, codes.FailedPrecondition, deleted("$$s")...)

	all := r.events(ofAll)
	last := all[len(all)-1]
	if last.Metadata["type"] != "$streamDeleted" || last.StreamRevision != math.MaxInt64 || last.CommitPosition != position ||
		string(last.StreamIdentifier.StreamName) != "s" || last.Metadata["content-type"] != "application/octet-stream" {
		t.Errorf("the last event is %v; the tombstone was put at %d", last, position)
	}

	_, _, err = r.tombstone("never", noStream)
	r.must(err)
	_, trailer, err = r.append("never", noStream, fresh(1)...)
	r.refused(err, trailer, codes.FailedPrecondition, deleted("never")...)

	stream, err := r.api.ReadStream(r.ctx, "s", esdb.ReadStreamOptions{}, 1)
	r.must(err)
	_, err = stream.Recv()
	if e, _ := esdb.FromError(err); e == nil || e.Code() != esdb.ErrorCodeStreamDeleted {
		t.Errorf("the client has %v", err)
	}
	stream.Close()
}

func TestRow15WrongRevisionOfDelete(t *testing.T) {
	r := serve(t, esdbserver.Config{})
	r.wrote(2, "s", noStream, fresh(3)...)
	trailers := func(stream, expected, actual string) []string {
		return []string{"exception", "wrong-expected-version", "stream-name", stream,
			"expected-version", expected, "actual-version", actual}
	}
	for name, c := range map[string]struct {
		stream, expected, actual string
		want                     want
	}{
		"behind":                       {"s", "1", "2", at(1)},
		"ahead":                        {"s", "3", "2", at(3)},
		"no stream":                    {"s", "-1", "2", noStream},
		"never existed":                {"never", "-2", "-1", anything},
		"never existed, at a revision": {"never", "0", "-1", at(0)},
		"never existed, exists":        {"never", "-4", "-1", streamExists},
	} {
		t.Run(name, func(t *testing.T) {
			r := r.under(t)
			_, trailer, err := r.delete(c.stream, c.want)
			r.refused(err, trailer, codes.FailedPrecondition, trailers(c.stream, c.expected, c.actual)...)
			if c.stream == "never" && c.expected == "-2" {
				return // that one can be tombstoned
			}
			_, trailer, err = r.tombstone(c.stream, c.want)
			r.refused(err, trailer, codes.FailedPrecondition, trailers(c.stream, c.expected, c.actual)...)
		})
	}
	r.shows("[0 1 2]", ofStream("s"))
}
