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

// Reads are done in chunks, each on its own short-lived view of the folder: a slow reader holds up neither the merge
// tree's cleaning nor Close.
const (
	chunkEvents = 256
	chunkBytes  = 1 << 20
)

// ReadStream implements commands.EventStore.
func (s *Store) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		from := max(from, 1)
		until := s.head.Load()
		var chunk []event.Recorded
		for {
			var more bool
			var err error
			chunk, more, err = s.readStream(ctx, stream, from, until, chunk[:0])
			for i := range chunk {
				if !yield(chunk[i], nil) {
					return
				}
			}
			if err != nil {
				yield(event.Recorded{}, fmt.Errorf("read %s from %d: %w", stream, from, err))
				return
			}
			if !more {
				return
			}
			from += uint64(len(chunk))
		}
	}
}

// readStream adds the next events of a stream to chunk. Events behind position until are not durable, or newer than
// the read, and end it.
func (s *Store) readStream(ctx context.Context, stream event.Stream, from, until uint64, chunk []event.Recorded) (
	_ []event.Recorded, more bool, err error,
) {
	if err := ctx.Err(); err != nil {
		return chunk, false, err
	}
	if err := s.enter(); err != nil {
		return chunk, false, err
	}
	defer s.leave()
	it, err := s.events.db.NewIter(&lsm.IterOptions{LowerBound: eventKey(stream, from), UpperBound: streamEnd(stream)})
	if err != nil {
		return chunk, false, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	// Positions are texts; all of a chunk are cut from one.
	var positions []uint64
	defer func() { setPositions(chunk, positions) }()
	var bytes arena
	size := 0
	for it.First(); it.Valid(); it.Next() {
		// The bounds admit only keys that begin as this stream's do, so the version is all that is left to look at.
		key := it.Key()
		if len(key) != keySize(stream) {
			return chunk, false, fmt.Errorf("%w: key %x is not an event's", errCorrupt, key)
		}
		version := binary.BigEndian.Uint64(key[len(key)-8:])
		if version != from {
			return chunk, false, fmt.Errorf("%w: version %d is missing", errCorrupt, from)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return chunk, false, err
		}
		e, position, err := decodeRecord(&s.types, stream, version, value, &bytes)
		if err != nil {
			return chunk, false, fmt.Errorf("version %d: %w", version, err)
		}
		if position > until {
			return chunk, false, nil
		}
		chunk, positions = append(chunk, e), append(positions, position)
		from++
		if size += len(value); len(chunk) == chunkEvents || size >= chunkBytes {
			return chunk, true, nil
		}
	}
	return chunk, false, it.Error()
}

func setPositions(events []event.Recorded, positions []uint64) {
	text := make([]byte, 0, positionDigits*len(positions))
	for _, p := range positions {
		text = appendPosition(text, p)
	}
	all := event.Position(text)
	for i := range events {
		events[i].Position = all[i*positionDigits : (i+1)*positionDigits]
	}
}

// Head implements commands.EventStore.
func (s *Store) Head(context.Context) (event.Position, error) {
	if err := s.enter(); err != nil {
		return "", err
	}
	defer s.leave()
	return formatPosition(s.head.Load()), nil
}

// At gives the event at a position: what the holder of a checkpoint compares to know whether it is of this store.
// ErrPosition if there is none.
func (s *Store) At(ctx context.Context, position event.Position) (event.Recorded, error) {
	p, err := s.known(position)
	if err != nil {
		return event.Recorded{}, err
	}
	if p == 0 {
		return event.Recorded{}, fmt.Errorf("%w: there is no event before the first", ErrPosition)
	}
	one, err := s.readAll(ctx, p-1, p, &group{})
	if err != nil {
		return event.Recorded{}, err
	}
	return one[0], nil
}

// known reads a position that a caller brings.
func (s *Store) known(position event.Position) (uint64, error) {
	p, err := parsePosition(position)
	if err == nil && p > s.head.Load() {
		err = fmt.Errorf("%w: %q is behind its end %q", ErrPosition, string(position), string(formatPosition(s.head.Load())))
	}
	return p, err
}

// lastPosition is the end of the global order on disk.
func (s *Store) lastPosition() (p uint64, err error) {
	it, err := s.events.db.NewIter(&lsm.IterOptions{LowerBound: positionKey(0), UpperBound: []byte{positionPrefix + 1}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	if !it.Last() {
		return 0, it.Error()
	}
	return parsePositionKey(it.Key())
}

// findHead is a stream's version on disk. A stream expected to be new is looked up by its first event, which the
// tables' filters answer without reading.
func (s *Store) findHead(stream event.Stream, expected uint64) (head uint64, err error) {
	if expected == 0 {
		_, closer, err := s.events.db.Get(eventKey(stream, 1))
		if errors.Is(err, lsm.ErrNotFound) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		if err := closer.Close(); err != nil {
			return 0, err
		}
	}
	it, err := s.events.db.NewIter(&lsm.IterOptions{LowerBound: streamPrefix(stream), UpperBound: streamEnd(stream)})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	if !it.Last() {
		return 0, it.Error()
	}
	_, head, err = parseEventKey(it.Key())
	return head, err
}

// sameEvents tells whether the stream holds exactly the request's events behind the expected version.
func (s *Store) sameEvents(r *request) (same bool, err error) {
	it, err := s.events.db.NewIter(&lsm.IterOptions{
		LowerBound: eventKey(r.stream, r.expected+1), UpperBound: streamEnd(r.stream),
	})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	it.First()
	for i := range r.events {
		if !it.Valid() {
			return false, it.Error()
		}
		_, version, err := parseEventKey(it.Key())
		if err != nil {
			return false, err
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return false, err
		}
		_, id, err := recordPlace(value)
		if err != nil {
			return false, err
		}
		if version != r.events[i].Version || id != r.events[i].ID {
			return false, nil
		}
		it.Next()
	}
	return true, nil
}
