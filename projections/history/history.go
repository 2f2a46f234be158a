package history

import (
	"context"
	"errors"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections"
)

// History reads games' pasts from a log. Safe for concurrent use; every method may block for as long as the log does.
// Errors are *domain.Error: NotFound, or Unavailable if the log does not answer or holds events that this server can't
// read. errors.Is finds game.ErrUnreadable and the like below them.
type History struct {
	Log   projections.Log
	Kinds game.Kinds
}

// After folds what stands after a state that was read from this log: yield gets every step, in order, and returns false
// to stop. It returns the last state folded, also with an error, so that a caller can go on from there.
func (h *History) After(ctx context.Context, s *game.State, yield func(game.Step) bool) (*game.State, error) {
	for rec, err := range h.Log.ReadStream(ctx, event.GameStream(s.ID), s.Version+1) {
		if err != nil {
			return s, &domain.Error{Kind: domain.Unavailable, Message: "the event store does not answer", Err: err}
		}
		step, err := game.Fold(s, rec, h.Kinds)
		if err != nil {
			return s, &domain.Error{Kind: domain.Unavailable, Message: "this server can't read the game", Err: err}
		}
		s = step.After
		if !yield(step) {
			break
		}
	}
	return s, nil
}

// Steps gives the steps with versions from+1..to, in order (to = 0: up to the newest). yield returns false to stop.
// Nothing is yielded if from is the newest version or beyond; a game without events is NotFound.
func (h *History) Steps(ctx context.Context, id string, from, to uint64, yield func(game.Step) bool) error {
	last, err := h.After(ctx, game.New(id), func(step game.Step) bool {
		v := step.Version()
		if to != 0 && v > to {
			return false
		}
		return (v <= from || yield(step)) && v != to
	})
	if err == nil && last.Version == 0 {
		return notFound()
	}
	return err
}

// At is the game as of a version. NotFound for version 0 and beyond the newest, as for a game that does not exist.
func (h *History) At(ctx context.Context, id string, version uint64) (*game.State, error) {
	if version == 0 {
		return nil, notFound()
	}
	s, err := h.After(ctx, game.New(id), func(step game.Step) bool { return step.Version() < version })
	if err != nil {
		return nil, err
	}
	if s.Version != version {
		return nil, notFound()
	}
	return s, nil
}

// Newest is the game as it is now.
func (h *History) Newest(ctx context.Context, id string) (*game.State, error) {
	s, err := h.After(ctx, game.New(id), func(game.Step) bool { return true })
	if err != nil {
		return nil, err
	}
	if s.Version == 0 {
		return nil, notFound()
	}
	return s, nil
}

// Until is the game as an audience knows it that may see what happened up to cutoff (Unix ms): the events before the
// first one that is younger. An ended game is known to everybody in full. NotFound as long as its first event is
// younger.
func (h *History) Until(ctx context.Context, id string, cutoff int64) (*game.State, error) {
	known := game.New(id)
	open := true
	s, err := h.After(ctx, known, func(step game.Step) bool {
		open = open && Released(step, cutoff)
		if open {
			known = step.After
		}
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case s.Status == game.Over:
		return s, nil
	case known.Version == 0:
		return nil, notFound()
	}
	return known, nil
}

// Released tells whether an event may be shown to those who may see what happened up to cutoff (Unix ms), provided that
// all events before it may. Event times are the wall clock of the server that decided: its skew shifts the delay.
func Released(step game.Step, cutoff int64) bool { return step.Meta.At <= cutoff }

// Unreadable tells an error that reading again will not cure: the log answers, but what it holds can't be folded.
func Unreadable(err error) bool {
	return errors.Is(err, game.ErrUnreadable) || errors.Is(err, game.ErrChain) || errors.Is(err, game.ErrGap)
}

func notFound() error { return domain.Refuse(domain.NotFound, "there is no such game") }
