package eventstoredb

import (
	"context"
	"fmt"
	"iter"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/plygames/ply/domain/event"
)

// ReadAll implements commands.EventStore. The server's own events are left out. It reads page by page.
func (s *Store) ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		fail := func(err error) {
			yield(event.Recorded{}, fmt.Errorf("read all after %q: %w", string(after), err))
		}
		last, err := from(after)
		if err != nil {
			fail(err)
			return
		}
		for {
			p, err := s.allPage(ctx, esdb.Forwards, last, s.config.PageEvents)
			if err != nil {
				fail(err)
				return
			}
			for _, e := range p.events {
				if e.Position <= after || system(&e) { // the server begins with the event that we have
					continue
				}
				if !yield(e, nil) {
					return
				}
			}
			if !p.more {
				return
			}
			after = p.events[len(p.events)-1].Position
			if last, err = from(after); err != nil {
				fail(err)
				return
			}
		}
	}
}

// Head implements commands.EventStore: the position of the last event that is not the server's own.
func (s *Store) Head(ctx context.Context) (event.Position, error) {
	var end esdb.AllPosition = esdb.End{}
	for count := 16; ; count = min(4*count, s.config.PageEvents) {
		p, err := s.allPage(ctx, esdb.Backwards, end, count)
		if err != nil {
			return "", fmt.Errorf("head: %w", err)
		}
		for _, e := range p.events {
			if !system(&e) {
				return e.Position, nil
			}
		}
		if !p.more {
			return "", nil
		}
		if end, err = from(p.events[len(p.events)-1].Position); err != nil {
			return "", fmt.Errorf("head: %w", err)
		}
	}
}

// EventAt gives the id of the event at a position, false if there is none: the store was restored to an earlier state, or
// is another one. It takes its time for a no (the configured deadline), since a follower may be behind.
func (s *Store) EventAt(ctx context.Context, at event.Position) (event.ID, bool, error) {
	place, err := parsePosition(at)
	if err != nil {
		return event.ID{}, false, nil // of another kind of store
	}
	late := time.Now().Add(s.config.Deadline)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		p, err := s.allPage(ctx, esdb.Forwards, place, 1)
		switch {
		case err != nil && !noPlace(err):
			return event.ID{}, false, fmt.Errorf("event at %q: %w", string(at), err)
		case err == nil && len(p.events) > 0 && p.events[0].Position == at:
			return p.events[0].ID, true, nil
		case time.Now().After(late):
			// No record begins there, or a server that has an exception for every read: ask something else.
			if _, err := s.Head(ctx); err != nil {
				return event.ID{}, false, fmt.Errorf("event at %q: %w", string(at), err)
			}
			return event.ID{}, false, nil
		}
		if !pause(ctx, wait) {
			return event.ID{}, false, unavailable(ctx.Err())
		}
	}
}
