package crash_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/plygames/ply/infra/pebble"
)

var (
	cuts = flag.Int("cuts", envInt("PLY_CUTS", 2000), "power cuts to make")
	seed = flag.Uint64("seed", 0, "seed of the cuts; 0: the time")
)

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	appenders  = 8
	cutsPerRun = 8 // made one after the other while the same appenders run
)

// TestCuts is the proof that an acknowledged append survives a power cut.
func TestCuts(t *testing.T) {
	n := *cuts
	if testing.Short() {
		n = min(n, 200)
	}
	from := start(t)
	made, acks := 0, 0
	for run := uint64(0); made < n; run++ {
		some := min(cutsPerRun, n-made)
		seen, err := cutSeveral(vfs.NewCrashableMem(), nil, from+run, some)
		if err != nil {
			t.Fatalf("-seed=%d: %v", from+run, err)
		}
		made += some
		acks += seen
	}
	t.Logf("%d cuts, %d acknowledged appends, none lost, torn or out of order (seeds from %d)", made, acks, from)
}

// TestCutsSeeALyingDisk plants a bug: a disk that answers "synced" without syncing, so the store acknowledges too
// early. The same cuts must find it.
func TestCutsSeeALyingDisk(t *testing.T) {
	from := start(t)
	for run := range uint64(20) {
		disk := vfs.NewCrashableMem()
		_, err := cutSeveral(disk, lyingDisk{disk}, from+run, cutsPerRun)
		switch {
		case err == nil:
		case strings.Contains(err.Error(), "LOST"):
			t.Logf("seen in run %d: %v", run, err)
			return
		default:
			t.Fatalf("-seed=%d: found something else: %v", from+run, err)
		}
	}
	t.Fatalf("-seed=%d: the cuts did not see a disk that doesn't sync", from)
}

func start(t *testing.T) uint64 {
	t.Helper()
	if *seed != 0 {
		return *seed
	}
	return uint64(time.Now().UnixNano())
}

// cutSeveral runs appenders on a disk (through another view of it, if given) and cuts the power several times. It
// returns how many appends had been acknowledged by the last cut.
func cutSeveral(disk *vfs.MemFS, through vfs.FS, seed uint64, cuts int) (acks int, err error) {
	if through == nil {
		through = disk
	}
	random := rand.New(rand.NewPCG(seed, 0))
	store, err := pebble.Open(config(through, random))
	if err != nil {
		return 0, err
	}
	l := newLedger()
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	errs := make([]error, appenders)
	for i := range appenders {
		own := rand.New(rand.NewPCG(seed, uint64(i)+1))
		wg.Go(func() { errs[i] = l.appender(ctx, store, own.IntN) })
	}
	for i := 0; i < cuts && err == nil; i++ {
		pause(random)
		before := l.copy()
		left := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 50, 100}[i%3], RNG: random})
		after := l.copy()
		acks = before.acks
		l.gate.Lock() // the appenders rest while the machine is busy with checking
		if err = comeUp(left, random, before, after); err != nil {
			err = fmt.Errorf("cut %d: %w", i, err)
		}
		l.gate.Unlock()
	}
	stop()
	wg.Wait()
	return acks, errors.Join(append(errs, err, store.Close())...)
}

// config varies what decides when the store writes what: a small log is turned into tables within the run.
func config(fs vfs.FS, random *rand.Rand) pebble.Config {
	return pebble.Config{
		Dir: "data", FS: fs, Logger: slog.New(slog.DiscardHandler), CacheBytes: 16 << 20,
		LogBytes: []uint64{64 << 10, 256 << 10, 0}[random.IntN(3)], RecentMax: 64,
	}
}

// pause lets the appenders come some random way, from a few microseconds to some milliseconds.
func pause(random *rand.Rand) {
	<-time.After(time.Duration(random.ExpFloat64() * float64(2*time.Millisecond)))
}

// comeUp opens the store on what a cut left, checks it, writes to it and checks again after a proper restart.
func comeUp(left *vfs.MemFS, random *rand.Rand, before, after *ledger) error {
	for range 2 {
		store, err := pebble.Open(config(left, random))
		if err != nil {
			return fmt.Errorf("the store does not come up: %w", err)
		}
		err = check(store, before, after)
		if err == nil {
			err = goOn(store, before, after, random)
		}
		if err := errors.Join(err, store.Close()); err != nil {
			return err
		}
	}
	return nil
}

// goOn appends to the store that came up: it must be as good as new.
func goOn(store *pebble.Store, before, after *ledger, random *rand.Rand) error {
	more := newLedger()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	left := 20
	err := more.appender(ctx, store, func(n int) int {
		if left--; left == 0 {
			stop()
		}
		return random.IntN(n)
	})
	if err != nil {
		return err
	}
	for stream, batches := range more.sent {
		after.sent[stream] = batches
		before.acked[stream] = more.acked[stream]
	}
	return nil
}

// lyingDisk says "synced" and does nothing of the kind for the write-ahead log.
type lyingDisk struct{ vfs.FS }

type lyingFile struct{ vfs.File }

func (lyingFile) Sync() error     { return nil }
func (lyingFile) SyncData() error { return nil }

func (d lyingDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	if err == nil && strings.HasSuffix(name, ".log") {
		f = lyingFile{f}
	}
	return f, err
}

func (d lyingDisk) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(oldname, newname, c)
	if err == nil {
		f = lyingFile{f}
	}
	return f, err
}
