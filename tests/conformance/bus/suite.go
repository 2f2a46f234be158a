package bus

import (
	"context"
	"testing"
	"time"

	"github.com/plygames/ply/infra/bus"
)

// TB is the part of testing.TB that checks use, so that a test can run a check that is expected to fail.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// Harness is one bus under test.
type Harness struct {
	Bus bus.Bus
	// Bad tells how many messages were skipped as bad.
	Bad func() int
	// Patience is how long a check waits for what must happen. 0: 60 s.
	Patience time.Duration
}

// Check is one promise.
type Check struct {
	Name string
	run  func(TB, Harness)
}

// Run runs the check over a bus.
func (c Check) Run(t TB, h Harness) { c.run(t, h) }

// Checks are all promises.
func Checks() []Check {
	return []Check{
		{"events arrive as they were published, each game's in order", arrive},
		{"what follows Subscribe arrives", positioned},
		{"every subscription gets everything", everybody},
		{"each partition's handler gets its own games", ownGames},
		{"a watermark comes behind what it speaks of", watermarks},
		{"watermarks without events come too", heartbeat},
		{"events may be published again", again},
		{"a handler that panics is tried again", triedAgain},
		{"what nobody can handle is skipped", skipped},
		{"a handler is called by one at a time", oneAtATime},
		{"a subscription ends with its context", subscriptionContext},
		{"an ended context ends a publish", publishContext},
		{"closing ends everything", closing},
	}
}

// Test runs the suite. open gives a bus for one check; it closes it by t.Cleanup.
func Test(t *testing.T, open func(t *testing.T) Harness) {
	for _, check := range Checks() {
		t.Run(check.Name, func(t *testing.T) { check.Run(t, open(t)) })
	}
}

// eventually waits for a condition.
func (h Harness) eventually(t TB, what string, condition func() bool) {
	t.Helper()
	patience := h.Patience
	if patience == 0 {
		patience = time.Minute
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
