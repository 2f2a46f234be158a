package policies

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Overdue is the view of games in which something may have run out. Safe for concurrent use.
type Overdue interface {
	// Due lists games whose time was up at a moment (Unix ms) by the wall clock, the longest overdue first. A game that was
	// listed is not listed again for some seconds, here and in Orphans.
	Due(now int64, limit int) []string
	// Ghosts lists open games whose creators waited in them and have gone. One that was listed rests as well.
	Ghosts(limit int) []string
	// Orphans lists games with a running clock that was measured by a server which does not run any more.
	Orphans(running func(incarnation string) bool, limit int) []string
}

// Waker loads a game and ends what has run out in it.
type Waker interface {
	Wake(ctx context.Context, game string) error
}

// Deadlines wakes the games that no server may hold in memory: a view lists them, the game decides. A game whose server
// died is woken too, so that its clock runs on although nobody comes back.
type Deadlines struct {
	View    Overdue
	Games   Waker
	Running func(incarnation string) bool // whether a run of a server may still be alive
	Now     func() int64                  // Unix ms
	Every   time.Duration                 // between two looks
	Log     *slog.Logger
}

const (
	batch    = 256 // games in one look
	atOnce   = 16  // games woken at the same time
	maxSkew  = 60_000
	patience = 2 * time.Second
)

// Run looks for overdue games until ctx ends.
func (d *Deadlines) Run(ctx context.Context) {
	tick := time.NewTicker(d.Every)
	defer tick.Stop()
	started, startedAt := time.Now(), d.Now()
	for {
		orphans := d.View.Orphans(d.Running, batch)
		d.wake(ctx, orphans)
		ghosts := d.View.Ghosts(batch)
		d.wake(ctx, ghosts)
		var due []string
		// A wall clock that jumped makes games look overdue. Waking those whose clocks are live is harmless, but days are
		// counted by the wall: better late than wrong.
		drift := d.Now() - startedAt - time.Since(started).Milliseconds()
		if drift > -maxSkew && drift < maxSkew {
			due = d.View.Due(d.Now(), batch)
			d.wake(ctx, due)
		} else {
			d.Log.Warn("the wall clock has jumped; deadlines wait for it to come back, or for a restart", "ms", drift)
		}
		if len(orphans) == batch || len(ghosts) == batch || len(due) == batch {
			if ctx.Err() != nil {
				return
			}
			continue // there are more: after a crash, every game that was being played
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (d *Deadlines) wake(ctx context.Context, games []string) {
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for _, id := range games {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			if err := d.Games.Wake(ctx, id); err != nil && ctx.Err() == nil {
				d.Log.Warn("an overdue game could not be woken; it will be tried again", "game", id, "error", err)
			}
		})
	}
	wg.Wait()
}
