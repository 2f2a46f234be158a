package esdb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/harness"
)

// A person of a shared store is erased: from then on the stream begins with the event that says so, for every server. The
// embedded store behind it is then emptied by its own operator, and proves whole.
func TestErasedInASharedStore(t *testing.T) {
	server := harness.ServeESDB(t, pebble.Config{Dir: "data", FS: vfs.NewMem()}, esdbserver.Config{})
	store := connect(t, server, eventstoredb.Config{})
	h := player.Follow("p_1")
	for _, name := range []string{"Ann", "Anna"} {
		rec := h.Named(name, event.Meta{At: 1})
		if err := store.Append(t.Context(), h.Stream, h.Version, []event.Recorded{rec}); err != nil {
			t.Fatal(err)
		}
		if err := h.Apply(rec); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := commands.ErasePlayer(t.Context(), store, store, "p_1", event.Meta{At: 2}); err != nil {
			t.Fatal(err)
		}
	}
	var refusal *domain.Error
	if err := commands.ErasePlayer(t.Context(), store, store, "p_2", event.Meta{}); !errors.As(err, &refusal) || refusal.Kind != domain.NotFound {
		t.Errorf("somebody without a name: %v", err)
	}

	again, n := player.Follow("p_1"), 0
	for rec, err := range store.ReadStream(t.Context(), h.Stream, 1) {
		if err == nil {
			err = again.Apply(rec)
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 1 || !again.Gone || again.Version != 3 {
		t.Errorf("%d events are shown: %+v", n, again)
	}
	// What follows in the stream is still appended at the right version.
	late := again.Erased(event.Meta{At: 3})
	if err := store.Append(t.Context(), h.Stream, 3, []event.Recorded{late}); err != nil {
		t.Error(err)
	}

	if err := server.Store.Empty(t.Context(), h.Stream, 3); err != nil {
		t.Fatal(err)
	}
	if err := server.Store.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
	for rec, err := range store.ReadAll(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(rec.Data), "Ann") {
			t.Errorf("%s %d is %s", rec.Stream, rec.Version, rec.Data)
		}
	}
}
