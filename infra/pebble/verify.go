package pebble

import (
	"context"
	"errors"
	"fmt"
	"strings"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/domain/event"
)

// Verify reads everything and proves it: every stream's versions have no holes, every event's id is the head of its
// stream's hash chain (see chained for the exceptions), and the global order has each event once and no holes. It reads the store as it is at the
// call, while it is in use. The error names the stream.
func (s *Store) Verify(ctx context.Context, progress Progress) (err error) {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	until := s.head.Load()
	it, err := s.events.db.NewIter(&lsm.IterOptions{LowerBound: []byte{eventPrefix}, UpperBound: []byte{eventPrefix + 1}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	var seen uint64
	c := chain{}
	var bytes arena
	for it.First(); it.Valid(); it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		stream, version, err := parseEventKey(it.Key())
		if err != nil {
			return err
		}
		e, position, err := s.decodeRecord(stream, version, value, &bytes)
		if err == nil && position <= until {
			seen++
			err = errors.Join(c.link(&e), s.indexed(it.Key(), position))
		}
		if err != nil {
			return fmt.Errorf("verify: %s version %d: %w", stream, version, err)
		}
		if seen%verifyEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress.tell(int64(seen), int64(until))
		}
	}
	if err := it.Error(); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	// Each event found is the one that the index has at its position, so equal numbers mean that none is missing.
	if seen != until {
		return fmt.Errorf("verify: %w: %d events for %d positions", errCorrupt, seen, until)
	}
	progress.tell(int64(seen), int64(until))
	return nil
}

const verifyEvery = 4096

// chain follows the hash chain of one stream after the other.
type chain struct {
	stream  event.Stream
	version uint64
	hash    event.Hash
}

func (c *chain) link(e *event.Recorded) error {
	if e.Stream != c.stream || c.version == 0 {
		*c = chain{stream: e.Stream, hash: event.Genesis(e.Stream)}
	}
	if e.Version != c.version+1 {
		return fmt.Errorf("%w: version %d is missing", errCorrupt, c.version+1)
	}
	c.version = e.Version
	c.hash = event.Next(c.hash, e.Type, e.Meta, e.Data)
	if c.hash.ID() != e.ID && chained(e) {
		return fmt.Errorf("%w: its id is not the head of the hash chain", errCorrupt)
	}
	return nil
}

// chained tells whether an event's id must be the head of its stream's chain. Events that came through the store's
// server, which the stamp tells, may be anybody's: of those only the ones of games and players are ours, but for the
// server's own types, which begin with a dollar sign.
func chained(e *event.Recorded) bool {
	if e.Stamp == 0 {
		return true
	}
	_, game := e.Stream.Game()
	_, player := e.Stream.Player()
	return (game || player) && !strings.HasPrefix(e.Type, "$")
}

// indexed checks that the global order has this very event at its position.
func (s *Store) indexed(key []byte, position uint64) error {
	found, closer, err := s.events.db.Get(positionKey(position))
	if err != nil {
		return fmt.Errorf("position %d: %w", position, err)
	}
	if string(found) != string(key) {
		err = fmt.Errorf("%w: position %d is another event's", errCorrupt, position)
	}
	return errors.Join(err, closer.Close())
}
