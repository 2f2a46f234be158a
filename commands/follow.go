package commands

import (
	"context"
	"sync"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// Follow gives the game as it is now; the sink gets every step after that, in order, each once, before the command that
// caused it is answered. The game stays in memory until stop is called.
func (a *Application) Follow(ctx context.Context, id string, sink game.Sink) (*game.State, func(), error) {
	h, ok := a.pin(id)
	if !ok {
		return nil, nil, errClosed
	}
	if _, err := a.loaded(ctx, h); err != nil {
		a.unpin(h)
		return nil, nil, err
	}
	s := h.join(sink)
	if s == nil { // lost between loading and joining
		a.unpin(h)
		return nil, nil, domain.Refuse(domain.Unavailable, "the game could not be loaded")
	}
	stop := sync.OnceFunc(func() {
		h.part(sink)
		a.unpin(h)
	})
	return s, stop, nil
}
