package crash_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/conformance/eventstore"
)

// ledger is what appenders sent and what they were told, kept outside of the store.
type ledger struct {
	gate sync.RWMutex // held for reading during an append: who holds it for writing makes appenders wait

	mu    sync.Mutex
	sent  map[event.Stream][]batch // in order; only the last of a stream can be unanswered
	acked map[event.Stream]uint64  // version
	acks  int
}

// batch is one append.
type batch []event.Recorded

func newLedger() *ledger {
	return &ledger{sent: map[event.Stream][]batch{}, acked: map[event.Stream]uint64{}}
}

func (l *ledger) send(b batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[b[0].Stream] = append(l.sent[b[0].Stream], b)
}

func (l *ledger) ack(b batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[b[0].Stream] = b[len(b)-1].Version
	l.acks++
}

// copy is the ledger as it is now.
func (l *ledger) copy() *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := newLedger()
	for stream, batches := range l.sent {
		c.sent[stream] = slices.Clone(batches)
	}
	for stream, version := range l.acked {
		c.acked[stream] = version
	}
	c.acks = l.acks
	return c
}

// appender writes to streams of its own until told to stop: one to four events an append, of very different sizes, so
// that appends end within, at and across the blocks of the log.
func (l *ledger) appender(ctx context.Context, store commands.EventStore, random func(int) int) error {
	script := eventstore.NewScript()
	for ctx.Err() == nil {
		if random(8) == 0 {
			script = eventstore.NewScript()
		}
		expected := script.Version
		var b batch
		for range 1 + random(4) {
			size := random(200)
			if random(50) == 0 {
				size = random(40_000)
			}
			data := bytes.Repeat([]byte{byte('a' + random(26))}, size)
			b = append(b, script.Next([]byte(`{"at":1,"server":"crash","up":1}`), data))
		}
		if err := l.append(store, expected, b); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) append(store commands.EventStore, expected uint64, b batch) error {
	l.gate.RLock()
	defer l.gate.RUnlock()
	l.send(b)
	// Without an end of its own: an append that the end of the test cuts off would have no answer.
	err := store.Append(context.Background(), b[0].Stream, expected, b)
	if err == nil {
		l.ack(b)
	}
	return err
}

// check holds a store that came up after a cut against the two copies of the ledger taken just before and
// just after it: all that was acknowledged before is there, and nothing is there that was never sent.
func check(store *pebble.Store, before, after *ledger) error {
	ctx := context.Background()
	// Contiguous versions, hash chains, the global order without holes and without repeats.
	if err := store.Verify(ctx, nil); err != nil {
		return err
	}
	order := map[event.Stream]uint64{}
	var last event.Position
	for e, err := range store.ReadAll(ctx, "") {
		if err != nil {
			return err
		}
		if e.Position <= last || e.Version != order[e.Stream]+1 {
			return fmt.Errorf("%s version %d at %q stands behind version %d at %q",
				e.Stream, e.Version, string(e.Position), order[e.Stream], string(last))
		}
		last, order[e.Stream] = e.Position, e.Version
	}
	if head, err := store.Head(ctx); err != nil || head != last {
		return fmt.Errorf("head is %q; the last event is at %q (%v)", string(head), string(last), err)
	}
	for stream := range order {
		if after.sent[stream] == nil {
			return fmt.Errorf("%s was never written to", stream)
		}
	}
	for stream, batches := range after.sent {
		if err := whole(ctx, store, stream, batches, before.acked[stream]); err != nil {
			return err
		}
	}
	return nil
}

// whole checks one stream: a beginning of what was sent, by whole appends, at least up to the acknowledged version.
func whole(ctx context.Context, store *pebble.Store, stream event.Stream, sent []batch, acked uint64) error {
	var got []event.Recorded
	hash := event.Genesis(stream)
	for e, err := range store.ReadStream(ctx, stream, 1) {
		if err != nil {
			return err
		}
		hash = event.Next(hash, e.Type, e.Meta, e.Data)
		if hash.ID() != e.ID {
			return fmt.Errorf("%s version %d: the chain is broken", stream, e.Version)
		}
		got = append(got, e)
	}
	if uint64(len(got)) < acked {
		return fmt.Errorf("LOST: %s was acknowledged up to version %d and has %d events", stream, acked, len(got))
	}
	for _, b := range sent {
		if len(got) == 0 {
			return nil
		}
		if len(got) < len(b) {
			return fmt.Errorf("%s: %d of %d events of one append", stream, len(got), len(b))
		}
		for i, e := range b {
			g := got[i]
			if g.Version != e.Version || g.ID != e.ID || g.Type != e.Type ||
				!bytes.Equal(g.Meta, e.Meta) || !bytes.Equal(g.Data, e.Data) {
				return fmt.Errorf("%s version %d is not what was sent", stream, e.Version)
			}
		}
		got = got[len(b):]
	}
	if len(got) > 0 {
		return fmt.Errorf("%s has %d events that were never sent", stream, len(got))
	}
	return nil
}
