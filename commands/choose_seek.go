package commands

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
)

// seekerCache knows what people chose last, so that their streams are read once. What it says may be old: then the next
// choice is a conflict. It is emptied when it is full.
type seekerCache struct {
	mu      sync.Mutex
	seekers map[string]player.Seeker
}

const maxSeekers = 100_000

func (c *seekerCache) get(id string) (player.Seeker, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.seekers[id]
	return s, ok
}

func (c *seekerCache) put(id string, s player.Seeker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seekers == nil || len(c.seekers) >= maxSeekers {
		c.seekers = make(map[string]player.Seeker)
	}
	if c.seekers[id].At < s.At {
		c.seekers[id] = s
	}
}

// Chosen gives the open game out of which a person is paired, and how many choices have been made. Another server may have
// made more: then Choose says so. Refusals are *domain.Error.
func (a *Application) Chosen(ctx context.Context, id string) (c player.Chosen, choices uint64, err error) {
	s, known := a.seekers.get(id)
	if !known {
		if s, err = a.followSeeker(ctx, id, *player.FollowSeeker(id)); err != nil {
			return c, 0, err
		}
	}
	return s.Chosen, s.At, nil
}

// Choose makes the next choice after so many; false: another server was faster, and Chosen knows by now what it chose. When
// it returns true the choice is durable, and no other server can have made another in its place.
func (a *Application) Choose(ctx context.Context, id string, choices uint64, c player.Chosen) (bool, error) {
	s, known := a.seekers.get(id)
	if !known {
		var err error
		if s, err = a.followSeeker(ctx, id, *player.FollowSeeker(id)); err != nil {
			return false, err
		}
	}
	if s.At != choices {
		return false, nil
	}
	rec := s.Choose(c, event.Meta{At: a.Wall(), Server: a.Incarnation, Up: a.Clock.Now()})
	err := a.Store.Append(ctx, rec.Stream, choices, []event.Recorded{rec})
	switch {
	case err == nil:
		if err := s.Apply(rec); err != nil {
			return false, err
		}
		a.seekers.put(id, s)
		return true, nil
	case errors.Is(err, ErrConflict):
		_, err := a.followSeeker(ctx, id, s)
		return false, err
	case errors.Is(err, ErrUnknown):
		// What was stored is found by the conflict of whoever tries again.
		return false, &domain.Error{Kind: domain.Unknown, Message: "the choice may have been recorded", Err: err}
	default:
		return false, &domain.Error{Kind: domain.Unavailable, Message: "the event store does not answer", Err: err}
	}
}

// followSeeker reads the choices after those that are known.
func (a *Application) followSeeker(ctx context.Context, id string, s player.Seeker) (player.Seeker, error) {
	for rec, err := range a.Store.ReadStream(ctx, s.Stream, s.At+1) {
		if err == nil {
			err = s.Apply(rec)
		}
		if err != nil {
			return s, &domain.Error{Kind: domain.Unavailable, Message: "what the person chose could not be read",
				Err: fmt.Errorf("read %s: %w", s.Stream, err)}
		}
	}
	a.seekers.put(id, s)
	return s, nil
}
