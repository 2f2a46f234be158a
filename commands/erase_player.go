package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
)

// Emptier takes the content out of stored events.
type Emptier interface {
	// Empty replaces the data of a stream's events below a version by player.Emptied, or makes the stream begin at that
	// version. Ids, types, metadata and places of all others stay. When it returns nil no reader of the stream is shown the
	// old content any more; each adapter says what is left of it on a disk. More than once is harmless. Errors wrap
	// ErrUnavailable.
	Empty(ctx context.Context, stream event.Stream, below uint64) error
}

// eraseAnswer is how long the erasure of a person may take: it rewrites files.
const eraseAnswer = time.Minute

// Erase takes a person's names out of the store, for ever: see ErasePlayer.
func (a *Application) Erase(ctx context.Context, id string, emptier Emptier) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), eraseAnswer)
	defer cancel()
	return ErasePlayer(ctx, a.Store, emptier, id, event.Meta{At: a.Wall(), Server: a.Incarnation, Up: a.Clock.Now()})
}

// ErasePlayer takes a person's names out of a store, for ever: first by an event that says so, which makes all servers
// forget the name, then by emptying the events before it. Games stay whole; they know the person's id only. Erasing
// somebody again does what may have been left undone. Refusals are *domain.Error: NotFound if no name of the person was
// ever recorded, Unknown and Unavailable if it must be asked for again.
func ErasePlayer(ctx context.Context, store EventStore, emptier Emptier, id string, meta event.Meta) error {
	for range maxConflicts {
		h, err := followPlayer(ctx, store, id)
		if err == nil && h.Version == 0 {
			return domain.Refuse(domain.NotFound, "no name of such a player is recorded")
		}
		if err == nil && h.Last != player.ErasedType {
			rec := h.Erased(meta)
			err = store.Append(ctx, rec.Stream, rec.Version-1, []event.Recorded{rec})
			if errors.Is(err, ErrConflict) {
				continue
			}
			h.Version = rec.Version
		}
		if err == nil {
			err = emptier.Empty(ctx, event.PlayerStream(id), h.Version)
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ErrUnknown):
			return &domain.Error{Kind: domain.Unknown, Message: "the player may have been erased; ask again", Err: err}
		default:
			return &domain.Error{Kind: domain.Unavailable, Message: "not all names are out of the store yet; ask again", Err: err}
		}
	}
	return domain.Refuse(domain.Unavailable, "other servers were faster %d times", maxConflicts)
}

// followPlayer reads a person's stream.
func followPlayer(ctx context.Context, store EventStore, id string) (*player.History, error) {
	h := player.Follow(id)
	for rec, err := range store.ReadStream(ctx, h.Stream, 1) {
		if err == nil {
			err = h.Apply(rec)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", h.Stream, err)
		}
	}
	return h, nil
}
