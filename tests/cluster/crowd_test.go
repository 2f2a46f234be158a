package cluster_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/tests/corpus"
	"github.com/plygames/ply/tests/pgn"
	"github.com/plygames/ply/tests/robustness"
	"github.com/plygames/ply/transport/client"
)

// crowd plays games of the corpus at many tables at once, with a spectator on each watch server, and records what
// everybody was told.
type crowd struct {
	t      testing.TB
	record *robustness.Recorder
	table  *corpus.Table

	moves   atomic.Int64
	mu      sync.Mutex
	games   []string
	playing sync.WaitGroup
	stop    chan struct{}
}

// gather starts tables, each of which plays one game after the other until leave is called, and at least one. pace is
// how many commands are sent a second in all.
func gather(ctx context.Context, at *site, tables, pace int) *crowd {
	games, err := corpus.Games()
	if err != nil {
		at.t.Fatal(err)
	}
	c := &crowd{t: at.t, record: robustness.NewRecorder(), stop: make(chan struct{})}
	due := time.NewTicker(time.Second / time.Duration(pace))
	context.AfterFunc(ctx, due.Stop)
	c.table = (&corpus.Table{
		Site:  at.nobody(),
		Moved: func() { c.moves.Add(1) },
		Do: func(ctx context.Context, as *client.Client, g *client.Game, command client.Command) (client.Receipt, error) {
			select {
			case <-due.C:
			case <-ctx.Done():
				return client.Receipt{}, ctx.Err()
			}
			if rand.IntN(20) == 0 {
				c.record.Look(ctx, as, g.State().Game)
			}
			command.ID = client.NewID()
			return c.record.Try(g.State().Game, as.Person().ID, command, func() (client.Receipt, error) { return g.Do(ctx, command) })
		},
	}).Open()
	for _, w := range at.watch { // one on each, whatever the proxy thinks
		c.table.Watching = append(c.table.Watching, client.New(w.URL, client.Options{FirstReconnect: 200 * time.Millisecond, MaxReconnect: time.Second}))
	}
	for i := range tables {
		c.playing.Go(func() { c.sit(ctx, games, i, tables) })
	}
	return c
}

// sit plays every n-th game.
func (c *crowd) sit(ctx context.Context, games []pgn.Game, first, n int) {
	for i := first; ; i += n {
		g := games[i%len(games)]
		id, err := c.table.Play(ctx, g)
		if err != nil {
			c.t.Errorf("game %s (%s - %s): %v", id, g.Tags["White"], g.Tags["Black"], err)
			return
		}
		c.mu.Lock()
		c.games = append(c.games, id)
		c.mu.Unlock()
		select {
		case <-c.stop:
			return
		default:
		}
	}
}

// leave lets the games that are being played end, and waits for that.
func (c *crowd) leave() {
	close(c.stop)
	c.playing.Wait()
}

// played are the games that were played to their end.
func (c *crowd) played() map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make(map[string]bool, len(c.games))
	for _, id := range c.games {
		ids[id] = true
	}
	return ids
}
