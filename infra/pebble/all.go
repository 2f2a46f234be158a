package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/domain/event"
)

// The global order names events that lie with their streams. They are looked up in groups, each in the order of its keys:
// what a game has in the group is read in one go. Groups of a read grow, as most reads want only a few events; a group of
// many is worth it if games have few events each in it, as when thousands are played at the same time.
const (
	groupLeast = chunkEvents
	groupMost  = 16 << 10
	groupBytes = 8 << 20
)

// ReadAll implements commands.EventStore.
func (s *Store) ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		until := s.head.Load()
		last, err := s.known(after)
		var g group
		for err == nil && last < until {
			var events []event.Recorded
			events, err = s.readAll(ctx, last, until, &g)
			for i := range events {
				if !yield(events[i], nil) {
					return
				}
			}
			last += uint64(len(events))
		}
		if err != nil {
			yield(event.Recorded{}, fmt.Errorf("read all after %q: %w", string(after), err))
		}
	}
}

// group is what a read of the global order uses again and again. The zero group is ready.
type group struct {
	most   int // events of the next group; 0 = groupLeast
	events []event.Recorded
	keys   []byte // of the events, one behind the other
	places []place
	at     []uint64 // positions of the events that were read
}

// place is one event of the group.
type place struct {
	near     uint64 // equal for equal streams; about the order of keys
	from, to int    // where its key is
	i        int    // in the group
}

func (g *group) key(p *place) []byte { return g.keys[p.from:p.to] }

// readAll reads the next events of the global order, those behind position after up to position until. There is at least
// one unless it fails; with an error, those that it gives are good. They are the caller's until the group is used again.
func (s *Store) readAll(ctx context.Context, after, until uint64, g *group) (events []event.Recorded, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	g.most = min(max(2*g.most, groupLeast), groupMost)
	failed := s.index(after, min(until, after+uint64(g.most)), g)
	n, fits, err := s.fill(after, g)
	for !fits { // far bigger events than games have: read fewer
		g.most = max(1, len(g.places)/8)
		g.places = slices.DeleteFunc(g.places, func(p place) bool { return p.i >= g.most })
		failed = nil // it comes behind those
		n, fits, err = s.fill(after, g)
	}
	if err == nil {
		err = failed
	}
	setPositions(g.events[:n], g.at[:n])
	return g.events[:n], err
}

// index finds the keys of events by their positions. With an error, the group has those before it.
func (s *Store) index(after, last uint64, g *group) (err error) {
	g.keys, g.places = g.keys[:0], g.places[:0]
	it, err := s.events.db.NewIter(&lsm.IterOptions{LowerBound: positionKey(after + 1), UpperBound: positionKey(last + 1)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); it.Next() {
		position, err := parsePositionKey(it.Key())
		if err != nil {
			return err
		}
		if position != after+1 {
			break
		}
		key, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		from := len(g.keys)
		g.keys = append(g.keys, key...)
		g.places = append(g.places, place{near: near(key), from: from, to: len(g.keys), i: len(g.places)})
		after++
	}
	if err := it.Error(); err != nil {
		return err
	}
	if after != last {
		return fmt.Errorf("%w: position %d is missing", errCorrupt, after+1)
	}
	return nil
}

// near takes the bytes of a key by which games differ: those behind the stream's length and "game-".
func near(key []byte) uint64 {
	const from = 1 + 2 + len("game-")
	if len(key) >= from+8 {
		return binary.BigEndian.Uint64(key[from:])
	}
	return 0
}

// fill looks the group's events up. n is how many, from the first on, are good; they are all unless there is an error. It
// stops where a group of more than one does not fit into memory.
func (s *Store) fill(after uint64, g *group) (n int, fits bool, err error) {
	g.events = slices.Grow(g.events[:0], len(g.places))[:len(g.places)]
	g.at = slices.Grow(g.at[:0], len(g.places))[:len(g.places)]
	n = len(g.places)
	slices.SortFunc(g.places, func(a, b place) int {
		if a.near != b.near {
			if a.near < b.near {
				return -1
			}
			return 1
		}
		return a.i - b.i // a stream's events are in the global order as they are in the stream
	})
	it, err := s.events.db.NewIter(&lsm.IterOptions{LowerBound: []byte{eventPrefix}, UpperBound: []byte{eventPrefix + 1}})
	if err != nil {
		return 0, true, err
	}
	defer func() {
		if closed := it.Close(); closed != nil {
			n, fits, err = 0, true, errors.Join(err, closed)
		}
	}()
	var bytes arena
	var stream event.Stream
	size := 0
	for k := range g.places {
		p := &g.places[k]
		if p.i >= n {
			continue
		}
		key := g.key(p)
		e, at, failed := s.lookUp(it, key, after+1+uint64(p.i), stream, &bytes)
		if failed != nil {
			n, err = p.i, failed
			continue // an earlier event may fail too
		}
		g.events[p.i], g.at[p.i], stream = e, at, e.Stream
		if size += len(e.Meta) + len(e.Data); size > groupBytes && len(g.places) > 1 {
			return 0, false, nil
		}
	}
	return n, true, err
}

// lookUp reads the event that the index names for a position. The one before it, if it is of the same stream, lends its name.
func (s *Store) lookUp(it *lsm.Iterator, key []byte, position uint64, like event.Stream, bytes *arena) (event.Recorded, uint64, error) {
	stream, version := like, uint64(0)
	if n := keySize(like); like != "" && len(key) == n && string(key[3:n-8]) == string(like) {
		version = binary.BigEndian.Uint64(key[n-8:])
	} else {
		var err error
		if stream, version, err = parseEventKey(key); err != nil {
			return event.Recorded{}, 0, err
		}
	}
	value, err := seek(it, key)
	var e event.Recorded
	var at uint64
	if err == nil {
		e, at, err = decodeRecord(&s.types, stream, version, value, bytes)
	}
	if err == nil && at != position {
		err = fmt.Errorf("%w: it claims position %d", errCorrupt, at)
	}
	if err != nil {
		return event.Recorded{}, 0, fmt.Errorf("%s version %d at position %d: %w", stream, version, position, err)
	}
	return e, at, nil
}

// seek moves an iterator to a key, which is often the next one.
func seek(it *lsm.Iterator, key []byte) ([]byte, error) {
	if (!it.Valid() || !it.Next() || string(it.Key()) != string(key)) && (!it.SeekGE(key) || string(it.Key()) != string(key)) {
		if err := it.Error(); err != nil {
			return nil, err
		}
		return nil, lsm.ErrNotFound
	}
	return it.ValueAndErr()
}
