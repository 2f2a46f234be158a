package trial

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/plygames/ply/domain/game"
)

// Sink remembers what it was given and notices whatever a feed must not do: holes, repeats, two callers at once.
type Sink struct {
	busy   atomic.Bool
	mu     sync.Mutex
	faults []string
	steps  []game.Step
	stale  bool
	turns  int // how often stale changed
	lost   error
}

var _ game.Sink = (*Sink)(nil)

func (s *Sink) Steps(steps []game.Step) {
	defer s.enter()()
	if len(steps) == 0 {
		s.fault("no steps")
	}
	for _, step := range steps {
		if n := len(s.steps); n > 0 && step.Version() != s.steps[n-1].Version()+1 {
			s.fault(fmt.Sprintf("version %d after %d", step.Version(), s.steps[n-1].Version()))
		}
		if step.After.Version != step.Version() || step.Before.Version+1 != step.Version() {
			s.fault(fmt.Sprintf("step %d stands between states %d and %d", step.Version(), step.Before.Version, step.After.Version))
		}
		s.steps = append(s.steps, step)
	}
}

func (s *Sink) Stale(stale bool) {
	defer s.enter()()
	if s.stale == stale {
		s.fault("stale repeated")
	}
	s.stale = stale
	s.turns++
}

func (s *Sink) Lost(err error) {
	defer s.enter()()
	if s.lost != nil {
		s.fault("lost twice")
	}
	s.lost = err
}

// enter notices a second caller, and gives it a chance to come.
func (s *Sink) enter() func() {
	alone := s.busy.CompareAndSwap(false, true)
	runtime.Gosched()
	s.mu.Lock()
	if !alone {
		s.fault("two callers at once")
	}
	if s.lost != nil {
		s.fault("called after lost")
	}
	return func() {
		s.mu.Unlock()
		s.busy.Store(false)
	}
}

func (s *Sink) fault(what string) { s.faults = append(s.faults, what) }

// Faults lists what the feed did wrong.
func (s *Sink) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Versions of the steps so far.
func (s *Sink) Versions() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions := make([]uint64, len(s.steps))
	for i, step := range s.steps {
		versions[i] = step.Version()
	}
	return versions
}

// Last is the version of the last step, 0 if there was none.
func (s *Sink) Last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) == 0 {
		return 0
	}
	return s.steps[len(s.steps)-1].Version()
}

// IsStale tells what the sink was told last, and how often that changed.
func (s *Sink) IsStale() (stale bool, turns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stale, s.turns
}

// LostTo is the error of Lost.
func (s *Sink) LostTo() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}
