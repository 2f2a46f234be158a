package commands

import (
	"bytes"
	"time"

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
		a.lagging(h)
	}
}

// lagging lets a game be caught up with beside everything else, if that is not under way.
func (a *Application) lagging(h *hotGame) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed && h.behind.CompareAndSwap(false, true) {
		a.running.Go(func() { a.learn(h) })
	}
}

// learn catches up with one game: the store has at least what the bus has shown. Nothing else would tell that it has more,
// so a store that does not answer is asked again as long as the game is in memory.
func (a *Application) learn(h *hotGame) {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := a.learnOnce(h)
		if err == nil || !h.behind.CompareAndSwap(false, true) { // somebody else goes on
			return
		}
		a.Log.Warn("game could not be caught up with; trying again", "game", h.id, "error", err)
		select {
		case <-time.After(pause):
		case <-a.ctx.Done():
			return
		}
	}
}

func (a *Application) learnOnce(h *hotGame) error {
	now, ok := a.pin(h.id)
	if !ok {
		return nil
	}
	defer a.unpin(now)
	if now != h { // it has left memory; whoever loaded it anew has read everything
		return nil
	}
	if err := h.turnstile.wait(a.ctx); err != nil {
		return nil
	}
	defer h.turnstile.leave()
	h.behind.Store(false)
	if h.state.Load() == nil || h.uncertain != nil { // settle catches up
		return nil
	}
	_, err := a.catchUp(a.ctx, h)
	return err
}
