package commands

import (
	"context"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// rematchScope keeps the ids of rematch commands apart in the next game: they belong to the game before it.
const rematchScope = "rematch/"

// RematchID is the id of the game that follows a game. It is derived, so that both seats that ask at once ask for the same.
func RematchID(parent string) string { return shortID("rematch\x00" + parent) }

// rematch creates the next game with sides swapped and the other seats reserved, or sits down in it if somebody has
// created it.
func (a *Application) rematch(ctx context.Context, id string, c game.Command) (game.Receipt, error) {
	s, err := a.State(ctx, id)
	if err != nil {
		return game.Receipt{}, err
	}
	receipt, err := a.rematchOf(ctx, s, c)
	// Who is refused asked about this game, though it may be the next that refuses.
	return receipt, atVersion(err, s.Version)
}

func (a *Application) rematchOf(ctx context.Context, s *game.State, c game.Command) (game.Receipt, error) {
	seat, err := s.Acting(c)
	if err != nil {
		return game.Receipt{}, err
	}
	if _, _, err := a.accepted(ctx, s, c); err != nil {
		return game.Receipt{}, err
	}
	if s.Status != game.Over {
		return game.Receipt{}, domain.Refuse(domain.TooEarly, "a rematch can be asked for when the game is over")
	}
	if c.Basis > s.Version {
		return game.Receipt{}, domain.Refuse(domain.VersionConflict, "made from version %d, the game is at %d", c.Basis, s.Version)
	}
	next := RematchID(s.ID)
	receipt := game.Receipt{Version: s.Version, Game: next}
	asked := game.Command{ID: c.ID, Player: c.Player, Guest: c.Guest, Wish: nextGame(s, seat)}
	made, _, err := a.create(ctx, next, rematchScope, asked)
	if err == nil {
		receipt.Duplicate = made.Duplicate
		if !made.Duplicate {
			a.Announce.Rematch(s.ID, seat, next)
		}
		return receipt, nil
	}
	if !isKind(err, domain.CommandIDReused) {
		return game.Receipt{}, err
	}
	// Somebody has created it: the opponent, or this player with another command.
	sat, err := a.sit(ctx, next, game.Command{ID: rematchScope + c.ID, Player: c.Player, Guest: c.Guest,
		Wish: game.Sit{Seat: game.AnySeat, Rating: s.Seats[s.Index(seat)].Rating}}, game.Arrival{Live: a.Clock.Now()})
	if isKind(err, domain.AlreadyJoined) {
		return receipt, nil
	}
	if err != nil {
		return game.Receipt{}, err
	}
	receipt.Duplicate = sat.Duplicate
	return receipt, nil
}

// nextGame is the same game once more, every player one seat further.
func nextGame(s *game.State, by game.Seat) game.Create {
	create := game.Create{
		Rules: s.Rules, Kind: s.Setup.Kind, Setup: s.Setup.Setup, Access: game.AccessInvite, Clock: s.Setup.Clock,
		Rated: s.Setup.Rated, Watch: s.Setup.Watch, Delay: s.Setup.Delay, Parent: s.ID,
		Reserved: make(map[game.Seat]string, len(s.Seats)-1),
	}
	for i := range s.Seats {
		to := s.Seats[(i+1)%len(s.Seats)].Seat
		if s.Seats[i].Seat == by {
			create.Seat, create.Rating = string(to), s.Seats[i].Rating
		} else if s.Seats[i].Player != "" {
			create.Reserved[to] = s.Seats[i].Player
		}
	}
	return create
}

func isKind(err error, kind domain.Kind) bool {
	refusal, ok := err.(*domain.Error)
	return ok && refusal.Kind == kind
}
