package pebble

import (
	"context"
	"errors"
	"fmt"
	"strings"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
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
	if err := c.end(); err != nil {
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
	person  *player.History // nil: not a person's stream
}

func (c *chain) link(e *event.Recorded) error {
	if e.Stream != c.stream || c.version == 0 {
		if err := c.end(); err != nil {
			return err
		}
		*c = chain{stream: e.Stream, hash: event.Genesis(e.Stream)}
		if id, ok := e.Stream.Player(); ok {
			c.person = player.Follow(id)
		}
	}
	if e.Version != c.version+1 {
		return fmt.Errorf("%w: version %d is missing", errCorrupt, c.version+1)
	}
	c.version = e.Version
	if c.person != nil {
		if strings.HasPrefix(e.Type, "$") {
			return nil
		}
		if err := c.person.Apply(*e); err != nil {
			return fmt.Errorf("%w: %w", errCorrupt, err)
		}
		return nil
	}
	c.hash = event.Next(c.hash, e.Type, e.Meta, e.Data)
	if c.hash.ID() != e.ID && chained(e) {
		return fmt.Errorf("%w: its id is not the head of the hash chain", errCorrupt)
	}
	return nil
}

// end judges a stream as a whole. Only erased people's events may be without their content.
func (c *chain) end() error {
	if c.person != nil && !c.person.Whole() {
		return fmt.Errorf("%w: the content of %s is missing, although nobody was erased", errCorrupt, c.stream)
	}
	return nil
}

// chained tells whether an event's id must be the head of its stream's chain. Events that came through the store's
// server, which the stamp tells, may be anybody's: of those only the ones of games are ours, but for the
// server's own types, which begin with a dollar sign.
func chained(e *event.Recorded) bool {
	if e.Stamp == 0 {
		return true
	}
	_, game := e.Stream.Game()
	return game && !strings.HasPrefix(e.Type, "$")
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
