package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

// faultyDisk fails chosen operations once it is armed.
type faultyDisk struct {
	armed atomic.Bool
	hits  atomic.Int64
	fails func(errorfs.Op) error
}

func (f *faultyDisk) String() string { return "faulty disk" }

func (f *faultyDisk) MaybeError(op errorfs.Op) error {
	if !f.armed.Load() {
		return nil
	}
	err := f.fails(op)
	if err != nil {
		f.hits.Add(1)
	}
	return err
}

// failing is a disk on which an operation on files with an ending fails.
func failing(ending string, err error, kinds ...errorfs.OpKind) *faultyDisk {
	return &faultyDisk{fails: func(op errorfs.Op) error {
		for _, kind := range kinds {
			if op.Kind == kind && strings.HasSuffix(op.Path, ending) {
				return err
			}
		}
		return nil
	}}
}

var (
	errIO   = fmt.Errorf("injected: %w", syscall.EIO)
	errFull = fmt.Errorf("injected: %w", syscall.ENOSPC)
)

// TestFailedSyncStopsTheWriter: the append whose sync failed is unknown, so is its repetition, all else is refused for
// certain; reading goes on and shows nothing of it; the store closes, and opened anew it is whole.
func TestFailedSyncStopsTheWriter(t *testing.T) {
	for name, disk := range map[string]*faultyDisk{
		"sync":      failing(".log", errIO, errorfs.OpFileSync, errorfs.OpFileSyncData),
		"write":     failing(".log", errIO, errorfs.OpFileWrite),
		"disk full": failing(".log", errFull, errorfs.OpFileWrite),
	} {
		t.Run(name, func(t *testing.T) {
			mem := vfs.NewMem()
			s, err := pebble.Open(onMem(errorfs.Wrap(mem, disk)))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			shown := make(chan int, 100)
			subscribed := make(chan error, 1)
			go func() {
				subscribed <- s.SubscribeAll(ctx, "", func(events []event.Recorded) error {
					shown <- len(events)
					return nil
				})
			}()
			game, other := newScript("a"), newScript("b")
			mustAppend(t, s, game.next(2))
			if n := <-shown; n != 2 {
				t.Errorf("the subscriber was shown %d events", n)
			}
			disk.armed.Store(true)
			lost := game.next(3)
			mustBe(t, appendTo(s, lost), commands.ErrUnknown)
			mustBe(t, appendTo(s, lost), commands.ErrUnknown)
			mustBe(t, appendTo(s, other.next(1)), commands.ErrUnavailable)
			if n := length(t, s, game.stream); n != 2 {
				t.Errorf("a reader sees %d events; 2 are durable", n)
			}
			if head, err := s.Head(ctx); head != "0000000000000002" || err != nil {
				t.Errorf("head is %q, %v", head, err)
			}
			if all, err := collect(s.ReadAll(ctx, "")); len(all) != 2 || err != nil {
				t.Errorf("%d events in all, %v", len(all), err)
			}
			disk.armed.Store(false) // a disk that works again changes nothing
			mustBe(t, appendTo(s, other.next(1)), commands.ErrUnavailable)
			cancel()
			mustBe(t, <-subscribed, context.Canceled)
			if len(shown) != 0 {
				t.Errorf("the subscriber was shown more than what is durable")
			}
			if err := s.Close(); err == nil {
				t.Errorf("close does not tell that writing had failed")
			}
			up := mustOpen(t, onMem(mem))
			if n := length(t, up, game.stream); n != 2 && n != 5 {
				t.Errorf("after opening anew there are %d events; want 2 or all 5", n)
			}
			mustAppend(t, up, lost) // the repetition tells, whatever it was
			mustAppend(t, up, newScript("c").next(1))
			if err := up.Verify(context.Background(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFailuresAreContained fails everything else that Pebble does while appends turn logs into tables. Whatever fails,
// the process lives, reads go on, nothing acknowledged is lost, and closing ends.
func TestFailuresAreContained(t *testing.T) {
	changes := []errorfs.OpKind{
		errorfs.OpCreate, errorfs.OpReuseForWrite, errorfs.OpFileWrite, errorfs.OpFileSync, errorfs.OpFileSyncData,
		errorfs.OpFileSyncTo, errorfs.OpFilePreallocate, errorfs.OpFileClose, errorfs.OpRename, errorfs.OpRemove,
	}
	type fault struct {
		ending string
		kind   errorfs.OpKind
	}
	faults := map[string]fault{
		"directory sync": {"/events", errorfs.OpFileSync},
	}
	for _, kind := range changes {
		for _, ending := range []string{".log", ".sst", "MANIFEST-000001", ""} {
			faults[fmt.Sprintf("operation %d on files ending in %q", kind, ending)] = fault{ending, kind}
		}
	}
	for name, f := range faults {
		for _, after := range []int64{0, 7} {
			t.Run(fmt.Sprintf("%s, the %dth time", name, after+1), func(t *testing.T) {
				t.Parallel()
				disk := failing(f.ending, errIO, f.kind)
				once := disk.fails
				var seen atomic.Int64
				disk.fails = func(op errorfs.Op) error {
					if strings.Contains(op.Path, "snapshots") || once(op) == nil || seen.Add(1) <= after {
						return nil
					}
					return errIO
				}
				contained(t, disk)
			})
		}
	}
}

func contained(t *testing.T, disk *faultyDisk) {
	mem := vfs.NewCrashableMem()
	config := onMem(errorfs.Wrap(mem, disk))
	config.LogBytes = 64 << 10
	s, err := pebble.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	disk.armed.Store(true)
	acked := make([]int, 4)
	games := make([]*script, len(acked))
	var wg sync.WaitGroup
	for i := range acked {
		games[i] = newScript(fmt.Sprint(i))
		wg.Go(func() {
			for acked[i] < 600 {
				ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
				events := games[i].next(10)
				err := s.Append(ctx, games[i].stream, events[0].Version-1, events)
				cancel()
				if err != nil {
					if !errors.Is(err, commands.ErrUnknown) && !errors.Is(err, commands.ErrUnavailable) {
						t.Error(err)
					}
					return
				}
				acked[i] += len(events)
			}
		})
	}
	wg.Wait()
	for i, n := range acked {
		if got := length(t, s, games[i].stream); got < n {
			t.Errorf("a reader sees %d events; %d were acknowledged", got, n)
		}
	}
	crashed := mem.CrashClone(vfs.CrashCloneCfg{})
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = s.Close() // may tell of the failure, or not
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("close does not end")
	}
	for what, fs := range map[string]vfs.FS{"closing": mem, "a power cut": crashed} {
		up, err := pebble.Open(onMem(fs))
		if err != nil {
			t.Errorf("after %s: %v", what, err)
			continue
		}
		for i, n := range acked {
			if got := length(t, up, games[i].stream); got < n {
				t.Errorf("after %s there are %d events; %d were acknowledged", what, got, n)
			}
		}
		if err := errors.Join(up.Verify(context.Background(), nil), up.Close()); err != nil {
			t.Errorf("after %s: %v", what, err)
		}
	}
}

// TestNearlyFullDisk: appends are refused for certain, reads go on, and writing comes back by itself.
func TestNearlyFullDisk(t *testing.T) {
	mem := vfs.NewMem()
	config := onMem(mem)
	config.MinFree = 1 << 20
	s := mustOpen(t, config)
	game := newScript("g")
	mustAppend(t, s, game.next(1))
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1<<20 - 1, TotalBytes: 1 << 30, UsedBytes: 1 << 30})
	var refused error
	eventually(t, "the refusal", func() bool {
		if refused != nil {
			return true
		}
		if refused = appendTo(s, game.next(1)); refused == nil {
			return false
		}
		return true
	})
	mustBe(t, refused, commands.ErrUnavailable)
	if !strings.Contains(refused.Error(), "disk is nearly full") {
		t.Errorf("the message does not say why: %v", refused)
	}
	there := length(t, s, game.stream)
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30, TotalBytes: 1 << 31, UsedBytes: 1 << 30})
	again := newScript("h").next(1)
	eventually(t, "writing to come back", func() bool { return appendTo(s, again) == nil })
	if n := length(t, s, game.stream); n != there {
		t.Errorf("the refused append was written: %d events instead of %d", n, there)
	}
}
