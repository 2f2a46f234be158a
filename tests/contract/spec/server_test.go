package spec

import (
	"testing"

	"github.com/plygames/ply/tests/harness"
)

func TestServerIsAsDescribed(t *testing.T) {
	accounts, token := harness.Accounts(t)
	s := harness.Start(t, accounts)
	Check(t, s.URL, s.Admin, token("p_analyst", "read:all"))
}
