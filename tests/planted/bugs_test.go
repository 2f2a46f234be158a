package planted_test

import (
	"testing"

	"github.com/plygames/ply/tests/planted"
)

const root = "../.."

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
	if len(planted.Bugs) < 29 {
		t.Errorf("only %d mistakes", len(planted.Bugs))
	}
}
