package harness

import (
	"testing"

	"github.com/plygames/ply/tests/parts/network"
)

// NewNetwork makes a network for one test, with no machines yet. It goes when the test ends, after the processes that were
// started later.
func NewNetwork(t testing.TB) *network.Net {
	t.Helper()
	NeedPackage(t, "iproute2", "ip")
	NeedPackage(t, "nftables", "nft")
	NeedRoot(t, "a network of its own")
	n, err := network.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}
