package load

import (
	"math/bits"
	"slices"
	"time"
)

// histogram counts durations, each rounded down to seven significant bits of microseconds (under 1.6 % off). It is small
// however many there are, and those of several processes can be added. Not safe for concurrent use.
type histogram map[uint32]int

func (h histogram) add(d time.Duration) {
	us := uint32(min(max(0, d.Microseconds()), 1<<32-1))
	if spare := bits.Len32(us) - 7; spare > 0 {
		us = us >> spare << spare
	}
	h[us]++
}

// merge adds what another one counted.
func (h histogram) merge(other histogram) {
	for us, n := range other {
		h[us] += n
	}
}

// count is how many durations were added.
func (h histogram) count() (n int) {
	for _, k := range h {
		n += k
	}
	return n
}

// quantile is 0 if nothing was added.
func (h histogram) quantile(q float64) time.Duration {
	keys := make([]uint32, 0, len(h))
	for us := range h {
		keys = append(keys, us)
	}
	slices.Sort(keys)
	rank := int(q * float64(h.count()))
	for i, us := range keys {
		if rank -= h[us]; rank < 0 || i == len(keys)-1 {
			return time.Duration(us) * time.Microsecond
		}
	}
	return 0
}
