package commands

import (
	"context"
	"errors"
	"sync/atomic"
)

// maxWaiting is how many commands may wait on one game.
const maxWaiting = 32

// errTooMany reports a turnstile with too many waiting.
var errTooMany = errors.New("too many commands wait on this game")

// turnstile lets one command at a time through to a game, from load to apply. It orders meaning, not memory: readers of
// the game don't pass it.
type turnstile struct {
	inside  chan struct{} // holds one token while somebody is inside
	waiting atomic.Int32
}

func newTurnstile() turnstile { return turnstile{inside: make(chan struct{}, 1)} }

// enter waits for its turn; errTooMany at once if maxWaiting wait already, ctx's error if that ends first.
func (t *turnstile) enter(ctx context.Context) error {
	select {
	case t.inside <- struct{}{}:
		return nil
	default:
	}
	if t.waiting.Add(1) > maxWaiting {
		t.waiting.Add(-1)
		return errTooMany
	}
	defer t.waiting.Add(-1)
	return t.wait(ctx)
}

// wait is enter for the server itself: it is never turned away.
func (t *turnstile) wait(ctx context.Context) error {
	select {
	case t.inside <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *turnstile) leave() { <-t.inside }
