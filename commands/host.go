package commands

import (
	"container/list"
	"time"

	"github.com/plygames/ply/domain/game"
)

// The host: which games are in memory. A game is pinned while a command, a follower or a timer callback holds it. Games
// that nobody holds stay for a while, the longest unused leave first.

// lru is a list of unused games, oldest first.
type lru struct{ list.List }

// pin finds or makes the place of a game in memory and keeps it there until unpin. False: the server is closing.
func (a *Application) pin(id string) (*hotGame, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, false
	}
	h := a.games[id]
	if h == nil {
		h = &hotGame{id: id, turnstile: newTurnstile()}
		a.games[id] = h
		a.Observer.Hot(len(a.games))
	}
	h.pins++
	if h.element != nil {
		a.unused.Remove(h.element)
		h.element = nil
	}
	return h, true
}

func (a *Application) unpin(h *hotGame) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h.pins--
	if h.pins > 0 {
		return
	}
	if h.state.Load() == nil && h.uncertain == nil { // never existed, or could not be loaded
		a.drop(h)
		return
	}
	h.since = time.Now()
	h.element = a.unused.PushBack(h)
	for len(a.games) > a.HotGames && a.unused.Len() > 0 {
		a.evict(a.unused.Front().Value.(*hotGame))
	}
}

// evict drops an unused game; one that was being played leaves a snapshot. Called with mu held.
func (a *Application) evict(h *hotGame) {
	a.drop(h)
	a.queueSnapshot(h)
}

// drop forgets a game that nobody holds. Called with mu held.
func (a *Application) drop(h *hotGame) {
	h.disarm()
	delete(a.games, h.id)
	if h.element != nil {
		a.unused.Remove(h.element)
		h.element = nil
	}
	a.Observer.Hot(len(a.games))
}

// evictUnused drops the games that have not been used for long, until the application closes. A game with a
// live clock that is going to run out stays.
func (a *Application) evictUnused() {
	tick := time.NewTicker(max(a.EvictAfter/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-a.ctx.Done():
			return
		case now := <-tick.C:
			a.mu.Lock()
			var next *list.Element
			for e := a.unused.Front(); e != nil; e = next {
				next = e.Next()
				h := e.Value.(*hotGame)
				if now.Sub(h.since) < a.EvictAfter {
					break
				}
				if !h.keep() {
					a.evict(h)
				}
			}
			a.mu.Unlock()
		}
	}
}

// Evict drops a game from memory if nobody holds it; for operators. False: it is in use, or not in memory.
func (a *Application) Evict(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.games[id]
	if h == nil || h.pins > 0 {
		return false
	}
	a.evict(h)
	return true
}

// HotGame is a line of Hot.
type HotGame struct {
	ID      string
	Version uint64
	Status  game.Status
	InUse   bool
}

// Hot lists the games in memory, for operators.
func (a *Application) Hot() []HotGame {
	a.mu.Lock()
	defer a.mu.Unlock()
	hot := make([]HotGame, 0, len(a.games))
	for _, h := range a.games {
		if s := h.state.Load(); s != nil {
			hot = append(hot, HotGame{ID: h.id, Version: s.Version, Status: s.Status, InUse: h.pins > 0})
		}
	}
	return hot
}
