package redis_test

import (
	"context"
	"flag"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/tests/harness"
)

// Most tests here wait for time to pass, so more of them run at once than there are processors.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// soon bounds what must happen, on a machine that does other things too.
const soon = 30 * time.Second

// mustOpen opens a client that is closed with the test.
func mustOpen(t testing.TB, address string, change ...func(*redis.Config)) *redis.Client {
	t.Helper()
	config := redis.Config{Address: address, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for _, c := range change {
		c(&config)
	}
	c, err := redis.Open(config)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

func within(t testing.TB, d time.Duration) context.Context { return harness.Within(t, d) }

// answers waits until Redis answers a client.
func answers(t testing.TB, c *redis.Client) {
	t.Helper()
	harness.Eventually(t, soon, "redis answers", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return c.Ping(ctx) == nil
	})
}
