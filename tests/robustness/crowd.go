package robustness

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/plygames/ply/transport/client"
)

// Crowd is people at many tables who play game after game, through whatever happens to the server.
type Crowd struct {
	stop    chan struct{}
	playing sync.WaitGroup

	mu     sync.Mutex
	games  []string
	failed error
}

// Gather seats a crowd, which plays until it is told to leave. nobody is a client that speaks for no one; what is seen
// goes to record, and seed makes the choices.
func Gather(ctx context.Context, nobody *client.Client, record *Recorder, tables int, seed uint64) *Crowd {
	c := &Crowd{stop: make(chan struct{})}
	for i := range tables {
		c.playing.Go(func() {
			if err := c.sit(ctx, nobody, record, seed+uint64(i)); err != nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.failed = errors.Join(c.failed, fmt.Errorf("table %d: %w", i, err))
			}
		})
	}
	return c
}

func (c *Crowd) sit(ctx context.Context, nobody *client.Client, record *Recorder, seed uint64) error {
	table, err := OpenTable(ctx, nobody, record, seed)
	if err != nil {
		return err
	}
	for {
		select {
		case <-c.stop:
			return nil
		default:
		}
		id, err := table.Play(ctx, c.stop)
		if err != nil {
			return fmt.Errorf("game %s: %w", id, err)
		}
		c.mu.Lock()
		c.games = append(c.games, id)
		c.mu.Unlock()
	}
}

// Leave ends the games soon, waits until everybody is gone, and tells which games were played to their end.
func (c *Crowd) Leave() (games []string, err error) {
	close(c.stop)
	c.playing.Wait()
	return c.games, c.failed
}
