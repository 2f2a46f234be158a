package commands

import (
	"context"
	"crypto/sha256"
	"errors"
	"math/big"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// createScope keeps the ids of creations apart from those of commands in the game: they are unique per player only.
const createScope = "create/"

// GameID is the id of the game that a player's create command makes: 12 characters of base62 from SHA-256(player, 0, id).
// So a creation is idempotent and can be routed without an index.
func GameID(player, id string) string { return shortID(player + "\x00" + id) }

func shortID(of string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256([]byte(of))
	n, base := new(big.Int).SetBytes(sum[:]), big.NewInt(int64(len(digits)))
	id, digit := make([]byte, 12), new(big.Int)
	for i := range id {
		n.DivMod(n, base, digit)
		id[i] = digits[digit.Int64()]
	}
	return string(id)
}

// Create makes a game; c.Wish is a game.Create. It gives the game as of the receipt's version: the events that the command
// caused, and no later ones, also if it had been done before.
func (a *Application) Create(ctx context.Context, c game.Command) (game.Receipt, *game.State, error) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Answer)
	defer cancel()
	receipt, s, err := a.create(ctx, GameID(c.Player, c.ID), createScope, c)
	a.Observer.Command(c.Wish.Name(), result(receipt, err), time.Since(started).Seconds())
	return receipt, s, err
}

// create makes the game with this id, or finds that the same command has made it. scope tells the kinds of creation apart.
func (a *Application) create(ctx context.Context, id, scope string, c game.Command) (game.Receipt, *game.State, error) {
	c.ID = scope + c.ID
	if !a.Quota.Reserve(c.Player, id) {
		if r, s, err := a.created(ctx, id, c); err == nil && r.Duplicate {
			return r, s, nil
		}
		return game.Receipt{}, nil, errQuota
	}
	receipt, s, err := a.appendNew(ctx, id, c)
	if err != nil {
		a.releaseQuota(ctx, id, c.Player, err)
	}
	return receipt, s, err
}

// appendNew makes the game unless it exists.
func (a *Application) appendNew(ctx context.Context, id string, c game.Command) (game.Receipt, *game.State, error) {
	h, err := a.enter(ctx, id)
	if err != nil {
		return game.Receipt{}, nil, err
	}
	defer a.leave(h)
	if h.uncertain != nil {
		return game.Receipt{}, nil, h.uncertain.refuse(c)
	}
	env := game.Env{At: a.Wall(), Seed: a.Seed()}
	if h.state.Load() == nil {
		// Most creations are new: append first. A conflict tells that the game exists.
		s, err := a.append(ctx, h, game.New(id), c, env)
		if err == nil {
			seat, _ := s.SeatOf(c.Player)
			return game.Receipt{Version: s.Version, Seat: seat, Game: id}, s, nil
		}
		if !errors.Is(err, ErrConflict) {
			return game.Receipt{}, nil, err
		}
	}
	return a.created(ctx, id, c)
}

// created gives the game as the command made it, or tells that another command with this id has.
func (a *Application) created(ctx context.Context, id string, c game.Command) (game.Receipt, *game.State, error) {
	s := game.New(id)
	for rec, err := range a.Store.ReadStream(ctx, event.GameStream(id), 1) {
		if err != nil {
			return game.Receipt{}, nil, a.readError(id, err)
		}
		step, err := game.Fold(s, rec, a.Kinds)
		if err != nil {
			return game.Receipt{}, nil, a.readError(id, err)
		}
		if step.Meta.Command != c.ID || step.Meta.Player != c.Player {
			break
		}
		if step.Meta.Content != c.Fingerprint() {
			return game.Receipt{}, nil, domain.Refuse(domain.CommandIDReused, "this id has made another game")
		}
		s = step.After
	}
	if s.Version == 0 {
		return game.Receipt{}, nil, domain.Refuse(domain.CommandIDReused, "this id has made another game")
	}
	seat, _ := s.SeatOf(c.Player)
	return game.Receipt{Version: s.Version, Duplicate: true, Seat: seat, Game: id}, s, nil
}
