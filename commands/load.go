package commands

import (
	"context"
	"errors"
	"fmt"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// State is the game as it is now: everything that was acknowledged before the call is in it.
func (a *Application) State(ctx context.Context, id string) (*game.State, error) {
	h, ok := a.pin(id)
	if !ok {
		return nil, errClosed
	}
	defer a.unpin(h)
	s, err := a.loaded(ctx, h)
	if err != nil || !a.Shared || s.Status == game.Over {
		return s, err
	}
	if err := h.turnstile.wait(ctx); err != nil {
		return nil, domain.Refuse(domain.Unavailable, "the game could not be read in time")
	}
	defer h.turnstile.leave()
	s, err = a.load(ctx, h)
	switch {
	case err != nil:
		return nil, err
	case h.uncertain != nil:
		return a.ahead(ctx, s)
	default:
		return a.catchUp(ctx, h)
	}
}

// ahead is the game as the store has it, while what is shown here waits for the outcome of an append: another host may
// have acknowledged more. Nothing is shown.
func (a *Application) ahead(ctx context.Context, s *game.State) (*game.State, error) {
	for rec, err := range a.Store.ReadStream(ctx, event.GameStream(s.ID), s.Version+1) {
		if err != nil {
			return nil, a.readError(s.ID, err)
		}
		step, err := game.Fold(s, rec, a.Kinds)
		if err != nil {
			return nil, a.readError(s.ID, err)
		}
		s = step.After
	}
	return s, nil
}

// loaded gives a game's newest state, loading it if it is not in memory. A game that does not exist is NotFound.
func (a *Application) loaded(ctx context.Context, h *hotGame) (*game.State, error) {
	if s := h.state.Load(); s != nil {
		return s, nil
	}
	if err := h.turnstile.wait(ctx); err != nil {
		return nil, domain.Refuse(domain.Unavailable, "the game could not be loaded in time")
	}
	defer h.turnstile.leave()
	return a.load(ctx, h)
}

// load puts a game into memory: snapshot, then the events after it; then what a dead server left behind is settled.
// Called inside the turnstile.
func (a *Application) load(ctx context.Context, h *hotGame) (*game.State, error) {
	if s := h.state.Load(); s != nil {
		return s, nil
	}
	if ctx.Err() != nil {
		return nil, domain.Refuse(domain.Unavailable, "the game could not be loaded in time")
	}
	select {
	case a.loads <- struct{}{}:
		defer func() { <-a.loads }()
	case <-ctx.Done():
		return nil, domain.Refuse(domain.Unavailable, "too many games are being loaded")
	}
	s, err := a.read(ctx, h)
	if err != nil {
		return nil, a.readError(h.id, err)
	}
	if s.Version == 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no such game")
	}
	h.state.Store(s)
	h.thinking = a.thinkingSince(ctx, s)
	if s, err = a.takeOver(ctx, h, s); err != nil {
		return nil, err
	}
	a.arm(h, a.soonest(h, s, a.Clock.Now(), nil))
	return s, nil
}

// read rebuilds a game from its snapshot and the events from there on. A snapshot is believed only if the stream holds
// its last event: any other is dropped, and costs a replay from the first event.
func (a *Application) read(ctx context.Context, h *hotGame) (*game.State, error) {
	if s := a.readSnapshot(ctx, h.id); s != nil {
		proven, err := a.replay(ctx, s)
		if err == nil {
			h.saved = s.Version
			a.Observer.Snapshot("used")
			return proven, nil
		}
		if !errors.Is(err, game.ErrSnapshot) {
			return nil, err
		}
		a.Observer.Snapshot("rejected")
		a.Log.Warn("snapshot rejected, replaying from the first event", "game", h.id, "error", err)
	}
	return a.replay(ctx, game.New(h.id))
}

func (a *Application) readSnapshot(ctx context.Context, id string) *game.State {
	stored, err := a.Snapshots.Load(ctx, id)
	if err != nil || stored == nil {
		return nil
	}
	s, err := game.Load(stored, a.Kinds)
	if err == nil && s.ID != id {
		err = fmt.Errorf("%w: it is of game %s", game.ErrSnapshot, s.ID)
	}
	if err != nil {
		a.Observer.Snapshot("rejected")
		a.Log.Warn("snapshot rejected, replaying from the first event", "game", id, "error", err)
		return nil
	}
	return s
}

// replay folds the events after a state, which nobody else has, into it. If the state is a snapshot (version > 0), the stream must hold its last
// event: the read starts at that version, inclusive. If not, the error wraps game.ErrSnapshot.
func (a *Application) replay(ctx context.Context, s *game.State) (*game.State, error) {
	proven := s.Version == 0
	for rec, err := range a.Store.ReadStream(ctx, event.GameStream(s.ID), max(s.Version, 1)) {
		if err != nil {
			return nil, err
		}
		if !proven {
			if rec.Version != s.Version || rec.ID != s.Chain.ID() {
				return nil, fmt.Errorf("%w: the stream has another event at version %d", game.ErrSnapshot, s.Version)
			}
			proven = true
			continue
		}
		if err := game.Replay(s, rec, a.Kinds); err != nil {
			return nil, err
		}
	}
	if !proven {
		return nil, fmt.Errorf("%w: it is ahead of the stream, at version %d", game.ErrSnapshot, s.Version)
	}
	return s, nil
}

// catchUp reads what other hosts have appended since and shows it. Called inside the turnstile, with the game loaded.
func (a *Application) catchUp(ctx context.Context, h *hotGame) (*game.State, error) {
	s := h.state.Load()
	var steps []game.Step
	for rec, err := range a.Store.ReadStream(ctx, event.GameStream(h.id), s.Version+1) {
		if err != nil {
			return nil, a.readError(h.id, err)
		}
		step, err := game.Fold(s, rec, a.Kinds)
		if err != nil {
			h.lose(err)
			return nil, a.readError(h.id, err)
		}
		steps = append(steps, step)
		s = step.After
	}
	if len(steps) > 0 {
		a.show(h, steps)
	}
	return s, nil
}

// readError turns a failed read into a refusal. A history that this server can't read or that is not whole raises an
// alarm: the game is not hosted here, and nothing is guessed.
func (a *Application) readError(id string, err error) error {
	if errors.Is(err, game.ErrUnreadable) || errors.Is(err, game.ErrChain) || errors.Is(err, game.ErrGap) {
		a.Observer.Alarm("unreadable game")
		a.Log.Error("game can't be read", "game", id, "error", err)
		return &domain.Error{Kind: domain.Unavailable, Message: "this game can't be served here", Err: err}
	}
	return &domain.Error{Kind: domain.Unavailable, Message: "the event store does not answer", Err: err}
}
