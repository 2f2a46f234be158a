package paced

import (
	"context"
	"sync"
	"time"

	"github.com/plygames/ply/domain/game"
)

// MaxGap is the longest pause in a replay at speed 1.
const MaxGap = 10 * time.Second

// Replay is a feed that shows a game again. Every follower has its own.
type Replay struct {
	paced *Paced
	base  Feed
	from  uint64
	speed float64
}

var _ Feed = Replay{}

// Follow gives the game as of the replay's first version; version 0 is a game without events. If the game has not come
// that far, it gives the newest state, and nothing follows: the caller sees that its version is less than asked for.
// Errors are those of the feed below, or Unavailable.
func (r Replay) Follow(ctx context.Context, id string, sink game.Sink) (*game.State, func(), error) {
	p := r.paced
	run := newRunner(p, id)
	newest, stop, err := r.base.Follow(ctx, id, &run.inbox)
	if err != nil {
		return nil, nil, err
	}
	if r.from > newest.Version {
		stop()
		return newest, func() {}, nil
	}
	run.inbox.begin(newest)
	run.at = newest
	if r.from < newest.Version {
		run.at = game.New(id)
		if r.from > 0 {
			run.at, err = p.Past.At(ctx, id, r.from)
		}
	}
	if err != nil {
		stop()
		return nil, nil, err
	}
	run.wait = r.rule()
	f := &follower{sink: sink}
	at, err := run.join(f)
	if err != nil {
		stop()
		return nil, nil, err
	}
	running, cancel := context.WithCancel(p.ctx)
	if !p.spawn(func() { defer stop(); run.release(running) }) {
		cancel()
		stop()
		return nil, nil, errClosed
	}
	return at, sync.OnceFunc(func() {
		f.gone.Store(true)
		cancel()
	}), nil
}

// rule spaces the steps. The times it aims at add up, so that late timers do not; once the replay has caught up they lie
// in the past, and what happens is shown at once.
func (r Replay) rule() func(*game.State, game.Step) time.Duration {
	aim := time.Now()
	var next uint64 // the version that aim is for
	return func(before *game.State, step game.Step) time.Duration {
		if r.speed <= 0 || before.Version == 0 {
			return 0
		}
		if next != step.Version() {
			next = step.Version()
			gap := time.Duration(step.Meta.At-before.At) * time.Millisecond
			aim = aim.Add(time.Duration(float64(min(max(gap, 0), MaxGap)) / r.speed))
		}
		return time.Until(aim)
	}
}
