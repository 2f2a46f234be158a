package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/domain/event"
)

// firstChunk is how many events the first chunk of a backwards read has: most such reads want only the last few.
const firstChunk = 16

// ReadStreamBack gives the events of a stream from a version (inclusive; 0 or one beyond its end: from the last) down
// to the first. A stream that does not exist has no events. An error ends the sequence.
func (s *Store) ReadStreamBack(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		from, until := from, s.head.Load()
		chunk := make([]event.Recorded, 0, firstChunk)
		for {
			var more bool
			var err error
			chunk, more, err = s.readStreamBack(ctx, stream, from, until, chunk[:0])
			for i := range chunk {
				if !yield(chunk[i], nil) {
					return
				}
			}
			if err != nil {
				yield(event.Recorded{}, fmt.Errorf("read %s backwards from %d: %w", stream, from, err))
				return
			}
			if !more || chunk[len(chunk)-1].Version == 1 {
				return
			}
			from = chunk[len(chunk)-1].Version - 1
			chunk = grown(chunk)
		}
	}
}

func grown(chunk []event.Recorded) []event.Recorded {
	if cap(chunk) < chunkEvents {
		return make([]event.Recorded, 0, chunkEvents)
	}
	return chunk
}

// readStreamBack adds a stream's events from a version downwards to chunk, as many as it has room for. Events behind
// position until are passed over: they are not durable, or newer than the read.
func (s *Store) readStreamBack(ctx context.Context, stream event.Stream, from, until uint64, chunk []event.Recorded) (
	_ []event.Recorded, more bool, err error,
) {
	if err := ctx.Err(); err != nil {
		return chunk, false, err
	}
	if err := s.enter(); err != nil {
		return chunk, false, err
	}
	defer s.leave()
	upper := streamEnd(stream)
	if from > 0 && from < ^uint64(0) {
		upper = eventKey(stream, from+1)
	}
	it, err := s.events.db.NewIter(&lsm.IterOptions{LowerBound: streamPrefix(stream), UpperBound: upper})
	if err != nil {
		return chunk, false, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	var positions []uint64
	defer func() { setPositions(chunk, positions) }()
	var bytes arena
	size := 0
	for it.Last(); it.Valid(); it.Prev() {
		key := it.Key()
		if len(key) != keySize(stream) {
			return chunk, false, fmt.Errorf("%w: key %x is not an event's", errCorrupt, key)
		}
		version := binary.BigEndian.Uint64(key[len(key)-8:])
		if n := len(chunk); n > 0 && version != chunk[n-1].Version-1 {
			return chunk, false, fmt.Errorf("%w: version %d is missing", errCorrupt, chunk[n-1].Version-1)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return chunk, false, err
		}
		if cap(chunk) == 1 {
			bytes = make(arena, 0, len(value)) // a block for many would be for this one
		}
		e, position, err := decodeRecord(&s.types, stream, version, value, &bytes)
		if err != nil {
			return chunk, false, fmt.Errorf("version %d: %w", version, err)
		}
		if position > until {
			continue
		}
		chunk, positions = append(chunk, e), append(positions, position)
		if size += len(value); len(chunk) == cap(chunk) || size >= chunkBytes {
			return chunk, true, nil
		}
	}
	return chunk, false, it.Error()
}

// ReadAllBack gives all events before a position (exclusive; "" = from the end), in the reverse of the global order.
// An error ends the sequence; a position that is not of this store is ErrPosition.
func (s *Store) ReadAllBack(ctx context.Context, before event.Position) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		last, err := s.known(before)
		if last == 0 {
			last = s.head.Load() + 1
		}
		size := uint64(firstChunk)
		for err == nil && last > 1 {
			after := last - 1 - min(size, last-1)
			var chunk []event.Recorded
			chunk, err = s.between(ctx, after, last-1)
			for i := len(chunk) - 1; i >= 0; i-- {
				if !yield(chunk[i], nil) {
					return
				}
			}
			last, size = after+1, chunkEvents
		}
		if err != nil {
			yield(event.Recorded{}, fmt.Errorf("read all before %q: %w", string(before), err))
		}
	}
}

// between reads the events behind position after up to position until, however many bytes they have.
func (s *Store) between(ctx context.Context, after, until uint64) ([]event.Recorded, error) {
	all := make([]event.Recorded, 0, until-after)
	var g group
	for after < until {
		part, err := s.readAll(ctx, after, until, &g)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
		after += uint64(len(part))
	}
	return all, nil
}
