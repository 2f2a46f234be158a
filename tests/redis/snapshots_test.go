package redis_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/tests/harness"
)

var _ relay.Checkpoints = (*redis.Checkpoints)(nil)

func TestSnapshotsAreSharedAndReplaced(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	here, there := redis.NewSnapshots(mustOpen(t, r.URL()), 0), redis.NewSnapshots(mustOpen(t, r.URL()), 0)
	ctx := within(t, soon)
	if b, err := here.Load(ctx, "g"); b != nil || err != nil {
		t.Errorf("none yet: %q, %v", b, err)
	}
	for _, snapshot := range [][]byte{{0, 255, '\r', '\n'}, bytes.Repeat([]byte{7}, 1<<20), {}} {
		if err := here.Save(ctx, "g", snapshot); err != nil {
			t.Fatal(err)
		}
		if b, err := there.Load(ctx, "g"); !bytes.Equal(b, snapshot) || err != nil {
			t.Errorf("%d bytes: %d bytes, %v", len(snapshot), len(b), err)
		}
	}
	if b, err := there.Load(ctx, "another"); b != nil || err != nil {
		t.Errorf("of another game: %q, %v", b, err)
	}
	c := mustOpen(t, r.URL())
	ms, err := c.Do(ctx, c.B().Pttl().Key(c.Key("snapshot", "g")).Build()).AsInt64()
	if d := time.Duration(ms) * time.Millisecond; err != nil || d > 24*time.Hour || d < 23*time.Hour {
		t.Errorf("it expires in %v, %v", d, err)
	}
	brief := redis.NewSnapshots(c, 50*time.Millisecond)
	if err := brief.Save(ctx, "g", []byte("x")); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, soon, "it is forgotten", func() bool {
		b, err := there.Load(ctx, "g")
		return b == nil && err == nil
	})
}

func TestSnapshotsDoNotHoldUpLoadsWithoutRedis(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	s := redis.NewSnapshots(mustOpen(t, r.URL()), 0)
	if err := s.Save(within(t, soon), "g", []byte("x")); err != nil {
		t.Fatal(err)
	}
	r.Pause()
	began := time.Now()
	for range 200 { // at a quarter of a second each they would take 50 s
		if b, err := s.Load(context.Background(), "g"); b != nil || !errors.Is(err, commands.ErrUnavailable) {
			t.Fatalf("frozen: %q, %v", b, err)
		}
		if err := s.Save(context.Background(), "g", nil); !errors.Is(err, commands.ErrUnavailable) {
			t.Fatalf("frozen: %v", err)
		}
	}
	if passed := time.Since(began); passed > 20*time.Second {
		t.Errorf("200 loads took %v", passed)
	}
	r.Resume()
	harness.Eventually(t, soon, "it is asked again", func() bool {
		b, err := s.Load(context.Background(), "g")
		return string(b) == "x" && err == nil
	})
	r.Flush()
	if b, err := s.Load(context.Background(), "g"); b != nil || err != nil {
		t.Errorf("after a flush: %q, %v", b, err)
	}
}

func TestCheckpointsOutliveRedisAndDoNotStopTheRelay(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	client := mustOpen(t, r.URL())
	c := redis.NewCheckpoints(client, "relay")
	ctx := within(t, 4*soon)
	if at, err := c.Load(ctx); at != (projections.Checkpoint{}) || err != nil {
		t.Errorf("none yet: %v, %v", at, err)
	}
	want := projections.Checkpoint{Position: "12/34", ID: event.ID{1, 2, 3}}
	if err := c.Save(ctx, want); err != nil {
		t.Fatal(err)
	}
	r.Kill9()
	harness.Eventually(t, soon, "the loss is noticed", func() bool { return client.Ping(ctx) != nil })
	if err := c.Save(ctx, projections.Checkpoint{Position: "13/0"}); err != nil {
		t.Errorf("without Redis the relay would stop: %v", err)
	}
	if _, err := c.Load(ctx); !errors.Is(err, commands.ErrUnavailable) {
		t.Errorf("loaded from nowhere: %v", err)
	}
	r.Restart()
	answers(t, client)
	if at, err := redis.NewCheckpoints(client, "relay").Load(ctx); at != want || err != nil {
		t.Errorf("after kill -9: %v, %v", at, err)
	}
	if at, err := redis.NewCheckpoints(client, "other").Load(ctx); at != (projections.Checkpoint{}) || err != nil {
		t.Errorf("of another reader: %v, %v", at, err)
	}
	if err := client.Do(ctx, client.B().Set().Key(client.Key("checkpoint", "relay")).Value("{").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if at, err := c.Load(ctx); at != (projections.Checkpoint{}) || err != nil {
		t.Errorf("unreadable: %v, %v", at, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.Save(ended, want); err == nil {
		t.Error("saved without any time")
	}
}
