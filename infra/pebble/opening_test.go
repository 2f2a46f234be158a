package pebble_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/plygames/ply/infra/pebble"
)

// TestOpeningOnAFailingDisk: a store that can't write while it is being opened says so and does not wait for a better
// disk, wherever the disk begins to fail, for once or for good; and nothing is lost by the attempt.
func TestOpeningOnAFailingDisk(t *testing.T) {
	disk := vfs.NewCrashableMem()
	config := onMem(disk)
	config.LogBytes = 64 << 10 // opening turns more than that into tables
	s := mustOpen(t, config)
	game := newScript("g")
	for range 100 {
		mustAppend(t, s, game.next(10))
	}
	for _, forGood := range []bool{true, false} {
		refused := 0
		for first := int64(1); ; first += 1 + first/4 {
			left := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
			var writes atomic.Int64
			faulty := &faultyDisk{fails: func(op errorfs.Op) error {
				switch op.Kind {
				case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpReuseForWrite:
					if n := writes.Add(1); n == first || n > first && forGood {
						return errFull
					}
				}
				return nil
			}}
			faulty.armed.Store(true)
			config.FS = errorfs.Wrap(left, faulty)
			s, err := pebble.Open(config)
			met := faulty.hits.Load() > 0
			faulty.armed.Store(false)
			if err == nil {
				_ = s.Close() // a folder that ran into the failure after it was open has told so
			} else {
				refused++
			}
			config.FS = left
			hasAll(t, fmt.Sprintf("write %d", first), config, game)
			if !met {
				break
			}
		}
		if refused < 5 {
			t.Errorf("only %d attempts failed: the disk was not written to", refused)
		}
	}
}

// hasAll opens a store that must have all of a game.
func hasAll(t *testing.T, when string, config pebble.Config, game *script) {
	t.Helper()
	s, err := pebble.Open(config)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	if n := length(t, s, game.stream); uint64(n) != game.version {
		t.Errorf("%s: %d of %d events", when, n, game.version)
	}
	if err := s.Verify(context.Background(), nil); err != nil {
		t.Errorf("%s: %v", when, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("%s: %v", when, err)
	}
}
