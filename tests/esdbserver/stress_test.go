package esdbserver_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/plygames/ply/infra/esdbserver"
)

// TestStress: a crowd writes to a few streams and has so little patience that many outcomes are unknown; each writer
// repeats the same batch until it knows. In the end every batch is there once, and a subscriber saw all of it once and
// in order.
func TestStress(t *testing.T) {
	store := onMem(vfs.NewMem())
	store.RecentMax = 64
	r := serveStore(t, store, esdbserver.Config{})
	const writers, appends, names = 16, 25, 3
	everything := r.subscribe(ofAll)
	one := r.subscribe(ofStream("s-0"))

	var unknown atomic.Int64
	var mu sync.Mutex
	placed := map[[16]byte]string{} // stream@revision, as the writer was told
	var crowd sync.WaitGroup
	for i := range writers {
		random := rand.New(rand.NewPCG(uint64(i), 7))
		crowd.Go(func() {
			w := &writer{rig: r, random: random, unknown: &unknown}
			for n := range appends {
				stream := fmt.Sprintf("s-%d", random.IntN(names))
				events := fresh(1 + random.IntN(3))
				last, ok := w.put(stream, events)
				if !ok {
					t.Errorf("writer %d gave up at %d", i, n)
					return
				}
				mu.Lock()
				for k, e := range events {
					placed[bytesOf(e.Id.GetStructured())] = fmt.Sprintf("%s@%d", stream, last+1-uint64(len(events))+uint64(k))
				}
				mu.Unlock()
			}
		})
	}
	crowd.Wait()
	if t.Failed() {
		return
	}
	if unknown.Load() == 0 {
		t.Error("every outcome was known at once: nothing was stressed")
	}
	all := r.events(ofAll, count(100_000))
	next := map[string]uint64{}
	found := 0
	for _, e := range all {
		stream := string(e.StreamIdentifier.StreamName)
		if e.StreamRevision != next[stream] {
			t.Fatalf("in $all, %s has revision %d where %d is due", stream, e.StreamRevision, next[stream])
		}
		next[stream]++
		if where, ours := placed[bytesOf(e.Id.GetStructured())]; ours {
			found++
			if is := fmt.Sprintf("%s@%d", stream, e.StreamRevision); is != where {
				t.Fatalf("an event stands at %s; its writer was told %s", is, where)
			}
		}
	}
	if found != len(placed) || len(all) != found+3 {
		t.Fatalf("%d events in all, %d of them ours; %d were written", len(all), found, len(placed))
	}
	for len(everything.events) < len(all) {
		everything.next()
	}
	for i, e := range everything.events {
		if e.CommitPosition != all[i].CommitPosition || bytesOf(e.Id.GetStructured()) != bytesOf(all[i].Id.GetStructured()) {
			t.Fatalf("the subscriber's event %d is %v; want %v", i, e, all[i])
		}
	}
	for uint64(len(one.events)) < next["s-0"] {
		one.next()
	}
	for i, e := range one.events {
		if e.StreamRevision != uint64(i) {
			t.Fatalf("the stream's subscriber has revision %d at %d", e.StreamRevision, i)
		}
	}
}

// writer appends without patience and resolves what it does not know.
type writer struct {
	*rig
	random  *rand.Rand
	unknown *atomic.Int64
}

// put appends a batch at the end of a stream, whatever it takes, and gives the revision of its last event.
func (w *writer) put(stream string, events []*streams.AppendReq_ProposedMessage) (last uint64, ok bool) {
	expected := int64(-1)
	for w.ctx.Err() == nil {
		resp := w.repeat(stream, at(uint64(expected)), events)
		if s := resp.GetSuccess(); s != nil {
			return s.GetCurrentRevision(), true
		}
		// Somebody else has the place: nothing of the batch is written, which must be true even after unknown outcomes.
		wrong := resp.GetWrongExpectedVersion()
		if wrong == nil {
			return 0, false
		}
		expected = -1
		if wrong.GetCurrentNoStream() == nil {
			expected = int64(wrong.GetCurrentRevision())
		}
	}
	return 0, false
}

// repeat sends the very same append until its outcome is known.
func (w *writer) repeat(stream string, at want, events []*streams.AppendReq_ProposedMessage) *streams.AppendResp {
	for w.ctx.Err() == nil {
		ctx, cancel := w.ctx, context.CancelFunc(func() {})
		if w.random.IntN(2) == 0 {
			ctx, cancel = context.WithTimeout(w.ctx, time.Duration(w.random.IntN(4000))*time.Microsecond)
		}
		resp, _, err := w.appendIn(ctx, stream, at, events...)
		cancel()
		switch status.Code(err) {
		case codes.OK:
			return resp
		case codes.DeadlineExceeded, codes.Canceled, codes.Aborted:
			w.unknown.Add(1)
		default:
			w.Errorf("append to %s: %v", stream, err)
			return nil
		}
	}
	return nil
}
