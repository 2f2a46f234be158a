package corpus

import (
	"fmt"
	"sync"

	"github.com/plygames/ply/transport/client"
)

// spectator notes what it is shown.
type spectator struct {
	*client.Game

	mu       sync.Mutex
	versions []uint64
	restarts int // states in the middle: a slow or resumed watcher may get one
}

func (s *spectator) see(m client.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.Type == "state" {
		s.restarts++
	}
	if m.Numbered() {
		s.versions = append(s.versions, m.V)
	}
}

// check tells whether it was shown 1..last, each once.
func (s *spectator) check(last uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.restarts > 0 {
		return fmt.Errorf("the spectator got %d states instead of messages", s.restarts)
	}
	for i, v := range s.versions {
		if v != uint64(i+1) {
			return fmt.Errorf("the spectator's %d-th message is version %d", i+1, v)
		}
	}
	if uint64(len(s.versions)) != last {
		return fmt.Errorf("the spectator saw %d messages, want %d", len(s.versions), last)
	}
	return nil
}
