package eventstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/tests/conformance/eventstore"
	"github.com/plygames/ply/tests/harness"
)

// TestJournal runs the suite over the Redis journal, with a real Redis that syncs every write: over EventStoreDB's
// adapter and our own server, as it is made for, and over the embedded store (which the server itself refuses: it is as
// fast alone). A cut of the power is a kill -9 of Redis: what it has synced comes back from its append-only file.
func TestJournal(t *testing.T) {
	harness.NeedPackage(t, "redis-server", "redis-server")
	for name, below := range map[string]func(*testing.T, eventstore.TB) commands.EventStore{
		"over the embedded store": func(t *testing.T, tb eventstore.TB) commands.EventStore {
			store := open(tb, pebble.Config{Dir: t.TempDir()})
			tb.Cleanup(func() { shut(tb, store) })
			return store
		},
		"over EventStoreDB": func(t *testing.T, tb eventstore.TB) commands.EventStore {
			server := harness.ServeESDB(t, pebble.Config{Dir: t.TempDir()}, esdbserver.Config{})
			return connect(tb, eventstoredb.Config{ConnectionString: server.URL()})
		},
	} {
		t.Run(name, func(t *testing.T) {
			eventstore.Test(t, func(tb eventstore.TB) eventstore.Harness { return journalHarness(t, tb, below(t, tb)) })
		})
	}
}

func journalHarness(t *testing.T, tb eventstore.TB, store commands.EventStore) eventstore.Harness {
	j := &journalled{tb: tb, redis: harness.StartRedis(t), store: store}
	tb.Cleanup(func() { _ = j.close() })
	j.open()
	return eventstore.Harness{
		Store:  j.journal,
		Settle: j.settle,
		Reopen: func() commands.EventStore {
			_ = j.close()
			j.redis.Stop()
			j.redis.Restart()
			return j.open()
		},
		Crash: func() commands.EventStore {
			j.redis.Kill9()
			_ = j.close()
			j.redis.Restart()
			return j.open()
		},
		Patience: time.Minute,
	}
}

// journalled is a journal and what it stands on.
type journalled struct {
	tb      eventstore.TB
	redis   *harness.Redis
	client  *redis.Client
	store   commands.EventStore
	journal *journal.Journal
}

func (j *journalled) open() *journal.Journal {
	var err error
	if j.client, err = redis.Open(redis.Config{Address: j.redis.Addr}); err != nil {
		j.tb.Fatalf("client: %v", err)
	}
	j.journal, err = journal.Open(context.Background(), j.store, j.client, journal.Options{Config: journal.Config{
		FlushEvery: 2 * time.Millisecond, ScanEvery: 50 * time.Millisecond, CloseWithin: 100 * time.Millisecond,
	}})
	if err != nil {
		j.tb.Fatalf("journal: %v", err)
	}
	return j.journal
}

// close ends the journal. What it can't move to the store any more is the next one's.
func (j *journalled) close() error {
	if j.journal == nil {
		return nil
	}
	defer j.client.Close()
	return j.journal.Close()
}

// settle moves everything to the store.
func (j *journalled) settle() {
	if err := journal.Drain(context.Background(), j.journal.Config); err != nil {
		j.tb.Fatalf("settle: %v", err)
	}
}
