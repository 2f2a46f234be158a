package spectate

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// watched is one game that somebody watches.
type watched struct {
	spectate  *Spectate
	partition *Partition
	id        string
	refs      int // those who follow or want to; guarded by Spectate.mu

	ctx    context.Context // ends when nobody follows any more
	cancel context.CancelFunc
	loaded chan struct{} // closed when state or err is there

	mu      sync.Mutex
	state   *game.State // changed by the reader while reading, by take otherwise
	sinks   []*follower
	reading bool
	want    uint64 // newest version that the bus has shown
	again   bool   // the store must be read once more after this read
	stale   bool
	err     error // lost, or never loaded
}

// follower is one sink. gone is set by stop without the game's lock, because the caller may hold a lock that the sink
// takes when it is called.
type follower struct {
	sink game.Sink
	gone atomic.Bool
}

// Follow registers the sink and gives the game as it is; the sink gets every step after that. Errors are *domain.Error:
// NotFound, or Unavailable if the store does not answer or the game can't be read. It waits for at most one read of the
// store. After Lost the game is forgotten, so that following it again reads it afresh.
func (s *Spectate) Follow(ctx context.Context, id string, sink game.Sink) (*game.State, func(), error) {
	w := s.enter(id)
	if w == nil {
		return nil, nil, domain.Refuse(domain.Unavailable, "the server is closing")
	}
	select {
	case <-w.loaded:
	case <-ctx.Done():
		s.leave(w)
		return nil, nil, &domain.Error{Kind: domain.Unavailable, Message: "the game could not be loaded in time", Err: ctx.Err()}
	}
	f := &follower{sink: sink}
	at, err := w.join(f)
	if err != nil {
		s.leave(w)
		return nil, nil, err
	}
	return at, sync.OnceFunc(func() {
		f.gone.Store(true)
		s.leave(w)
	}), nil
}

// enter counts somebody who wants to follow a game, and starts to load it for the first one. nil after Close.
func (s *Spectate) enter(id string) *watched {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	w := s.games[id]
	if w == nil {
		w = &watched{
			spectate: s, partition: s.partitions[s.partition(id)], id: id,
			loaded: make(chan struct{}), state: game.New(id), reading: true,
		}
		w.ctx, w.cancel = context.WithCancel(s.ctx)
		s.games[id] = w
		s.observer.Watched(len(s.games))
		s.wg.Go(w.load)
	}
	w.refs++
	return w
}

// leave takes enter back; the game goes with the last one.
func (s *Spectate) leave(w *watched) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.refs--; w.refs == 0 {
		w.cancel()
		s.drop(w)
	}
}

// forget lets the next one who follows the game start afresh.
func (s *Spectate) forget(w *watched) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(w)
}

func (s *Spectate) drop(w *watched) {
	if s.games[w.id] == w {
		delete(s.games, w.id)
		s.observer.Watched(len(s.games))
	}
}

// join adds a sink to a loaded game.
func (w *watched) join(f *follower) (*game.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, w.err
	}
	w.sinks = append(w.present(), f)
	if w.stale {
		f.sink.Stale(true)
	}
	return w.state, nil
}

// present lists the followers that have not gone.
func (w *watched) present() []*follower {
	kept := w.sinks[:0]
	for _, f := range w.sinks {
		if !f.gone.Load() {
			kept = append(kept, f)
		}
	}
	clear(w.sinks[len(kept):])
	return kept
}

// take folds events that came over the bus, all of this game.
func (w *watched) take(run []event.Recorded) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	newest := run[len(run)-1].Version
	w.want = max(w.want, newest)
	if w.reading {
		return
	}
	steps := make([]game.Step, 0, len(run))
	for _, rec := range run {
		if rec.Version <= w.state.Version {
			continue
		}
		step, err := game.Fold(w.state, rec, w.spectate.past.Kinds)
		if err != nil {
			// A hole, or a message that can't be believed: the store has the truth.
			if !errors.Is(err, game.ErrGap) {
				w.spectate.logger.Warn("an event from the bus is not believed; reading the store", "game", w.id, "version", rec.Version, "error", err)
			}
			w.read(nil)
			break
		}
		w.state = step.After
		steps = append(steps, step)
	}
	w.push(steps)
}

// push gives steps to all sinks. The caller holds the lock.
func (w *watched) push(steps []game.Step) {
	if len(steps) == 0 {
		return
	}
	w.sinks = w.present()
	for _, f := range w.sinks {
		f.sink.Steps(steps)
	}
}

// setStale tells all sinks whether the feed stands still. The caller holds the lock.
func (w *watched) setStale(stale bool) {
	if w.stale == stale {
		return
	}
	w.stale = stale
	w.sinks = w.present()
	for _, f := range w.sinks {
		f.sink.Stale(stale)
	}
}

// lose ends a game that can't be read.
func (w *watched) lose(err error) {
	s := w.spectate
	w.mu.Lock()
	w.err = err
	for _, f := range w.present() {
		f.sink.Lost(err)
	}
	w.sinks = nil
	w.mu.Unlock()
	s.forget(w)
	s.observer.Lost()
	s.logger.Error("a watched game can't be read any more", "game", w.id, "error", err)
}
