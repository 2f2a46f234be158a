package pebble

import (
	"context"
	"errors"
	"fmt"
	"iter"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/domain/event"
)

// beginningsChunk is how many positions are looked at on one view of the folder.
const beginningsChunk = 1 << 14

// Beginnings gives the first event of every stream that begins after a position, in the global order, with its Stream,
// Version and Position only: it reads the index alone. An error ends the sequence.
func (s *Store) Beginnings(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		until := s.head.Load()
		last, err := s.known(after)
		var chunk []event.Recorded
		for err == nil && last < until {
			next := min(until, last+beginningsChunk)
			chunk, err = s.beginnings(ctx, last, next, chunk[:0])
			for i := range chunk {
				if !yield(chunk[i], nil) {
					return
				}
			}
			last = next
		}
		if err != nil {
			yield(event.Recorded{}, fmt.Errorf("beginnings after %q: %w", string(after), err))
		}
	}
}

// beginnings adds the first events behind position after up to position until to chunk.
func (s *Store) beginnings(ctx context.Context, after, until uint64, chunk []event.Recorded) (_ []event.Recorded, err error) {
	if err := ctx.Err(); err != nil {
		return chunk, err
	}
	if err := s.enter(); err != nil {
		return chunk, err
	}
	defer s.leave()
	index, err := s.events.db.NewIter(&lsm.IterOptions{LowerBound: positionKey(after + 1), UpperBound: positionKey(until + 1)})
	if err != nil {
		return chunk, err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	for index.First(); index.Valid(); index.Next() {
		position, err := parsePositionKey(index.Key())
		if err != nil {
			return chunk, err
		}
		if position != after+1 {
			return chunk, fmt.Errorf("%w: position %d is missing", errCorrupt, after+1)
		}
		after++
		key, err := index.ValueAndErr()
		if err != nil {
			return chunk, err
		}
		// The version is at the key's end: most events are told by it.
		if n := len(key); n > 8 && [8]byte(key[n-8:]) != first {
			continue
		}
		stream, version, err := parseEventKey(key)
		if err != nil {
			return chunk, err
		}
		chunk = append(chunk, event.Recorded{Stream: stream, Version: version, Position: formatPosition(position)})
	}
	if err := index.Error(); err != nil {
		return chunk, err
	}
	if after != until {
		return chunk, fmt.Errorf("%w: position %d is missing", errCorrupt, after+1)
	}
	return chunk, nil
}

// first is version 1 as a key ends.
var first = [8]byte{7: 1}
