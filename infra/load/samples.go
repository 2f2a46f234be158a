package load

import (
	"slices"
	"sync"
	"time"
)

// samples are durations, noted by many goroutines.
type samples struct {
	mu sync.Mutex
	us []uint32
}

func (s *samples) add(d time.Duration) {
	s.mu.Lock()
	s.us = append(s.us, uint32(min(max(0, d.Microseconds()), 1<<32-1)))
	s.mu.Unlock()
}

// take gives what was noted so far and forgets it.
func (s *samples) take() []uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.us
	s.us = nil
	return taken
}

// quantile of sorted samples; 0 if there are none.
func quantile(sorted []uint32, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	i := min(int(q*float64(len(sorted))), len(sorted)-1)
	return time.Duration(sorted[i]) * time.Microsecond
}

func sorted(us []uint32) []uint32 {
	slices.Sort(us)
	return us
}
