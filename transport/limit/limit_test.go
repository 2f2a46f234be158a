package limit_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/transport/limit"
)

type fakeTime struct{ t time.Time }

func (f *fakeTime) now() time.Time       { return f.t }
func (f *fakeTime) pass(d time.Duration) { f.t = f.t.Add(d) }
func newFakeTime() *fakeTime             { return &fakeTime{time.Unix(1_700_000_000, 0)} }

func TestBurstThenRate(t *testing.T) {
	clock := newFakeTime()
	c := limit.NewCommands(clock.now)
	for i := range 20 {
		if _, ok := c.Allow("ann", "g"); !ok {
			t.Fatalf("command %d of the burst was refused", i+1)
		}
	}
	after, ok := c.Allow("ann", "g")
	if ok || after != 100 {
		t.Fatalf("21st command: after %d, ok %v; want 100, false", after, ok)
	}
	clock.pass(99 * time.Millisecond)
	if after, ok := c.Allow("ann", "g"); ok || after != 1 {
		t.Fatalf("1 ms too early: after %d, ok %v; want 1, false", after, ok)
	}
	clock.pass(time.Millisecond)
	if _, ok := c.Allow("ann", "g"); !ok {
		t.Fatal("refused although the time that it named had passed: refusals must not cost tokens")
	}
	clock.pass(time.Hour)
	for i := range 20 {
		if _, ok := c.Allow("ann", "g"); !ok {
			t.Fatalf("command %d after an hour was refused", i+1)
		}
	}
	if _, ok := c.Allow("ann", "g"); ok {
		t.Fatal("an hour of silence must not fill a bucket above its burst")
	}
}

func TestKeysAreApart(t *testing.T) {
	clock := newFakeTime()
	c := limit.NewCommands(clock.now)
	for range 20 {
		c.Allow("ann", "g")
	}
	for _, other := range [][2]string{{"ann", "h"}, {"bob", "g"}} {
		if _, ok := c.Allow(other[0], other[1]); !ok {
			t.Errorf("%v pays for ann in g", other)
		}
	}
	if _, ok := (limit.Off{}).Allow("ann", "g"); !ok {
		t.Error("Off refuses")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	clock := newFakeTime()
	b := limit.NewBuckets[string](1, 2, 100, clock.now)
	for i := range 10_000 {
		if _, ok := b.Take(strconv.Itoa(i)); !ok {
			t.Fatalf("the first handshake of address %d was refused", i)
		}
		if n := b.Keys(); n > 100 {
			t.Fatalf("%d keys in memory, at most 100 are allowed", n)
		}
	}
}

func TestParallelTakesNeverExceedTheBurst(t *testing.T) {
	clock := newFakeTime()
	b := limit.NewHandshakes(clock.now)
	var wg sync.WaitGroup
	allowed := make(chan bool, 400)
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if _, ok := b.Take("198.51.100.7"); ok {
					allowed <- true
				}
			}
		})
	}
	wg.Wait()
	if n := len(allowed); n != 40 {
		t.Fatalf("%d handshakes at one moment, want exactly the burst of 40", n)
	}
}
