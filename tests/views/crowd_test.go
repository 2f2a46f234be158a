package views_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// crowd plays and reads while views are rebuilt. Between away and back nobody asks anything, for the server is down.
type crowd struct {
	t       *testing.T
	server  *harness.Server
	ctx     context.Context
	cancel  context.CancelFunc
	gate    sync.RWMutex
	pace    *time.Ticker
	running sync.WaitGroup

	mu          sync.Mutex
	games, asks int
}

func newCrowd(t *testing.T, server *harness.Server) *crowd {
	c := &crowd{t: t, server: server, pace: time.NewTicker(10 * time.Millisecond)}
	c.ctx, c.cancel = context.WithCancel(harness.Within(t, 4*patience))
	nobody := server.Client()
	var guests [2]*client.Client
	for i, name := range []string{"Ann", "Bob"} {
		var err error
		if guests[i], err = nobody.Guest(c.ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 2 {
		c.running.Go(func() { c.read(rand.New(rand.NewPCG(uint64(n), 1)), guests[0].Person().ID) })
	}
	c.running.Go(func() { c.play(guests) })
	return c
}

func (c *crowd) away() { c.gate.Lock() }
func (c *crowd) back() { c.gate.Unlock() }

// leave ends it. games and asks are what was done.
func (c *crowd) leave() (games, asks int) {
	c.cancel()
	c.running.Wait()
	c.pace.Stop()
	return c.games, c.asks
}

// open has one thing done while the server is up, after a short rest: the crowd shall not take all of the machine.
func (c *crowd) open(do func()) bool {
	select {
	case <-c.pace.C:
	case <-c.ctx.Done():
		return false
	}
	c.gate.RLock()
	defer c.gate.RUnlock()
	if c.ctx.Err() != nil {
		return false
	}
	do()
	return c.ctx.Err() == nil
}

// play begins games and gives them up: each is a change of every list.
func (c *crowd) play(guests [2]*client.Client) {
	for c.open(func() {
		made, err := guests[0].Create(c.ctx, client.NewGame{Kind: "chess", Seat: "white", Access: "open"})
		if err == nil {
			_, err = guests[1].Sit(c.ctx, made.Game, "black", "")
		}
		if err == nil {
			abort := client.Plain("abort")
			abort.ID, abort.V = client.NewID(), 4
			_, err = guests[0].Command(c.ctx, made.Game, abort)
		}
		if err != nil && c.ctx.Err() == nil {
			c.t.Errorf("play: %v", err)
			c.cancel()
			return
		}
		c.mu.Lock()
		c.games++
		c.mu.Unlock()
	}) {
	}
}

// read looks at lists whose length is known, and at one that grows.
func (c *crowd) read(r *rand.Rand, growing string) {
	most := 0
	for c.open(func() {
		person := r.IntN(people)
		if ended := c.count(fmt.Sprintf("status=ended&player=past%d", person)); ended != gamesOf-1 && c.ctx.Err() == nil {
			c.t.Errorf("past%d has %d ended games, want %d", person, ended, gamesOf-1)
		}
		if live := c.count(fmt.Sprintf("status=live&player=past%d", person)); live != 1 && c.ctx.Err() == nil {
			c.t.Errorf("past%d has %d unfinished games, want 1", person, live)
		}
		n := c.count("status=ended&player=" + growing)
		if n < most && c.ctx.Err() == nil {
			c.t.Errorf("%d games after %d", n, most)
		}
		most = max(most, n)
		c.mu.Lock()
		c.asks += 3
		c.mu.Unlock()
	}) {
	}
}

func (c *crowd) count(query string) int {
	var list struct{ Games []struct{ Game string } }
	if err := get(c.server.URL+"/api/games?limit=200&"+query, &list); err != nil {
		c.t.Errorf("list %s: %v", query, err)
	}
	return len(list.Games)
}
