package broken_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/tests/conformance/eventstore"
	"github.com/plygames/ply/tests/conformance/eventstore/broken"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open makes a harness around a store with a fault. The patience is short: some faults make a check wait in vain.
func open(fault broken.Fault) func(eventstore.TB) eventstore.Harness {
	return func(eventstore.TB) eventstore.Harness {
		store := broken.New(fault)
		return eventstore.Harness{
			Store:    store,
			Patience: 2 * time.Second,
			Reopen: func() commands.EventStore {
				store = store.Reopen()
				return store
			},
			Crash: func() commands.EventStore {
				store = store.Crash()
				return store
			},
		}
	}
}

// TestSoundStorePasses shows that the suite doesn't reject what is right.
func TestSoundStorePasses(t *testing.T) {
	eventstore.Test(t, open(broken.None))
}

// TestBrokenStoresAreRejected runs the whole suite over every broken store. The check that is meant to see the fault
// must; others may.
func TestBrokenStoresAreRejected(t *testing.T) {
	checks := map[string]bool{}
	for _, check := range eventstore.Checks() {
		checks[check.Name] = true
	}
	for fault, meant := range broken.MeantFor() {
		t.Run(meant, func(t *testing.T) {
			t.Parallel()
			if !checks[meant] {
				t.Fatalf("the suite has no check of this name")
			}
			for _, check := range eventstore.Checks() {
				outcome := eventstore.Try(check, open(fault))
				switch rejected := len(outcome.Failures) > 0; {
				case outcome.Skipped:
					t.Errorf("%s: skipped", check.Name)
				case check.Name == meant && !rejected:
					t.Errorf("not rejected")
				case check.Name == meant:
					t.Logf("rejected: %s", outcome.Failures[0])
				case rejected:
					t.Logf("also rejected by %q", check.Name)
				}
			}
		})
	}
}
