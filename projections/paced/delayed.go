package paced

import (
	"context"
	"sync"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/history"
)

// Delayed is a feed that lags. Values compare as their delays do.
type Delayed struct {
	paced *Paced
	by    time.Duration
}

var _ Feed = Delayed{}

// Replay is a replay for an audience that is delayed: it never overtakes the delay.
func (d Delayed) Replay(from uint64, speed float64) Replay {
	return Replay{paced: d.paced, base: d, from: from, speed: speed}
}

// shared is a delayed game with all its followers.
type shared struct {
	*runner
	key    key
	refs   int           // guarded by Paced.mu
	loaded chan struct{} // closed when err is final and the runner is ready
	err    error
	cancel context.CancelFunc
}

// Follow gives the game as of the delayed now. As long as its first event is not due the game is NotFound, as a game that
// does not exist. Other errors are those of the feed below, or Unavailable.
func (d Delayed) Follow(ctx context.Context, id string, sink game.Sink) (*game.State, func(), error) {
	p := d.paced
	s := p.enter(key{id, d.by})
	if s == nil {
		return nil, nil, errClosed
	}
	select {
	case <-s.loaded:
	case <-ctx.Done():
		p.leave(s)
		return nil, nil, &domain.Error{Kind: domain.Unavailable, Message: "the game could not be loaded in time", Err: ctx.Err()}
	}
	if s.err != nil {
		p.leave(s)
		return nil, nil, s.err
	}
	f := &follower{sink: sink}
	at, err := s.join(f)
	if err == nil && at.Version == 0 {
		f.gone.Store(true)
		err = domain.Refuse(domain.NotFound, "there is no such game")
	}
	if err != nil {
		p.leave(s)
		return nil, nil, err
	}
	return at, sync.OnceFunc(func() {
		f.gone.Store(true)
		p.leave(s)
	}), nil
}

// enter counts somebody who wants to follow a delayed game, and starts it for the first one. nil after Close.
func (p *Paced) enter(k key) *shared {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	s := p.games[k]
	if s == nil {
		s = &shared{key: k, loaded: make(chan struct{})}
		var ctx context.Context
		ctx, s.cancel = context.WithCancel(p.ctx)
		s.runner = newRunner(p, k.id)
		p.games[k] = s
		p.wg.Go(func() { s.run(ctx) })
	}
	s.refs++
	return s
}

// leave takes enter back; the game goes with the last one.
func (p *Paced) leave(s *shared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.refs--; s.refs == 0 {
		s.cancel()
		p.drop(s)
	}
}

func (p *Paced) drop(s *shared) {
	if p.games[s.key] == s {
		delete(p.games, s.key)
	}
}

// forget lets the next one who follows start afresh.
func (p *Paced) forget(s *shared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(s)
}

// run is the one goroutine of a delayed game.
func (s *shared) run(ctx context.Context) {
	p := s.paced
	defer p.forget(s)
	stop, err := s.begin(ctx)
	s.err = err
	close(s.loaded)
	if err != nil {
		return
	}
	defer stop()
	s.release(ctx)
}

// begin registers with the live feed and finds out what is released already.
func (s *shared) begin(ctx context.Context) (stop func(), err error) {
	p := s.paced
	live, stop, err := p.Live.Follow(ctx, s.id, &s.inbox)
	if err != nil {
		return nil, err
	}
	delay := max(s.key.by.Milliseconds(), live.Setup.Delay)
	s.wait = func(_ *game.State, step game.Step) time.Duration {
		if s.inbox.ended() {
			return 0
		}
		return time.Duration(step.Meta.At+delay-p.Wall()) * time.Millisecond
	}
	s.inbox.begin(live)
	if live.Status == game.Over {
		s.at = live
		return stop, nil
	}
	cutoff := p.Wall() - delay
	at := game.New(s.id)
	_, err = p.Past.After(ctx, at, func(step game.Step) bool {
		if step.Version() > live.Version || !history.Released(step, cutoff) {
			return false
		}
		at = step.After
		return true
	})
	if err != nil {
		stop()
		return nil, err
	}
	s.at = at
	return stop, nil
}
