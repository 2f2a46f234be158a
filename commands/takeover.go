package commands

import (
	"context"
	"errors"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// takeOver settles the running clocks of a game whose last host has died: each running seat is charged what it had used
// when that host was last known to be alive, both by that host's own live clock. The outage itself is charged to nobody.
// The adjustment is recorded before anything else is decided. If that host still runs, nothing is: another server has
// the game too, and time counts from the load. Called inside the turnstile.
func (a *Application) takeOver(ctx context.Context, h *hotGame, s *game.State) (*game.State, error) {
	for range maxConflicts {
		adjust, ok := a.adjustment(ctx, s)
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

// adjustment finds a running seat whose time was measured by a server that is dead.
func (a *Application) adjustment(ctx context.Context, s *game.State) (game.Adjust, bool) {
	if !s.Setup.Clock.Live() {
		return game.Adjust{}, false
	}
	for _, seat := range s.Running() {
		origin := s.Seats[s.Index(seat)].Origin
		if origin.Server == a.Incarnation {
			continue
		}
		up, running, known := a.Alive.LastAlive(ctx, origin.Server)
		if running {
			continue
		}
		adjust := game.Adjust{Seat: seat, Reason: game.Failover}
		if known {
			adjust.Charged = max(0, up-origin.Up)
		}
		return adjust, true
	}
	return game.Adjust{}, false
}
