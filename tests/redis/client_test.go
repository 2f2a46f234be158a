package redis_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/tests/harness"
)

func TestAnAddressIsTakenOrRefusedWithoutShowingIt(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "localhost", "http://secret@h:1", "redis://:secret@h:1/x", "redis://:secret@h:1/0?master_set=m",
		"redis://:secret@h:1?addr=h2:1", "redis://user:secret@h:1/%zz",
	} {
		c, err := redis.Open(redis.Config{Address: address})
		if err == nil {
			c.Close()
			t.Errorf("%q: taken", address)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error shows it: %v", address, err)
		}
	}
}

func TestAPasswordIsNeededAndGiven(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t, "requirepass secret")
	for _, address := range []string{r.Addr, "redis://:wrong@" + r.Addr} {
		if c, err := redis.Open(redis.Config{Address: address}); err == nil {
			c.Close()
			t.Errorf("%s: let in", address)
		}
	}
	c := mustOpen(t, "redis://:secret@"+r.Addr+"/3")
	if err := c.Ping(within(t, soon)); err != nil {
		t.Error(err)
	}
}

func TestARedisThatIsNotThereCostsNoTime(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	r.Stop()
	c := mustOpen(t, r.URL())
	err := c.Ping(within(t, soon))
	if !errors.Is(err, commands.ErrUnavailable) || !redis.NotSent(err) || redis.Answered(err) {
		t.Errorf("not there: %v", err)
	}
	r.Restart()
	answers(t, c)
	r.Kill9()
	harness.Eventually(t, soon, "the loss is noticed", func() bool {
		err := c.Ping(within(t, soon))
		return errors.Is(err, commands.ErrUnavailable) && redis.NotSent(err)
	})
	r.Restart()
	answers(t, c)
}

func TestNoCallOutlivesItsContext(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	c := mustOpen(t, r.URL(), func(c *redis.Config) { c.Silence = time.Minute }) // nothing else may end them
	if err := c.Ping(within(t, soon)); err != nil {
		t.Fatal(err)
	}
	r.Pause()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var calls sync.WaitGroup
	failed := make(chan error, 6000)
	for range 3000 { // more than the library has room for, and it does not look at contexts while it waits for room
		calls.Go(func() { failed <- c.Ping(ctx) })
		calls.Go(func() {
			results := c.DoMulti(ctx, c.B().Incr().Key("a").Build(), c.B().Incr().Key("b").Build())
			if len(results) != 2 {
				t.Errorf("%d results", len(results))
			}
			failed <- redis.Failed("count", results[1].Error())
		})
	}
	ended := make(chan struct{})
	go func() { calls.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(soon):
		t.Fatal("calls outlive their context")
	}
	for range 6000 {
		if err := <-failed; !errors.Is(err, commands.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("frozen: %v", err)
		}
	}
	if err := c.Ping(ctx); !redis.NotSent(err) {
		t.Errorf("no time left, but sent all the same: %v", err)
	}
	r.Resume()
	answers(t, c)
}

func TestAnOutcomeThatIsNotKnownIsNotCalledUnsent(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	c := mustOpen(t, r.URL())
	if err := c.Ping(within(t, soon)); err != nil {
		t.Fatal(err)
	}
	r.Pause()
	for range 20 { // some on a connection that exists
		err := c.Do(within(t, 50*time.Millisecond), c.B().Set().Key("n").Value("1").Build()).Error()
		if err == nil || redis.NotSent(err) || redis.Answered(err) {
			t.Fatalf("in flight: %v", err)
		}
	}
	r.Resume() // and there it is, although its callers have left
	harness.Eventually(t, soon, "the command has arrived", func() bool {
		n, err := c.Do(within(t, soon), c.B().Get().Key("n").Build()).AsInt64()
		return err == nil && n == 1
	})
}

func TestWhatRedisAnswersIsToldApart(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	c := mustOpen(t, r.URL())
	ctx := within(t, soon)
	err := c.Do(ctx, c.B().Get().Key("nothing").Build()).Error()
	if err == nil || redis.Failed("get", err) != nil || redis.Answered(err) || redis.NotSent(err) {
		t.Errorf("no such key: %v", err)
	}
	if err := c.Do(ctx, c.B().Set().Key("k").Value("v").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	err = c.Do(ctx, c.B().Incr().Key("k").Build()).Error()
	if !redis.Answered(err) || errors.Is(redis.Failed("count", err), commands.ErrUnavailable) {
		t.Errorf("not a number: %v", err)
	}
	r.Set("maxmemory", "1")
	err = c.Do(ctx, c.B().Set().Key("k").Value("v").Build()).Error()
	if !redis.Answered(err) || !errors.Is(redis.Failed("write", err), commands.ErrUnavailable) {
		t.Errorf("no memory: %v", err)
	}
	twice := rueidis.NewLuaScript(`return tonumber(ARGV[1]) * 2`)
	if n, err := c.Exec(ctx, twice, nil, []string{"21"}).AsInt64(); n != 42 || err != nil {
		t.Errorf("script: %d, %v", n, err)
	}
	results := c.ExecMulti(ctx, twice, rueidis.LuaExec{Args: []string{"1"}}, rueidis.LuaExec{Args: []string{"2"}})
	if n, err := results[1].AsInt64(); len(results) != 2 || n != 4 || err != nil {
		t.Errorf("scripts: %d, %v", n, err)
	}
	if got := c.Key("a", "b"); got != "ply:a:b" {
		t.Errorf("key %q", got)
	}
}
