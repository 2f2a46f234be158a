package app

import (
	"context"
	"sync"
	"time"

	"github.com/plygames/ply/infra/liveclock"
)

// beside is what runs from before the first part is built until after the last one is closed.
type beside struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// run runs work until the end.
func (b *beside) run(work func(context.Context)) { b.running.Go(func() { work(b.ctx) }) }

// stop ends everything and waits for it.
func (b *beside) stop() {
	if b.cancel != nil {
		b.cancel()
	}
	b.running.Wait()
}

// markEvery is how often the server says that it is alive; see commands.Alive.
const markEvery = time.Second

// startClock starts the live clock and the mark of life that goes with it.
func (a *App) startClock(context.Context) error {
	a.clock = liveclock.New()
	a.beside.run(a.clock.Run)
	if err := a.alive.Mark(a.clock.Now()); err != nil {
		return err
	}
	a.beside.run(func(ctx context.Context) {
		tick := time.NewTicker(markEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := a.alive.Mark(a.clock.Now()); err != nil {
				a.log.Warn("mark of life not written; a crash now would charge players less than they used", "error", err)
			}
		}
	})
	return nil
}
