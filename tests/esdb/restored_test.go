package esdb_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/tests/conformance/eventstore"
	"github.com/plygames/ply/tests/harness"
)

// TestRestored takes the store back to a backup, or to nothing, while a view and the relay follow it: both notice, and
// end with what the store then has. Without a proof the server would swallow everything up to their old place.
func TestRestored(t *testing.T) {
	for _, c := range []struct {
		name        string
		keep, later int // events in the backup, and how many are appended after it was put back
	}{
		{"a backup", 20, 5},
		{"a backup, and longer than before", 20, 60},
		{"an empty folder", 0, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := vfs.NewCrashableMem()
			server := harness.ServeESDB(t, pebble.Config{Dir: "data", FS: disk}, esdbserver.Config{})
			store := connect(t, server, eventstoredb.Config{Deadline: 500 * time.Millisecond})
			fill := func(n int) {
				for range n {
					script := eventstore.NewScript()
					if err := store.Append(context.Background(), script.Stream, 0, script.Say("x")); err != nil {
						t.Fatal(err)
					}
				}
			}
			fill(c.keep)
			backup := vfs.NewCrashableMem()
			if c.keep > 0 {
				backup = disk.CrashClone(vfs.CrashCloneCfg{}) // all that is durable
			}
			fill(50 - c.keep)

			view, folded := newCounter(), &seen{}
			views := folder(t)
			f := fold.New(fold.Config{Log: store, Views: views, View: view, Logger: slog.New(slog.DiscardHandler), Observer: folded})
			background(t, func(ctx context.Context) { _ = f.Run(ctx) })
			out := &wire{}
			r, err := relay.Open(context.Background(), relay.Config{
				Log: store, Bus: out, Checkpoints: &memory{}, Prover: store, Observer: folded, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			background(t, func(ctx context.Context) { _ = r.Run(ctx) })
			harness.Eventually(t, patience, "everything folded and published", func() bool {
				return view.count() == 50 && out.count() == 50
			})

			if err := server.Crash(pebble.Config{Dir: "data", FS: backup}); err != nil {
				t.Fatal(err)
			}
			harness.Eventually(t, patience, "the store is back", func() bool {
				_, err := store.Head(context.Background())
				return err == nil
			})
			fill(c.later)
			left := c.keep + c.later
			harness.Eventually(t, patience, fmt.Sprintf("a view of the %d events that there are", left), func() bool { return view.count() == left })
			harness.Eventually(t, patience, "all of them published again", func() bool { return out.count() == 50+left })
			if rebuilt, alarms := folded.counts(); rebuilt != 1 || alarms != 1 {
				t.Errorf("the view was rebuilt %d times, the relay raised %d alarms", rebuilt, alarms)
			}
		})
	}
}

// folder is a place for one view.
func folder(t *testing.T) projections.Views {
	own, err := pebble.Open(pebble.Config{Dir: "data", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Close() })
	views, err := own.View("counter")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = views.Close() })
	return views
}

// counter is a view that counts events.
type counter struct {
	mu sync.Mutex
	n  int
}

func newCounter() *counter { return &counter{} }

func (*counter) Name() string { return "counter" }
func (*counter) Schema() int  { return 1 }

func (*counter) Apply(tx *fold.Tx, _ event.Recorded) error {
	old, err := tx.Get("n")
	if err != nil {
		return err
	}
	tx.Set("n", binary.AppendUvarint(nil, number(old)+1))
	return nil
}

func (c *counter) Restore(rows fold.Rows) error {
	stored, err := rows.Get("n")
	c.set(stored)
	return err
}

func (c *counter) Committed(changes map[string][]byte) { c.set(changes["n"]) }

func (c *counter) set(stored []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n = int(number(stored))
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func number(stored []byte) uint64 {
	n, _ := binary.Uvarint(stored) // 0 of nothing
	return n
}

// seen observes the fold and the relay.
type seen struct {
	mu              sync.Mutex
	rebuilt, alarms int
}

func (*seen) Folded(string, int)         {}
func (*seen) Parked(string)              {}
func (*seen) Lag(string, time.Duration)  {}
func (*seen) Relayed(int, time.Duration) {}

func (s *seen) Rebuilt(string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rebuilt++
}

func (s *seen) Alarm(string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alarms++
}

func (s *seen) counts() (rebuilt, alarms int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rebuilt, s.alarms
}

// wire is a bus that counts.
type wire struct {
	mu sync.Mutex
	n  int
}

func (w *wire) Publish(_ context.Context, events []event.Recorded) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n += len(events)
	return nil
}

func (*wire) Watermark(context.Context, event.Position) error { return nil }

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

// memory keeps a checkpoint.
type memory struct {
	mu sync.Mutex
	at projections.Checkpoint
}

func (m *memory) Load(context.Context) (projections.Checkpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at, nil
}

func (m *memory) Save(_ context.Context, at projections.Checkpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = at
	return nil
}
