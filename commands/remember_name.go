package commands

import (
	"context"
	"errors"
	"sync"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
)

// nameCache knows which names are recorded already. It is emptied when it is full: a miss costs one read.
type nameCache struct {
	mu    sync.Mutex
	names map[string]string
}

const maxNames = 100_000

func (c *nameCache) has(id, name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.names[id]
	return ok && known == name
}

func (c *nameCache) put(id, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.names == nil || len(c.names) >= maxNames {
		c.names = make(map[string]string)
	}
	c.names[id] = name
}

// Remember records what a person is called, in the person's own stream, if it is not recorded already. Durable when it
// returns nil. A person who was erased stays nameless: then nothing is recorded.
func (a *Application) Remember(ctx context.Context, id, name string) error {
	if name == "" || a.names.has(id, name) {
		return nil
	}
	for range maxConflicts {
		h, err := followPlayer(ctx, a.Store, id)
		if err != nil {
			return &domain.Error{Kind: domain.Unavailable, Message: "the name could not be read", Err: err}
		}
		if h.Gone || h.Version > 0 && h.Name == name {
			a.names.put(id, name)
			return nil
		}
		meta := event.Meta{At: a.Wall(), Server: a.Incarnation, Up: a.Clock.Now()}
		rec := h.Named(name, meta)
		err = a.Store.Append(ctx, rec.Stream, rec.Version-1, []event.Recorded{rec})
		switch {
		case err == nil:
			a.names.put(id, name)
			return nil
		case errors.Is(err, ErrConflict):
			continue
		case errors.Is(err, ErrUnknown):
			return &domain.Error{Kind: domain.Unknown, Message: "the name may have been recorded; ask again", Err: err}
		default:
			return &domain.Error{Kind: domain.Unavailable, Message: "the event store does not answer", Err: err}
		}
	}
	return domain.Refuse(domain.Unavailable, "other servers were faster %d times", maxConflicts)
}
