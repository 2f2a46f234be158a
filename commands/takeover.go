package commands

import (
	"context"
	"errors"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// takeOver settles the running clocks of a game whose last host has died: each running seat is charged what it had used
// when that host was last known to be alive, both by that host's own live clock, and what it has used here since the load.
// The outage itself is charged to nobody. The adjustment is recorded before anything else is decided. If that host seems
// to run still, nothing is recorded: another server has the game too. That is looked at again before the next decision,
// because a server seems alive for some seconds after its death. Called inside the turnstile.
func (a *Application) takeOver(ctx context.Context, h *hotGame, s *game.State) (*game.State, error) {
	for range maxConflicts {
		adjust, ok := a.adjustment(ctx, h, s)
		if !ok {
			return s, nil
		}
		newest, err := a.append(ctx, h, s, game.Command{Wish: adjust}, game.Env{At: a.Wall()})
		if err != nil && !errors.Is(err, ErrConflict) {
			return nil, err
		}
		s = newest
	}
	return nil, domain.Refuse(domain.Unavailable, "other servers were faster %d times", maxConflicts)
}

// settleClocks looks again at a host that seemed alive when the game was loaded. s is the newest state, also after an error.
func (a *Application) settleClocks(ctx context.Context, h *hotGame, s *game.State) (*game.State, error) {
	if !h.doubtful {
		return s, nil
	}
	newest, err := a.takeOver(ctx, h, s)
	if err != nil {
		return s, err
	}
	return newest, nil
}

// adjustment finds a running seat whose time was measured by a server that is dead.
func (a *Application) adjustment(ctx context.Context, h *hotGame, s *game.State) (game.Adjust, bool) {
	h.doubtful = false
	if !s.Setup.Clock.Live() {
		return game.Adjust{}, false
	}
	for _, seat := range s.Running() {
		i := s.Index(seat)
		origin := s.Seats[i].Origin
		if origin.Server == a.Incarnation {
			continue
		}
		if _, running, _ := a.Alive.LastAlive(ctx, origin.Server); running {
			h.doubtful = true
			continue
		}
		return game.Adjust{Seat: seat, Reason: game.Failover, Charged: max(0, a.Clock.Now()-h.thinking[i])}, true
	}
	return game.Adjust{}, false
}
