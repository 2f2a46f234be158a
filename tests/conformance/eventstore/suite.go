package eventstore

import (
	"testing"
	"time"

	"github.com/plygames/ply/commands"
)

// TB is the part of testing.TB that checks use, so that a test can run a check that is expected to fail.
type TB interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(func())
}

// Harness is one store under test and what can be done to it.
type Harness struct {
	Store commands.EventStore
	// Reopen closes the store properly and opens it again. nil: can't be done.
	Reopen func() commands.EventStore
	// Crash cuts the power: of what was written only what is durable remains. It may be called while the store is in
	// use, gives the store as it comes up again, and the old one is not used afterwards. nil: can't be done.
	Crash func() commands.EventStore
	// Settle waits until the global order shows all that was acknowledged before. It is for a store that shows a stream at
	// once and the order later, as a write-behind does; checks call it before they look at the order, at the head and at
	// positions. nil: it shows both at once.
	Settle func()
	// Patience is how long a check waits for what must happen. 0: 20 s.
	Patience time.Duration
}

func (h Harness) patience() time.Duration {
	if h.Patience > 0 {
		return h.Patience
	}
	return 20 * time.Second
}

func (h Harness) settle() {
	if h.Settle != nil {
		h.Settle()
	}
}

// Check is one promise of the port.
type Check struct {
	Name string
	run  func(TB, Harness)
}

// Run runs the check over a store.
func (c Check) Run(t TB, h Harness) { c.run(t, h) }

// Checks are all promises.
func Checks() []Check {
	return []Check{
		{"events come back as they were written", comeBack},
		{"a missing stream has no events", missingStream},
		{"reading starts at a version", readFrom},
		{"a read can be broken off", breakOff},
		{"what was read is the reader's", readersOwn},
		{"any bytes are kept", anyBytes},
		{"large events are kept", largeEvents},
		{"streams with similar names are apart", similarNames},
		{"a wrong expected version is a conflict", wrongExpected},
		{"a repeated append is recognised", repeated},
		{"other events at the same versions are a conflict", otherEvents},
		{"a partial overlap is a conflict", partialOverlap},
		{"several events are appended all or none", allOrNone},
		{"of two writers one wins", twoWriters},
		{"a crowd appends and repeats", crowd},
		{"positions ascend and are exclusive", positionsExclusive},
		{"the global order has no holes", noHoles},
		{"paging while others append misses nothing", paging},
		{"a subscriber is handed over from old to new", handOver},
		{"a slow subscriber misses nothing and slows nobody", slowSubscriber},
		{"a subscription ends with the handler's error", handlerError},
		{"a subscription ends with its context", subscriptionContext},
		{"an ended context leaves no doubt unsaid", endedContext},
		{"everything survives being opened again", survivesReopen},
		{"acknowledged events survive a power cut", survivesCrash},
		{"what a subscriber saw survives a power cut", seenSurvives},
		{"a power cut tears no append", crashTearsNothing},
	}
}

// Test runs the suite. open gives a store for one check; it ends it by t.Cleanup.
func Test(t *testing.T, open func(t TB) Harness) {
	for _, check := range Checks() {
		t.Run(check.Name, func(t *testing.T) { check.Run(t, open(t)) })
	}
}
