package pebble_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/commands"
)

// stallingDisk holds up the syncs of the write-ahead log while its gate is closed.
type stallingDisk struct {
	vfs.FS
	gate    sync.RWMutex
	arrived chan struct{}
}

type stallingFile struct {
	vfs.File
	disk *stallingDisk
}

func (d *stallingDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	if err == nil && strings.Contains(name, "events") && strings.HasSuffix(name, ".log") {
		f = stallingFile{f, d}
	}
	return f, err
}

func (f stallingFile) Sync() error {
	select {
	case f.disk.arrived <- struct{}{}:
	default:
	}
	f.disk.gate.RLock()
	defer f.disk.gate.RUnlock()
	return f.File.Sync()
}

func (f stallingFile) SyncData() error { return f.Sync() }

// TestStalledSync holds a sync up and looks at everybody who waits: the append in hand is unknown when its caller's
// time is over, so is its repetition; one that has not begun is certainly not written, and never will be; and
// nobody is shown what is not durable yet.
func TestStalledSync(t *testing.T) {
	disk := &stallingDisk{FS: vfs.NewMem(), arrived: make(chan struct{}, 1)}
	s := mustOpen(t, onMem(disk))
	ctx := context.Background()
	ended, cancel := context.WithCancel(ctx)
	cancel()

	game, waits, refused := newScript("a"), newScript("b"), newScript("c")
	mustAppend(t, s, game.next(1))
	select {
	case <-disk.arrived:
	default:
		t.Fatal("an append was acknowledged without a sync")
	}

	disk.gate.Lock()
	open := sync.OnceFunc(disk.gate.Unlock)
	defer open()
	inHand := game.next(2)
	begun, end := context.WithCancel(ctx)
	unknown := make(chan error, 1)
	go func() { unknown <- s.Append(begun, game.stream, 1, inHand) }()
	<-disk.arrived
	end()
	mustBe(t, <-unknown, commands.ErrUnknown)
	mustBe(t, s.Append(ended, game.stream, 1, inHand), commands.ErrUnknown)

	never := refused.next(1)
	late, stop := context.WithTimeout(ctx, 20*time.Millisecond)
	defer stop()
	mustBe(t, s.Append(late, refused.stream, 0, never), commands.ErrUnavailable)
	patient := make(chan error, 1)
	go func() { patient <- s.Append(ctx, waits.stream, 0, waits.next(1)) }()

	if n := length(t, s, game.stream); n != 1 {
		t.Errorf("a reader sees %d events; 1 is durable", n)
	}
	if head, _ := s.Head(ctx); head != "0000000000000001" {
		t.Errorf("the head is %q before the sync", head)
	}
	if all, err := collect(s.ReadAll(ctx, "")); len(all) != 1 || err != nil {
		t.Errorf("%d events in all, %v", len(all), err)
	}

	open()
	mustBe(t, <-patient, nil)
	mustBe(t, s.Append(ctx, game.stream, 1, inHand), nil)
	if n := length(t, s, game.stream); n != 3 {
		t.Errorf("%d events; want 3", n)
	}
	if n := length(t, s, refused.stream); n != 0 {
		t.Errorf("an append that was refused for certain left %d events", n)
	}
}

// TestConflictWithWhatIsNotDurable: who loses against an append of the same batch is told so only when that is
// durable, and then finds its events.
func TestConflictWithWhatIsNotDurable(t *testing.T) {
	disk := &stallingDisk{FS: vfs.NewMem(), arrived: make(chan struct{}, 1)}
	s := mustOpen(t, onMem(disk))
	mustAppend(t, s, newScript("warm-up").next(1))
	<-disk.arrived
	disk.gate.Lock()
	go func() { _ = appendTo(s, newScript("in-hand").next(1)) }()
	<-disk.arrived

	// These all queue up behind the stalled one and become one batch: of two rivals one wins, twins both do.
	const rivals = 8
	answers := make(chan error, 2*rivals)
	var sent sync.WaitGroup
	for i := range rivals {
		events := newScript("g").next(1 + i%2)
		for range 2 {
			sent.Add(1)
			go func() {
				sent.Done()
				answers <- s.Append(context.Background(), events[0].Stream, 0, events)
			}()
		}
	}
	sent.Wait()
	disk.gate.Unlock()
	for range 2 * rivals {
		if err := <-answers; err != nil {
			mustBe(t, err, commands.ErrConflict)
		}
	}
	if n := length(t, s, "game-g"); n != 1 && n != 2 {
		t.Errorf("%d events; want those of one append", n)
	}
}
