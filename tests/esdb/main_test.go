package esdb_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/tests/harness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ relay.Prover = (*eventstoredb.Store)(nil)

// patience is for what must happen.
const patience = 60 * time.Second

// connect opens an adapter that is closed with the test.
func connect(t testing.TB, server *harness.ESDB, config eventstoredb.Config) *eventstoredb.Store {
	t.Helper()
	config.ConnectionString = server.URL()
	config.Logger = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	store, err := eventstoredb.Open(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return store
}

// background runs something until the test ends.
func background(t testing.TB, run func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}
