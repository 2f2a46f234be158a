package commands

import (
	"bytes"

	"github.com/plygames/ply/domain/event"
)

// Learn takes events from the bus: those that another host appended to a game which is in memory here are applied and
// shown, so that two seats of one game on two servers are as good as one server. Events of other games, of this server,
// and old ones are dropped at nearly no cost. It never waits.
func (a *Application) Learn(batch []event.Recorded) {
	own := []byte(`"server":"` + a.Incarnation + `"`)
	for i := range batch {
		rec := &batch[i]
		id, isGame := rec.Stream.Game()
		if !isGame {
			continue
		}
		a.mu.Lock()
		h := a.games[id]
		a.mu.Unlock()
		if h == nil {
			continue
		}
		s := h.state.Load()
		if s == nil || rec.Version <= s.Version || bytes.Contains(rec.Meta, own) {
			continue
		}
		a.mu.Lock()
		if !a.closed && h.behind.CompareAndSwap(false, true) {
			a.running.Go(func() { a.learn(id) })
		}
		a.mu.Unlock()
	}
}

// learn catches up with one game: the store has at least what the bus has shown.
func (a *Application) learn(id string) {
	h, ok := a.pin(id)
	if !ok {
		return
	}
	defer a.unpin(h)
	if h.turnstile.wait(a.ctx) != nil {
		return
	}
	defer h.turnstile.leave()
	h.behind.Store(false)
	if h.state.Load() == nil || h.uncertain != nil {
		return
	}
	if _, err := a.catchUp(a.ctx, h); err != nil {
		a.Log.Warn("game could not be caught up with", "game", id, "error", err)
	}
}
