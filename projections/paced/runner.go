package paced

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/history"
)

const (
	// recheck is how long a runner waits at most before it looks at the wall clock again, which may have been set.
	recheck = 10 * time.Second
	// Back-off of a read that failed.
	firstWait = 50 * time.Millisecond
	mostWait  = 2 * time.Second
)

// runner releases the steps of one game to its followers when they are due. One goroutine runs it.
type runner struct {
	paced *Paced
	id    string
	inbox inbox
	// wait tells in how long a step that follows a state is due; 0 or less = now.
	wait func(before *game.State, step game.Step) time.Duration

	queue []game.Step // what comes after at, as far as it is in memory; the goroutine's own

	mu    sync.Mutex
	at    *game.State
	sinks []*follower
	stale bool
	err   error // lost
}

// follower is one sink. gone is set without the runner's lock, because the caller may hold a lock that the sink takes
// when it is called.
type follower struct {
	sink game.Sink
	gone atomic.Bool
}

func newRunner(p *Paced, id string) *runner {
	return &runner{paced: p, id: id, inbox: inbox{wake: make(chan struct{}, 1)}}
}

// join adds a sink.
func (r *runner) join(f *follower) (*game.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	r.sinks = append(r.present(), f)
	if r.stale {
		f.sink.Stale(true)
	}
	return r.at, nil
}

// present lists the followers that have not gone. The caller holds the lock.
func (r *runner) present() []*follower {
	kept := r.sinks[:0]
	for _, f := range r.sinks {
		if !f.gone.Load() {
			kept = append(kept, f)
		}
	}
	clear(r.sinks[len(kept):])
	return kept
}

// release runs until ctx ends, the end of the game has been shown, or the feed below is lost.
func (r *runner) release(ctx context.Context) {
	timer := time.NewTimer(recheck)
	defer timer.Stop()
	failing := firstWait
	for ctx.Err() == nil {
		if r.at.Status == game.Over {
			r.push(nil, false) // nothing is missing any more
			return
		}
		stale, lost := r.inbox.health()
		if lost != nil {
			r.lose(lost)
			return
		}
		pause := recheck
		due, err := r.due(ctx, &pause)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && history.Unreadable(err):
			r.lose(err)
			return
		case err != nil:
			r.paced.Logger.Warn("a paced game can't be read now; trying again", "game", r.id, "error", err)
			stale, pause, failing = true, failing, min(2*failing, mostWait)
		default:
			failing = firstWait
		}
		r.push(due, stale)
		if len(due) > 0 {
			continue
		}
		timer.Reset(pause)
		select {
		case <-r.inbox.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// due takes the steps that may be shown now off the queue. If none may, pause becomes how long to wait for the first.
func (r *runner) due(ctx context.Context, pause *time.Duration) ([]game.Step, error) {
	before := r.at // only this goroutine changes it
	var due []game.Step
	for len(due) < buffer {
		if len(r.queue) == 0 {
			if len(due) > 0 {
				break // show what there is before reading on
			}
			if err := r.refill(ctx); err != nil || len(r.queue) == 0 {
				return nil, err
			}
		}
		next := r.queue[0]
		if in := r.wait(before, next); in > 0 {
			*pause = min(in, recheck)
			break
		}
		r.queue[0] = game.Step{}
		r.queue = r.queue[1:]
		due = append(due, next)
		before = next.After
	}
	return due, nil
}

// refill puts what follows the state into the queue: from the inbox if it has that, else from the store, but never more
// than the feed below has shown.
func (r *runner) refill(ctx context.Context) error {
	steps, head := r.inbox.take(r.at.Version)
	if len(steps) == 0 && head > r.at.Version {
		_, err := r.paced.Past.After(ctx, r.at, func(step game.Step) bool {
			steps = append(steps, step)
			return len(steps) < buffer && step.Version() < head
		})
		if err == nil && len(steps) == 0 {
			err = domain.Refuse(domain.Unavailable, "the event store is behind")
		}
		if err != nil {
			return err
		}
	}
	r.queue = steps
	return nil
}

// push shows steps, and whether the feed stands still.
func (r *runner) push(steps []game.Step, stale bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sinks = r.present()
	if n := len(steps); n > 0 {
		r.at = steps[n-1].After
		for _, f := range r.sinks {
			f.sink.Steps(steps)
		}
	}
	if r.stale != stale {
		r.stale = stale
		for _, f := range r.sinks {
			f.sink.Stale(stale)
		}
	}
}

// lose ends the game for its followers.
func (r *runner) lose(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	for _, f := range r.present() {
		f.sink.Lost(err)
	}
	r.sinks = nil
}
