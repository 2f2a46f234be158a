package robustness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/plygames/ply/transport/client"
)

// Crowd is people at many tables who play game after game, through whatever happens to the server.
type Crowd struct {
	stop    chan struct{}
	playing sync.WaitGroup
	acked   []atomic.Int64 // by table

	mu     sync.Mutex
	games  []string
	failed error
}

// Gather seats a crowd, which plays until it is told to leave. nobody is a client that speaks for no one; what is seen
// goes to record, and seed makes the choices.
func Gather(ctx context.Context, nobody *client.Client, record *Recorder, tables int, seed uint64) *Crowd {
	c := &Crowd{stop: make(chan struct{}), acked: make([]atomic.Int64, tables)}
	for i := range tables {
		c.playing.Go(func() {
			if err := c.sit(ctx, nobody, record, seed+uint64(i), &c.acked[i]); err != nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.failed = errors.Join(c.failed, fmt.Errorf("table %d: %w", i, err))
			}
		})
	}
	return c
}

func (c *Crowd) sit(ctx context.Context, nobody *client.Client, record *Recorder, seed uint64, acked *atomic.Int64) error {
	table, err := OpenTable(ctx, nobody, record, seed)
	if err != nil {
		return err
	}
	table.acked = acked
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

// Acked is how many commands were accepted at each table so far.
func (c *Crowd) Acked() []int64 {
	counts := make([]int64, len(c.acked))
	for i := range c.acked {
		counts[i] = c.acked[i].Load()
	}
	return counts
}

// Failed is why tables have been given up, nil as long as none was.
func (c *Crowd) Failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// Leave ends the games soon, waits until everybody is gone, and tells which games were played to their end.
func (c *Crowd) Leave() (games []string, err error) {
	close(c.stop)
	c.playing.Wait()
	return c.games, c.failed
}
