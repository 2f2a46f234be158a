package app

import (
	"os"
	"sync/atomic"
	"time"
)

// This file takes the place of infra/app/clock.go when the harness compiles ply for tests of jumping clocks.

var (
	ahead atomic.Int64 // ns
	_     = watchClock()
)

// now is the wall clock, as far from the machine's as the file in PLY_TEST_CLOCK says. It has no monotonic reading, for
// that could only be shifted along with it: what is measured by it is measured by the wall.
func now() time.Time { return time.Now().Round(0).Add(time.Duration(ahead.Load())) }

// wall is now in Unix ms.
func wall() int64 { return now().UnixMilli() }

// watchClock looks at the file all the time; before the first look is over nothing else of the program runs.
func watchClock() bool {
	look := func() {
		text, err := os.ReadFile(os.Getenv("PLY_TEST_CLOCK"))
		if err != nil {
			return
		}
		if d, err := time.ParseDuration(string(text)); err == nil {
			ahead.Store(int64(d))
		}
	}
	look()
	go func() {
		for range time.Tick(20 * time.Millisecond) {
			look()
		}
	}()
	return true
}
