package liveclock

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// Tick is how often the clock looks at the monotonic time.
	Tick = 50 * time.Millisecond
	// Most is how far it advances per look: five ticks, so that an ordinary scheduling delay is real time to it.
	Most = 250 * time.Millisecond
)

// Clock is a live clock. Now may be called by any number of goroutines; Run by one.
type Clock struct {
	source func() time.Duration // monotonic
	ticker func(time.Duration) (<-chan time.Time, func())
	last   atomic.Pointer[reading]
}

// reading pairs what the monotonic time was at a tick with what the live clock showed then.
type reading struct{ source, live time.Duration }

// New starts a clock at 0. It advances by at most Most until Run is running.
func New() *Clock {
	began := time.Now()
	return NewFrom(func() time.Duration { return time.Since(began) }, func(d time.Duration) (<-chan time.Time, func()) {
		t := time.NewTicker(d)
		return t.C, t.Stop
	})
}

// NewFrom is New over another monotonic source and another ticker (its ticks and its end).
func NewFrom(source func() time.Duration, ticker func(time.Duration) (<-chan time.Time, func())) *Clock {
	c := &Clock{source: source, ticker: ticker}
	c.last.Store(&reading{source: source()})
	return c
}

// Now is the time on the live clock in ms since New. It takes no lock and never goes back.
func (c *Clock) Now() int64 { return c.read(c.last.Load()).live.Milliseconds() }

// read is the present, seen from the last tick.
func (c *Clock) read(last *reading) reading {
	now := c.source()
	return reading{source: now, live: last.live + min(max(now-last.source, 0), Most)}
}

// Run observes the ticks until ctx ends. A tick that came late, because the process stood still, counts for Most and
// no more.
func (c *Clock) Run(ctx context.Context) {
	ticks, stop := c.ticker(Tick)
	defer stop()
	for {
		select {
		case <-ticks:
			at := c.read(c.last.Load())
			c.last.Store(&at)
		case <-ctx.Done():
			return
		}
	}
}
