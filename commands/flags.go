package commands

import (
	"context"
	"time"

	"github.com/plygames/ply/domain/game"
)

// Every hot game in which something will run out has one timer. When it fires, the game decides by what was measured;
// the timer itself decides nothing, so one that fires early (the process was stopped) does no harm.

// arm sets the game's timer to the moment when something runs out, by what was measured. One that fires before that anyway
// is left alone: it costs nothing to be woken too early now and then, and something to set a timer with every move. Called
// inside the turnstile.
func (a *Application) arm(h *hotGame, env game.Env) {
	in, ok := game.Due(h.state.Load(), env)
	if !ok {
		h.disarm()
		return
	}
	wait := time.Duration(max(in, 1)) * time.Millisecond
	h.timerMu.Lock()
	defer h.timerMu.Unlock()
	at := time.Now().Add(wait)
	switch {
	case h.timer == nil:
		h.timer = time.AfterFunc(wait, func() {
			h.rang()
			a.ring(h.id)
		})
	case !h.rings.IsZero() && !at.Before(h.rings):
		return
	default:
		h.timer.Reset(wait)
	}
	h.rings = at
}

// rang notes that the timer has fired: whoever arms it next sets it.
func (h *hotGame) rang() {
	h.timerMu.Lock()
	defer h.timerMu.Unlock()
	h.rings = time.Time{}
}

func (h *hotGame) disarm() {
	h.timerMu.Lock()
	defer h.timerMu.Unlock()
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
}

// keep tells whether an unused game stays in memory for its clock. A clock of days does not keep it: the deadlines policy
// wakes the game.
func (h *hotGame) keep() bool {
	h.timerMu.Lock()
	defer h.timerMu.Unlock()
	s := h.state.Load()
	return h.timer != nil && s != nil && s.Setup.Clock.Live()
}

// ring is the timer's callback.
func (a *Application) ring(id string) {
	ctx, cancel := context.WithTimeout(a.ctx, a.Answer)
	defer cancel()
	if err := a.Wake(ctx, id); err != nil && a.ctx.Err() == nil {
		a.Log.Warn("a game's clock could not be looked at; trying again", "game", id, "error", err)
		time.AfterFunc(time.Second, func() {
			if a.ctx.Err() == nil {
				a.ring(id)
			}
		})
	}
}

// Wake loads a game, whoever had it last, and ends what has run out in it. Harmless at any time and on any server.
func (a *Application) Wake(ctx context.Context, id string) error {
	h, ok := a.pin(id)
	if !ok {
		return errClosed
	}
	defer a.unpin(h)
	if err := h.turnstile.wait(ctx); err != nil {
		return err
	}
	defer h.turnstile.leave()
	s, err := a.load(ctx, h)
	if err != nil {
		return err
	}
	if h.uncertain != nil {
		return h.uncertain.refuse(game.Command{})
	}
	if s, err = a.settleClocks(ctx, h, s); err != nil {
		return err
	}
	m := a.measure(h, s, game.Command{}, game.Arrival{Live: a.Clock.Now()})
	if s, err = a.append(ctx, h, s, game.Command{Wish: game.Check{}}, m.overdue); err != nil {
		return err
	}
	a.arm(h, a.measure(h, s, game.Command{}, game.Arrival{Live: a.Clock.Now()}).overdue)
	return nil
}
