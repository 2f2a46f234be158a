package planted_test

import (
	"testing"

	"github.com/plygames/ply/tests/planted"
)

const root = "../.."

// What R14 and DESIGN 10 ask for, by their names here.
var (
	r14 = []string{
		"ack before fsync", "no expected version", "dedupe off", "id reuse unchecked", "relay checkpoint before publish",
		"unkeyed publish", "acks=0", "projector not idempotent", "snapshot off by one", "turn check off", "end check off",
		"seat check off", "torn tail accepted", "zombie write", "slow spectator unbounded", "wrong-audience token accepted",
		"clock trusted from client", "gap hidden", "duplicate shown", "unknown told as refused",
	}
	design10 = []string{
		"id from command id only", "journal seed without generation", "journal fall-through", "conflict read as drop",
		"last event lost on the bus", "wall clock in elapsed", "push missing on the other host", "snapshot without chain check",
		"view fed from Kafka",
	}
)

// Every mistake still has its place in the code.
func TestBugsHaveTheirPlace(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range planted.Bugs {
		if _, err := b.Patched(root); err != nil {
			t.Errorf("%s: %v", b.Name, err)
		}
		if seen[b.Name] {
			t.Errorf("%s is there twice", b.Name)
		}
		seen[b.Name] = true
	}
	for _, name := range append(r14, design10...) {
		if !seen[name] {
			t.Errorf("%q is asked for and not there", name)
		}
	}
}
