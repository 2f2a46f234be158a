package harness

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
)

// RealESDB is the connection string of a real EventStoreDB to test against, empty if there is none.
func RealESDB() string { return os.Getenv("PLY_TEST_ESDB") }

// SwitchJournal makes a real store, which remembers how earlier tests were set up, ready for one with the journal on this
// Redis, or without it. What those left in a Redis that is gone by now is given up.
func SwitchJournal(t testing.TB, store string, redisAddr string, on bool) {
	t.Helper()
	ctx := Within(t, time.Minute)
	events, err := eventstoredb.Open(ctx, eventstoredb.Config{ConnectionString: store, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = events.Close() }() // never fails
	if err := journal.GiveUp(ctx, events); err != nil {
		t.Fatal(err)
	}
	if !on {
		return
	}
	client, err := redis.Open(redis.Config{Address: redisAddr})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := journal.TurnOn(ctx, events, client); err != nil {
		t.Fatal(err)
	}
}
