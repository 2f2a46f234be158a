package commands

import "github.com/plygames/ply/domain/game"

// Snapshots are taken after the answer, outside the turnstile, of whatever state is the newest then. Dropping one is
// allowed: it costs the next load some time.

// queueSnapshot asks for a snapshot of a game that is being played.
func (a *Application) queueSnapshot(h *hotGame) {
	s := h.state.Load()
	if s == nil || s.Status == game.Over || !h.saving.CompareAndSwap(false, true) {
		return
	}
	h.saved = s.Version
	select {
	case a.saves <- h:
	default:
		h.saving.Store(false)
		a.Observer.Snapshot("dropped")
	}
}

func (a *Application) saveSnapshots() {
	for {
		select {
		case <-a.ctx.Done():
			return
		case h := <-a.saves:
			h.saving.Store(false)
			a.saveSnapshot(h)
		}
	}
}

func (a *Application) saveSnapshot(h *hotGame) {
	s := h.state.Load()
	if s == nil || s.Status == game.Over {
		return
	}
	if err := a.Snapshots.Save(a.ctx, h.id, game.Save(s)); err != nil {
		a.Observer.Snapshot("dropped")
		a.Log.Warn("snapshot was not saved", "game", h.id, "error", err)
		return
	}
	a.Observer.Snapshot("saved")
}
