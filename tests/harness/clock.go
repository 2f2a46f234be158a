package harness

import (
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// clockSource is what servers on a Clock have in place of the file below. It is a test's: ply itself has no such control.
//
//go:embed testdata/clock.go
var clockSource []byte

const (
	clockFile    = "infra/app/clock.go"
	clockSetting = "PLY_TEST_CLOCK"
)

// Clock is the wall clock of a server that is started with its Env. It goes as the machine's does, so much before or
// behind as Step said last. Safe for concurrent use.
type Clock struct {
	t    testing.TB
	path string
}

// NewClock makes a clock that is right.
func NewClock(t testing.TB) *Clock {
	t.Helper()
	c := &Clock{t: t, path: filepath.Join(t.TempDir(), "clock")}
	c.Step(0)
	return c
}

// Env is the setting for a server.
func (c *Clock) Env() string { return Env(clockSetting, c.path) }

// Step sets the clock from one moment to the next, as an operator or a time service might.
func (c *Clock) Step(by time.Duration) {
	c.t.Helper()
	next := c.path + ".next" // a server never reads half of it
	if err := os.WriteFile(next, []byte(by.String()), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(next, c.path); err != nil {
		c.t.Fatal(err)
	}
}

// clockBinary is a ply that was compiled with the file above, built once per test process.
func clockBinary(t testing.TB) string {
	t.Helper()
	path, err := buildOnClock()
	if err != nil {
		t.Fatalf("build ply on a clock of the tests: %v", err)
	}
	return path
}

var buildOnClock = sync.OnceValues(func() (string, error) {
	return compile("-clock", func(root, dir string) ([]string, error) {
		source := filepath.Join(dir, "clock.txt") // not a .go file of anybody's
		if err := os.WriteFile(source, clockSource, 0o600); err != nil {
			return nil, err
		}
		list, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, clockFile): source}})
		if err != nil {
			return nil, err
		}
		overlay := filepath.Join(dir, "overlay.json")
		return []string{"-overlay", overlay}, os.WriteFile(overlay, list, 0o600)
	})
})
