package client

import (
	"math/rand/v2"
	"time"
)

// backoff says how long to wait before the next attempt: first a random part of FirstReconnect, then twice as long
// each time, up to MaxReconnect, less a random part of up to a half. Randomness keeps a server's clients from
// coming back all at once.
type backoff struct {
	first, max time.Duration
	step       time.Duration // 0 = the next wait is the first one
}

func newBackoff(o Options) *backoff { return &backoff{first: o.FirstReconnect, max: o.MaxReconnect} }

func (b *backoff) next() time.Duration {
	if b.step == 0 {
		b.step = b.first
		return between(0, b.first)
	}
	b.step = min(2*b.step, b.max)
	return between(b.step/2, b.step)
}

func (b *backoff) reset() { b.step = 0 }

func between(low, high time.Duration) time.Duration {
	return low + rand.N(high-low+1)
}
