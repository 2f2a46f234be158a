package commands

import (
	"cmp"
	"context"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

var errQuota = domain.Refuse(domain.QuotaExceeded, "you are in too many unfinished games")

// sit takes a seat, if the player may be in one more game.
func (a *Application) sit(ctx context.Context, id string, c game.Command, at game.Arrival) (game.Receipt, error) {
	if !a.Quota.Reserve(c.Player, id) {
		return game.Receipt{}, errQuota
	}
	receipt, err := a.play(ctx, id, c, at)
	if err != nil {
		a.releaseQuota(ctx, id, c.Player, err)
	}
	return receipt, err
}

// releaseQuota takes back the reservation of a player who did not get into a game, unless that is not known, or the player
// was in it before.
func (a *Application) releaseQuota(ctx context.Context, id, player string, refused error) {
	if isKind(refused, domain.Unknown) {
		return
	}
	if s, err := a.State(ctx, id); err == nil {
		if _, seated := s.SeatOf(player); seated || s.Setup.Creator == player {
			return
		}
	}
	a.Quota.Release(player, id)
}

// rating is how the person who is about to sit down is rated in such games: as the view says, or else as the wish does.
func (a *Application) rating(s *game.State, c game.Command) int {
	known := func(kind string, spec clock.Spec) int {
		if a.Ratings == nil || c.Player == "" {
			return 0
		}
		return a.Ratings.Rating(c.Player, kind, spec)
	}
	switch w := c.Wish.(type) {
	case game.Create:
		if w.Seat != "" {
			return cmp.Or(known(w.Rules.Kind(), w.Clock), w.Rating)
		}
	case game.Sit:
		if s.Version != 0 {
			return cmp.Or(known(s.Setup.Kind, s.Setup.Clock), w.Rating)
		}
	}
	return 0
}
