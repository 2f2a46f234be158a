package commands

import (
	"context"
	"errors"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
)

// Emptier takes the content out of stored events. A store that can't is none.
type Emptier interface {
	// Empty replaces the data of a stream's events below a version by player.Emptied; their ids, types, metadata and places
	// stay. When it returns nil no reader is shown the old content any more, and as far as the store can tell it is not on
	// its disk. More than once is harmless. Errors wrap ErrUnavailable.
	Empty(ctx context.Context, stream event.Stream, below uint64) error
}

// EraseAnswer is how long the erasure of a person may take: it rewrites files.
const EraseAnswer = time.Minute

// Erase takes a person's names out of the store, for ever: first an event that says so, which makes all servers forget the
// name, then the content of the events before it. Games stay whole; they know the person's id only. Erasing a person again
// does again what may have been left undone. NotFound if the person never had a stream.
func (a *Application) Erase(ctx context.Context, id string, store Emptier) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), EraseAnswer)
	defer cancel()
	for range maxConflicts {
		h, err := a.follow(ctx, id)
		if err != nil {
			return err
		}
		if h.Version == 0 {
			return domain.Refuse(domain.NotFound, "there is no name of such a player")
		}
		if !h.Gone {
			rec := h.Erased(event.Meta{At: a.Wall(), Server: a.Incarnation, Up: a.Clock.Now()})
			err = a.Store.Append(ctx, rec.Stream, rec.Version-1, []event.Recorded{rec})
			if errors.Is(err, ErrConflict) {
				continue
			}
			if err == nil {
				err = h.Apply(rec)
			}
		}
		if err == nil {
			err = store.Empty(ctx, h.Stream, h.Version)
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, ErrUnknown):
			return &domain.Error{Kind: domain.Unknown, Message: "the player may have been erased; ask again", Err: err}
		default:
			return &domain.Error{Kind: domain.Unavailable, Message: "the names could not be taken out of the store; ask again", Err: err}
		}
	}
	return domain.Refuse(domain.Unavailable, "other servers were faster %d times", maxConflicts)
}

