package redis_test

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/auth"
)

// book is a server's own file of revocations.
type book struct {
	mu    sync.Mutex
	saved map[string]int64
}

func (b *book) All() (map[string]int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.saved), nil
}

func (b *book) Save(player string, at int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.saved == nil {
		b.saved = map[string]int64{}
	}
	b.saved[player] = at
	return nil
}

// gate is a server that knows people.
type gate struct {
	*server
	people *auth.Authority
	book   *book
	told   atomic.Int64 // how often others' revocations were told
}

func (s *site) startGate(name string) *gate {
	s.t.Helper()
	g := &gate{book: &book{}}
	g.server = s.start(name, func(c *redis.SignalsConfig, client *redis.Client) {
		c.Revocations = redis.NewRevocations(client, g.book)
		people, err := auth.New(context.Background(), auth.Config{Key: make([]byte, 32), Revoked: c.Revocations})
		if err != nil {
			s.t.Fatal(err)
		}
		g.people = people
		c.Revoked = func(player string, at time.Time) {
			g.told.Add(1)
			if err := people.Revoke(player, at); err != nil {
				s.t.Errorf("%s: %v", name, err)
			}
		}
	})
	return g
}

func (g *gate) believes(token string) bool { _, err := g.people.Verify(token); return err == nil }

func TestARevocationReachesAllServers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.startGate("a"), s.startGate("b")
	ann, token, err := a.people.Guest("Ann")
	if err != nil || !b.believes(token) {
		t.Fatalf("a guest of one server is nobody on another: %v", err)
	}
	_, bobs, err := a.people.Guest("Bob")
	if err != nil {
		t.Fatal(err)
	}
	sock := b.dial("/watch/"+id, "t-"+ann.ID)
	a.settled() // a message before the subscription would be learned of too, but not at once
	b.settled()
	if err := a.people.Revoke(ann.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, soon, "the other server knows", func() bool { return !b.believes(token) })
	if a.believes(token) || !a.believes(bobs) || !b.believes(bobs) {
		t.Error("the wrong ones are believed")
	}
	if code := sock.closed(); code != 4503 {
		t.Errorf("the socket there was closed with %d", code)
	}
	c := s.startGate("c") // starts later
	if c.believes(token) {
		t.Error("a server that starts later believes")
	}
	harness.Eventually(t, soon, "it keeps that itself", func() bool {
		saved, _ := c.book.All()
		return saved[ann.ID] != 0
	})
	harness.Eventually(t, soon, "so does the other", func() bool {
		saved, _ := b.book.All()
		return saved[ann.ID] != 0
	})
	if n := a.told.Load() + b.told.Load() + c.told.Load(); n > 4 {
		t.Errorf("told %d times: they echo each other", n)
	}
}

func TestARevocationWaitsForRedis(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.startGate("a"), s.startGate("b")
	ann, token, err := a.people.Guest("Ann")
	if err != nil {
		t.Fatal(err)
	}
	s.redis.Kill9()
	if err := a.people.Revoke(ann.ID, time.Now()); err != nil || a.believes(token) {
		t.Errorf("it does not hold where it was made: %v", err)
	}
	if saved, _ := a.book.All(); saved[ann.ID] == 0 {
		t.Error("it is not saved where it was made")
	}
	late := s.startGate("late") // starts without Redis, and without knowing
	s.redis.Restart()
	for _, g := range []*gate{b, late} {
		harness.Eventually(t, soon, "it is known everywhere", func() bool { return !g.believes(token) })
	}
	s.redis.Flush() // and told again by whoever knows
	client := mustOpen(t, s.redis.URL())
	harness.Eventually(t, soon, "Redis knows again", func() bool {
		ctx := within(t, soon)
		at, err := client.Do(ctx, client.B().Hget().Key(client.Key("revoked")).Field(ann.ID).Build()).AsInt64()
		return err == nil && at > 0
	})
	if c := s.startGate("c"); c.believes(token) {
		t.Error("a server that starts after the flush believes")
	}
}
