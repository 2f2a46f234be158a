package client

import (
	"context"
	"sync"
)

// Game is a session that keeps the state. All methods are safe for concurrent use.
type Game struct {
	*Session

	mu      sync.Mutex
	state   State
	broken  error         // a message that could not be read
	changed chan struct{} // closed at the next change
}

// Play sits at the board: it opens a session for this person's seat and keeps the state. handler may be nil; it is
// called after the state was updated.
func (c *Client) Play(ctx context.Context, game string, handler Handler) (*Game, error) {
	return keep(handler, func(h Handler) (*Session, error) {
		return c.OpenPlay(ctx, game, Join{Handler: h})
	})
}

// Watch looks on: like Play, without a seat.
func (c *Client) Watch(ctx context.Context, game string, handler Handler) (*Game, error) {
	return keep(handler, func(h Handler) (*Session, error) {
		return c.OpenWatch(ctx, game, Join{Handler: h})
	})
}

// WatchFrom looks on from a version on: the handler gets every message after it.
func (c *Client) WatchFrom(ctx context.Context, game string, version uint64, handler Handler) (*Game, error) {
	return keep(handler, func(h Handler) (*Session, error) {
		return c.OpenWatch(ctx, game, Join{From: From(version), Handler: h})
	})
}

func keep(handler Handler, open func(Handler) (*Session, error)) (*Game, error) {
	g := &Game{changed: make(chan struct{})}
	s, err := open(func(m Message) {
		g.apply(m)
		if handler != nil {
			handler(m)
		}
	})
	if err != nil {
		return nil, err
	}
	g.Session = s
	return g, nil
}

func (g *Game) apply(m Message) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.state.Apply(m); err != nil && g.broken == nil {
		g.broken = err
	}
	close(g.changed)
	g.changed = make(chan struct{})
}

// State is the game as this session knows it now.
func (g *Game) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state
}

// Wait returns the first state for which the condition holds, beginning with the present one; or ctx's error, or why
// the session ended.
func (g *Game) Wait(ctx context.Context, condition func(State) bool) (State, error) {
	for {
		g.mu.Lock()
		s, changed, broken := g.state, g.changed, g.broken
		g.mu.Unlock()
		if broken != nil {
			return s, broken
		}
		if condition(s) {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, ctx.Err()
		case <-g.Done():
			if s = g.State(); condition(s) {
				return s, nil
			}
			return s, g.Err()
		}
	}
}
