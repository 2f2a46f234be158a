package pebble

import (
	"context"
	"fmt"
	"strings"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
)

// Verify reads everything and proves it: every stream's versions have no holes, every event's id is the head of its
// stream's hash chain (see chained for the exceptions), and the global order has each event once and no holes. It reads
// the store as it is at the call, while it is in use. The error names the stream.
func (s *Store) Verify(ctx context.Context, progress Progress) error {
	if err := s.Inspect(ctx, func() Inspector { return &chain{} }, progress); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return nil
}

// chain follows the hash chain of one stream after the other.
type chain struct {
	version uint64
	hash    event.Hash
	person  *player.History // nil: not a person's stream
}

// Take implements Inspector.
func (c *chain) Take(e event.Recorded) error {
	if c.version == 0 {
		*c = chain{hash: event.Genesis(e.Stream)}
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
		if err := c.person.Apply(e); err != nil {
			return fmt.Errorf("%w: %w", errCorrupt, err)
		}
		return nil
	}
	c.hash = event.Next(c.hash, e.Type, e.Meta, e.Data)
	if c.hash.ID() != e.ID && chained(&e) {
		return fmt.Errorf("%w: its id is not the head of the hash chain", errCorrupt)
	}
	return nil
}

// End judges a stream as a whole. Only erased people's events may be without their content.
func (c *chain) End() error {
	whole := c.person == nil || c.person.Whole()
	*c = chain{}
	if !whole {
		return fmt.Errorf("%w: its content is missing, although nobody was erased", errCorrupt)
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
