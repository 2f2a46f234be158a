package eventstore_test

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/conformance/eventstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPebble runs the suite over the embedded store on a real disk, with memories so small that subscribers fall out
// of them and heads are forgotten.
func TestPebble(t *testing.T) {
	for name, config := range map[string]pebble.Config{
		"as shipped":  {},
		"tiny memory": {RecentMax: 8, HeadsMax: 4},
	} {
		t.Run(name, func(t *testing.T) {
			eventstore.Test(t, func(tb eventstore.TB) eventstore.Harness {
				config := config
				config.Dir = t.TempDir()
				store := open(tb, config)
				tb.Cleanup(func() { shut(tb, store) })
				return eventstore.Harness{
					Store: store,
					Reopen: func() commands.EventStore {
						shut(tb, store)
						store = open(tb, config)
						return store
					},
				}
			})
		})
	}
}

// TestPebbleCrash runs it over a disk in memory whose power can be cut.
func TestPebbleCrash(t *testing.T) {
	eventstore.Test(t, func(tb eventstore.TB) eventstore.Harness {
		disk := vfs.NewCrashableMem()
		random := rand.New(rand.NewPCG(1, 2))
		store := open(tb, pebble.Config{Dir: "data", FS: disk})
		tb.Cleanup(func() { shut(tb, store) })
		return eventstore.Harness{
			Store: store,
			Crash: func() commands.EventStore {
				disk = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: random})
				up := open(tb, pebble.Config{Dir: "data", FS: disk})
				tb.Cleanup(func() { shut(tb, up) })
				return up
			},
		}
	})
}

func open(tb eventstore.TB, config pebble.Config) *pebble.Store {
	tb.Helper()
	store, err := pebble.Open(config)
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	return store
}

func shut(tb eventstore.TB, store *pebble.Store) {
	tb.Helper()
	if err := store.Close(); err != nil {
		tb.Errorf("close: %v", err)
	}
}
