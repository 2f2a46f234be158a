package spectate

import (
	"fmt"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/history"
)

// Back-off of a read that failed, or that did not find what the bus has shown.
const (
	firstWait = 50 * time.Millisecond
	mostWait  = 2 * time.Second
	// patience is how long a store that answers may lack an event that the bus has shown.
	patience = 10 * time.Second
	// chunk is how many steps are pushed at once while reading.
	chunk = 256
)

// load reads the game for the first time. One failure is enough: those who wait are told, and may ask again.
func (w *watched) load() {
	s := w.spectate
	var state *game.State
	var err error
	if w.slot() {
		state, err = s.past.After(w.ctx, w.state, func(game.Step) bool { return true })
		<-s.reads
	} else {
		err = domain.Refuse(domain.Unavailable, "the game is not watched any more")
	}
	if err == nil && state.Version == 0 {
		err = domain.Refuse(domain.NotFound, "there is no such game")
	}

	w.mu.Lock()
	w.state, w.err = state, err
	w.stale = w.partition.silent.Load()
	behind := err == nil && w.settle()
	w.mu.Unlock()
	if err != nil {
		s.forget(w)
		if history.Unreadable(err) {
			s.observer.Lost()
			s.logger.Error("a game can't be read", "game", w.id, "error", err)
		}
	}
	close(w.loaded)
	if behind {
		w.catchUp()
	}
}

// slot waits until the store may be read; false if nobody watches any more.
func (w *watched) slot() bool {
	select {
	case w.spectate.reads <- struct{}{}:
		return true
	case <-w.ctx.Done():
		return false
	}
}

// settle tells whether a reader has to go on; if not, the game follows the bus again. The caller holds the lock.
func (w *watched) settle() (behind bool) {
	if w.want > w.state.Version || w.again {
		return true
	}
	w.reading = false
	// Silence that begins now finds the lock free and says so again.
	if !w.partition.silent.Load() {
		w.setStale(false)
	}
	return false
}

// read starts a reader if there is none; done (or nil) is called when it has ended, at once if there is one already. The
// caller holds the lock.
func (w *watched) read(done func()) {
	if done == nil {
		done = func() {}
	}
	if w.reading {
		done()
		return
	}
	w.reading = true
	w.spectate.observer.Gap()
	if !w.spectate.spawn(func() { defer done(); w.catchUp() }) {
		done()
	}
}

// doubt marks a game of a silent partition as stale.
func (w *watched) doubt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.setStale(true)
	}
}

// compare has the store asked for what the bus did not show. A game that was loaded since is as new as the store
// already; reading it once more does no harm.
func (w *watched) compare(done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		done()
		return
	}
	w.again = true
	w.read(done)
}

// catchUp reads the store until it has everything that the bus has shown, pushing what it finds. While the store fails
// the game is stale.
func (w *watched) catchUp() {
	wait := firstWait
	var missing time.Time // since when the store lacks what the bus has shown
	for w.slot() {
		found, err := w.readOnce()
		<-w.spectate.reads
		switch {
		case w.ctx.Err() != nil:
			return
		case err != nil && history.Unreadable(err):
			w.lose(err)
			return
		case err != nil:
			w.spectate.logger.Warn("a watched game can't be read now; trying again", "game", w.id, "error", err)
			w.fail()
			missing = time.Time{}
		default:
			behind, lacking := w.caughtUp()
			switch {
			case !behind:
				return
			case found || lacking == 0: // the store has more: go on at once
				wait, missing = firstWait, time.Time{}
				continue
			case missing.IsZero():
				missing = time.Now()
			case time.Since(missing) > patience:
				w.lose(&domain.Error{
					Kind: domain.Unavailable, Message: "this server can't read the game",
					Err: fmt.Errorf("the bus has shown version %d, which the store does not have", lacking),
				})
				return
			}
		}
		select {
		case <-time.After(wait):
		case <-w.ctx.Done():
			return
		}
		wait = min(2*wait, mostWait)
	}
}

// fail tells that the game can't be kept up to date.
func (w *watched) fail() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.setStale(true)
}

// caughtUp ends the reading unless there is more to read; lacking is the version that the bus has shown and the store
// does not have, 0 = none.
func (w *watched) caughtUp() (behind bool, lacking uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.want > w.state.Version {
		lacking = w.want
	}
	return w.settle(), lacking
}

// readOnce pushes what the store has after the state. Only the reader changes the state of a game that is being read, so
// it folds without the lock.
func (w *watched) readOnce() (found bool, err error) {
	w.mu.Lock()
	state := w.state
	w.again = false
	w.mu.Unlock()

	steps := make([]game.Step, 0, 16)
	flush := func() {
		if len(steps) == 0 {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.state = steps[len(steps)-1].After
		w.push(steps)
		steps = make([]game.Step, 0, 16) // a sink may keep what it was given
	}
	_, err = w.spectate.past.After(w.ctx, state, func(step game.Step) bool {
		found = true
		if steps = append(steps, step); len(steps) == chunk {
			flush()
		}
		return true
	})
	flush()
	return found, err
}
