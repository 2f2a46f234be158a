package eventstore_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/conformance/eventstore"
	"github.com/plygames/ply/tests/harness"
)

// TestEventStoreDB runs the suite over the adapter and our own server, once on a real disk and once with everything
// small. To be opened again is to have the server restarted: the adapter heals by itself.
func TestEventStoreDB(t *testing.T) {
	for name, c := range map[string]struct {
		disk   func(*testing.T) pebble.Config
		config eventstoredb.Config
	}{
		"as shipped": {func(t *testing.T) pebble.Config { return pebble.Config{Dir: t.TempDir()} }, eventstoredb.Config{}},
		"tiny pages": {
			func(*testing.T) pebble.Config { return pebble.Config{Dir: "data", FS: vfs.NewMem()} },
			eventstoredb.Config{PageEvents: 3, MaxInFlight: 35}, // the suite has 30 subscriptions at once
		},
	} {
		t.Run(name, func(t *testing.T) {
			eventstore.Test(t, func(tb eventstore.TB) eventstore.Harness {
				server := harness.ServeESDB(t, c.disk(t), esdbserver.Config{})
				config := c.config
				config.ConnectionString = server.URL()
				store := connect(tb, config)
				return eventstore.Harness{
					Store: store,
					Reopen: func() commands.EventStore {
						if err := server.Reopen(); err != nil {
							tb.Fatalf("restart: %v", err)
						}
						return store
					},
				}
			})
		})
	}
}

// TestEventStoreDBCrash runs it over a server whose disk is in memory and can lose its power. The adapter stays the same.
func TestEventStoreDBCrash(t *testing.T) {
	eventstore.Test(t, func(tb eventstore.TB) eventstore.Harness {
		disk := vfs.NewCrashableMem()
		random := rand.New(rand.NewPCG(1, 2))
		server := harness.ServeESDB(t, pebble.Config{Dir: "data", FS: disk}, esdbserver.Config{})
		store := connect(tb, eventstoredb.Config{ConnectionString: server.URL()})
		return eventstore.Harness{
			Store: store,
			Crash: func() commands.EventStore {
				disk = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: random})
				if err := server.Crash(pebble.Config{Dir: "data", FS: disk}); err != nil {
					tb.Fatalf("power up: %v", err)
				}
				return store
			},
		}
	})
}

// TestRealEventStoreDB runs it against a server that somebody else has made.
func TestRealEventStoreDB(t *testing.T) {
	url := harness.RealESDB()
	if url == "" {
		t.Skip("SKIPPED, NOT PROVEN: PLY_TEST_ESDB does not name a server")
	}
	eventstore.Test(t, func(tb eventstore.TB) eventstore.Harness {
		return eventstore.Harness{Store: connect(tb, eventstoredb.Config{ConnectionString: url})}
	})
}

func connect(tb eventstore.TB, config eventstoredb.Config) *eventstoredb.Store {
	tb.Helper()
	config.Logger = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	store, err := eventstoredb.Open(ctx, config)
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return store
}
