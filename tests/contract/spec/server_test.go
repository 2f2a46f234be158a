package spec

import (
	"testing"

	"github.com/plygames/ply/tests/harness"
)

func TestServerIsAsDescribed(t *testing.T) {
	s := harness.Start(t)
	Check(t, s.URL, s.Admin)
}
