package pebble

import (
	"context"
	"errors"
	"fmt"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/domain/event"
)

// Has tells whether a stream may have events. A no is certain and costs no reading: the tables' filters know it.
func (s *Store) Has(_ context.Context, stream event.Stream) (bool, error) {
	if err := s.enter(); err != nil {
		return false, err
	}
	defer s.leave()
	_, closer, err := s.events.db.Get(eventKey(stream, 1))
	if errors.Is(err, lsm.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", stream, err)
	}
	return true, closer.Close()
}

// Last gives the newest durable event of a stream, false if it has none.
func (s *Store) Last(ctx context.Context, stream event.Stream) (event.Recorded, bool, error) {
	one, _, err := s.readStreamBack(ctx, stream, 0, s.head.Load(), make([]event.Recorded, 0, 1))
	if err != nil || len(one) == 0 {
		return event.Recorded{}, false, err
	}
	return one[0], true, nil
}

// EventAt tells which event stands at a position, false if none does.
func (s *Store) EventAt(ctx context.Context, at event.Position) (event.ID, bool, error) {
	e, err := s.At(ctx, at)
	if errors.Is(err, ErrPosition) {
		return event.ID{}, false, nil
	}
	return e.ID, err == nil, err
}

// Ordinal is the number of events up to a position and with it: positions are numbered 1, 2, 3, ... without holes;
// "" is 0. A text that is no position is ErrPosition.
func (s *Store) Ordinal(p event.Position) (uint64, error) { return parsePosition(p) }

// Nth undoes Ordinal.
func (s *Store) Nth(ordinal uint64) event.Position { return formatPosition(ordinal) }
