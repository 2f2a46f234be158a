package commands

import (
	"errors"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// uncertain is an append whose outcome is not known. Until it is, nothing else is decided on the game.
type uncertain struct {
	player, command, content string
	steps                    []game.Step
}

// refuse answers a command on an uncertain game: the one that is in doubt may have been done, any other has not.
func (u *uncertain) refuse(c game.Command) error {
	if c.ID != "" && c.ID == u.command && c.Player == u.player && c.Fingerprint() == u.content {
		return domain.Refuse(domain.Unknown, "it may have been done; send the same command again")
	}
	return domain.Refuse(domain.Unavailable, "the outcome of an earlier command is not known yet")
}

// resolve appends the same bytes until their outcome is known, in the background. Called inside the turnstile.
func (a *Application) resolve(h *hotGame, expected uint64, steps []game.Step, c game.Command) {
	h.uncertain = &uncertain{steps: steps}
	if c.ID != "" {
		h.uncertain.player, h.uncertain.command, h.uncertain.content = c.Player, c.ID, c.Fingerprint()
	}
	a.Observer.Alarm("uncertain append")
	a.mu.Lock()
	h.pins++
	a.mu.Unlock()
	a.running.Go(func() {
		defer a.unpin(h)
		for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
			select {
			case <-a.ctx.Done():
				return
			case <-time.After(pause):
			}
			err := a.Store.Append(a.ctx, event.GameStream(h.id), expected, recorded(steps))
			if err == nil || errors.Is(err, ErrConflict) {
				a.settle(h, err)
				return
			}
			a.Log.Warn("outcome of an append is still not known", "game", h.id, "error", err)
		}
	})
}

// settle ends the uncertainty: the events are there, or others are.
func (a *Application) settle(h *hotGame, conflict error) {
	if h.turnstile.wait(a.ctx) != nil {
		return
	}
	defer h.turnstile.leave()
	u := h.uncertain
	h.uncertain = nil
	switch {
	case h.state.Load() == nil: // it was being created; the next command loads what there is
	case conflict == nil:
		a.show(h, u.steps)
		if a.Shared { // others may have gone on meanwhile, and what the bus told of that was not listened to
			a.lagging(h)
		}
	default:
		if _, err := a.catchUp(a.ctx, h); err != nil {
			h.lose(err)
			a.Log.Warn("game could not be caught up with", "game", h.id, "error", err)
		}
	}
}
