package metamorphic_test

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/tests/conformance/metamorphic"
	"github.com/plygames/ply/tests/harness"
)

// stores are the event stores, each made afresh for one run.
var stores = []struct {
	name string
	open func(*testing.T) commands.EventStore
}{
	{"embedded", embedded},
	{"EventStoreDB", served},
	{"journal", journalled},
}

func closing(t *testing.T, c io.Closer) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

func embedded(t *testing.T) commands.EventStore {
	store, err := pebble.Open(pebble.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, store)
	return store
}

// served is a store behind EventStoreDB's protocol: our own server, or the one that PLY_TEST_ESDB names, which all runs
// share.
func served(t *testing.T) commands.EventStore {
	url := harness.RealESDB()
	if url == "" {
		url = harness.ServeESDB(t, pebble.Config{Dir: t.TempDir()}, esdbserver.Config{}).URL()
	}
	store, err := eventstoredb.Open(t.Context(), eventstoredb.Config{ConnectionString: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, store)
	return metamorphic.Tagged(store)
}

func journalled(t *testing.T) commands.EventStore {
	store := served(t)
	client, err := redis.Open(redis.Config{Address: harness.StartRedis(t).Addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	j, err := journal.Open(t.Context(), store, client, journal.Options{Config: journal.Config{FlushEvery: 5 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, j)
	return j
}

// TestNothingOfThatMatters runs the script in every way and compares.
func TestNothingOfThatMatters(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	script := metamorphic.Script{Seed: seed, Games: 6, Steps: 600}
	var first metamorphic.Trace
	for _, store := range stores {
		for _, every := range []uint64{1, 7, math.MaxUint64} {
			for _, restarts := range []bool{false, true} {
				name := fmt.Sprintf("%s, a snapshot every %d, restarts %t", store.name, every, restarts)
				t.Run(name, func(t *testing.T) {
					v := metamorphic.Variant{Store: store.open(t), SnapshotEvery: every}
					if restarts {
						random := rand.New(rand.NewPCG(seed, every))
						v.Restart = func(int) (bool, bool) { return random.IntN(20) == 0, random.IntN(2) == 0 }
					}
					trace, err := script.Run(t.Context(), v)
					if err != nil {
						t.Fatal(err)
					}
					if first == nil {
						first = trace
						if moves := played(trace); moves < 200 {
							t.Errorf("%d moves in %d answers: the script proves little", moves, len(trace))
						}
						return
					}
					compare(t, trace, first)
				})
			}
		}
	}
}

func compare(t *testing.T, got, want metamorphic.Trace) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d answers, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("answer %d is %q, want %q", i, got[i], want[i])
		}
	}
}

// played counts the moves that were accepted.
func played(trace metamorphic.Trace) (moves int) {
	for _, line := range trace {
		if strings.HasSuffix(line, " false") && strings.Contains(line, " move: ") {
			moves++
		}
	}
	return moves
}
