package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/conformance/eventstore"
	"github.com/plygames/ply/tests/harness"
)

// TestRestartsUnderLoad breaks the server off again and again while writers append, each as a server of games does: with
// a short context, and the very same events again until it is known what became of them. In the end every stream holds
// each batch once, and a subscriber has seen everything once.
func TestRestartsUnderLoad(t *testing.T) {
	const writers, restarts = 12, 8
	server := harness.ServeESDB(t, pebble.Config{Dir: "data", FS: vfs.NewMem()}, esdbserver.Config{})
	store := connect(t, server, eventstoredb.Config{})
	shown := &shown{}
	background(t, func(ctx context.Context) {
		if err := store.SubscribeAll(ctx, "", shown.take); ctx.Err() == nil {
			t.Errorf("the subscription ended: %v", err)
		}
	})
	stop := make(chan struct{})
	var acked, unknown, unavailable atomic.Int64
	var running sync.WaitGroup
	scripts := make([]eventstore.Script, writers)
	for w := range writers {
		scripts[w] = eventstore.NewScript()
		script := &scripts[w]
		running.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				expected := script.Version
				events := script.Say(make([]string, 1+n%3)...)
				for {
					ctx, cancel := context.WithTimeout(context.Background(), 1800*time.Millisecond)
					err := store.Append(ctx, script.Stream, expected, events)
					cancel()
					if err == nil {
						break
					}
					switch {
					case errors.Is(err, commands.ErrUnknown):
						unknown.Add(1)
					case errors.Is(err, commands.ErrUnavailable):
						unavailable.Add(1)
					default:
						t.Errorf("an append that nobody competes with: %v", err)
						return
					}
				}
				acked.Add(int64(len(events)))
			}
		})
	}
	for range restarts {
		goal := acked.Load() + 60
		harness.Eventually(t, patience, "60 more events", func() bool { return acked.Load() >= goal })
		if err := server.Reopen(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	running.Wait()
	t.Logf("%d events acknowledged; %d outcomes were unknown, %d times the store was away", acked.Load(), unknown.Load(), unavailable.Load())

	total := 0
	for i := range scripts {
		script := &scripts[i]
		there := 0
		for e, err := range store.ReadStream(context.Background(), script.Stream, 1) {
			if err != nil {
				t.Fatal(err)
			}
			if there++; e.Version != uint64(there) {
				t.Fatalf("%s has version %d at place %d", script.Stream, e.Version, there)
			}
			if uint64(there) == script.Version && e.ID != script.Hash.ID() {
				t.Errorf("%s ends with another event than the one sent", script.Stream)
			}
		}
		if uint64(there) != script.Version {
			t.Errorf("%s has %d events; %d were acknowledged", script.Stream, there, script.Version)
		}
		total += there
	}
	harness.Eventually(t, patience, fmt.Sprintf("%d events at the subscriber", total), func() bool { return shown.count() >= total })
	shown.once(t)
}

// TestClusters connects through gossip: by several addresses, of which one is dead, and by a name.
func TestClusters(t *testing.T) {
	for name, url := range map[string]func(address string) string{
		"addresses": func(address string) string { return "esdb://127.0.0.1:1," + address + "?tls=false" },
		"name":      func(address string) string { return "esdb+discover://" + address + "?tls=false" },
	} {
		t.Run(name, func(t *testing.T) {
			server := harness.ServeESDB(t, pebble.Config{Dir: "data", FS: vfs.NewMem()}, esdbserver.Config{})
			store, err := eventstoredb.Open(harness.Within(t, patience), eventstoredb.Config{
				ConnectionString: url(server.Address()), Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = store.Close() }() // never fails
			script := eventstore.NewScript()
			for range 3 {
				expected := script.Version
				events := script.Say("x")
				harness.Eventually(t, patience, "an append", func() bool {
					return store.Append(context.Background(), script.Stream, expected, events) == nil
				})
				if err := server.Reopen(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// shown is what a subscriber saw.
type shown struct {
	mu     sync.Mutex
	events []event.Recorded
}

func (s *shown) take(batch []event.Recorded) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, batch...)
	return nil
}

func (s *shown) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events)
}

// once checks that each stream's versions came one after the other.
func (s *shown) once(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := map[event.Stream]uint64{}
	for _, e := range s.events {
		if e.Version != last[e.Stream]+1 {
			t.Fatalf("%s: version %d was shown after %d", e.Stream, e.Version, last[e.Stream])
		}
		last[e.Stream] = e.Version
	}
}
