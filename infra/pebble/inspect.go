package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	lsm "github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"

	"github.com/plygames/ply/domain/event"
)

// Inspector looks at one stream after the other. It is used by one goroutine at a time.
type Inspector interface {
	// Take is given the events of a stream in the order of their keys, without their Position. Meta and Data are its own
	// until End has returned; then they are used again.
	Take(e event.Recorded) error
	// End tells that the stream has no more events.
	End() error
}

// Inspect shows every event to inspectors, of which there is one for each core: streams in any order, each stream to one of
// them. It reads the store as it is at the call, while it is in use, and proves that the global order has each of these
// events once and no holes, and that each stream's events stand in it in their order. Errors of inspectors end it; the error
// names the stream.
func (s *Store) Inspect(ctx context.Context, inspector func() Inspector, progress Progress) (err error) {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	until := s.head.Load()
	in := &inspection{until: until, db: s.events.db.NewSnapshot(), types: &s.types, progress: progress, prints: newPrints()}
	defer func() { err = errors.Join(err, in.db.Close()) }()
	parts, err := in.parts()
	if err != nil {
		return err
	}
	work := make(chan part, len(parts))
	for _, p := range parts {
		work <- p
	}
	close(work)
	group, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			w := worker{inspection: in, inspector: inspector(), room: make(arena, 0, 1<<16)}
			for p := range work {
				if err := w.part(ctx, p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := in.agree(); err != nil {
		return err
	}
	progress.tell(int64(until), int64(until))
	return nil
}

// inspection is what its workers share.
type inspection struct {
	until    uint64 // position of the last event that is looked at
	db       *lsm.Snapshot
	types    *names
	progress Progress

	mu              sync.Mutex
	seen            uint64 // events in streams
	prints          prints // which of them are the same
	streams, places [2]uint64
}

// part is a piece of work: the events of some streams, or a stretch of the global order.
type part struct {
	from, to []byte // keys of events
	after    uint64 // position
	last     uint64 // position; 0 = the part is one of streams
}

// partSize is about how many events a part has.
const partSize = 1 << 14

// parts cuts the store into pieces of about the same size: a sample of the global order tells where streams are.
func (in *inspection) parts() (parts []part, err error) {
	var cuts []string
	for p := uint64(partSize); p < in.until; p += partSize {
		key, closer, err := in.db.Get(positionKey(p))
		if errors.Is(err, lsm.ErrNotFound) {
			continue // a hole, which the part that it is in will find
		}
		if err != nil {
			return nil, fmt.Errorf("position %d: %w", p, err)
		}
		if stream, _, err := parseEventKey(key); err == nil {
			cuts = append(cuts, string(streamPrefix(stream)))
		}
		if err := closer.Close(); err != nil {
			return nil, err
		}
	}
	slices.Sort(cuts)
	from := []byte{eventPrefix}
	for _, cut := range slices.Compact(cuts) {
		parts = append(parts, part{from: from, to: []byte(cut)})
		from = []byte(cut)
	}
	parts = append(parts, part{from: from, to: []byte{eventPrefix + 1}})
	for after := uint64(0); after < in.until; after += partSize {
		parts = append(parts, part{after: after, last: min(after+partSize, in.until)})
	}
	return parts, nil
}

// worker does one part after the other.
type worker struct {
	*inspection
	inspector Inspector
	room      arena // for the events of one stream

	stream  event.Stream
	version uint64 // of its last event
	place   uint64 // of its last event
	entry   []byte
	sum     [2]uint64
	seen    uint64
}

func (w *worker) part(ctx context.Context, p part) error {
	w.seen, w.sum, w.stream = 0, [2]uint64{}, ""
	if p.last > 0 {
		err := w.order(ctx, p.after, p.last)
		w.mu.Lock()
		defer w.mu.Unlock()
		add(&w.places, w.sum)
		return err
	}
	err := w.walk(ctx, p)
	w.mu.Lock()
	defer w.mu.Unlock()
	add(&w.streams, w.sum)
	w.inspection.seen += w.seen
	w.progress.tell(int64(w.inspection.seen), int64(w.until))
	return err
}

// walk shows some streams to the inspector.
func (w *worker) walk(ctx context.Context, p part) (err error) {
	it, err := w.db.NewIter(&lsm.IterOptions{LowerBound: p.from, UpperBound: p.to})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	bytes := w.room
	for it.First(); it.Valid(); it.Next() {
		key := it.Key()
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if w.stream == "" || len(key) != keySize(w.stream) || string(key[3:len(key)-8]) != string(w.stream) {
			if err := w.end(); err != nil {
				return err
			}
			stream, _, err := parseEventKey(key)
			if err == nil && stream == "" {
				err = fmt.Errorf("%w: an event of no stream", errCorrupt)
			}
			if err != nil {
				return err
			}
			w.stream, w.version, w.place, bytes = stream, 0, 0, w.room
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if err := w.show(key, value, &bytes); err != nil {
			return fmt.Errorf("%s version %d: %w", w.stream, w.version, err)
		}
	}
	if err := it.Error(); err != nil {
		return err
	}
	return w.end()
}

// show shows one event, unless it is newer than the inspection.
func (w *worker) show(key, value []byte, bytes *arena) error {
	w.version = binary.BigEndian.Uint64(key[len(key)-8:])
	e, place, err := decodeRecord(w.types, w.stream, w.version, value, bytes)
	if err != nil || place > w.until {
		return err
	}
	if place <= w.place {
		return fmt.Errorf("%w: position %d follows %d", errCorrupt, place, w.place)
	}
	w.place = place
	w.seen++
	w.note(place, key)
	return w.inspector.Take(e)
}

func (w *worker) end() error {
	if w.stream == "" || w.place == 0 {
		return nil
	}
	if err := w.inspector.End(); err != nil {
		return fmt.Errorf("%s: %w", w.stream, err)
	}
	return nil
}

// order reads a stretch of the global order.
func (w *worker) order(ctx context.Context, after, last uint64) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	it, err := w.db.NewIter(&lsm.IterOptions{LowerBound: positionKey(after + 1), UpperBound: positionKey(last + 1)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); it.Next() {
		place, err := parsePositionKey(it.Key())
		if err != nil {
			return err
		}
		if place != after+1 {
			break
		}
		key, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		w.note(place, key)
		after = place
	}
	if err := it.Error(); err != nil {
		return err
	}
	if after != last {
		return fmt.Errorf("%w: position %d is missing", errCorrupt, after+1)
	}
	return nil
}

// note counts an event at its place into the sum.
func (w *worker) note(place uint64, key []byte) {
	w.entry = append(binary.BigEndian.AppendUint64(w.entry[:0], place), key...)
	add(&w.sum, w.prints.of(w.entry))
}
