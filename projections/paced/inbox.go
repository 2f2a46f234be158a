package paced

import (
	"sync"

	"github.com/plygames/ply/domain/game"
)

// buffer is how many steps are held in memory; what does not fit is read back from the store.
const buffer = 256

// inbox takes what the feed below shows. It never waits.
type inbox struct {
	wake chan struct{} // holds one token: something has come

	mu    sync.Mutex
	steps []game.Step // consecutive; emptied when it is full
	head  uint64      // newest version that the feed below has shown
	over  bool
	stale bool
	lost  error
}

var _ game.Sink = (*inbox)(nil)

// begin takes the state that the feed below began with. Steps may have come before it.
func (b *inbox) begin(at *game.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.head = max(b.head, at.Version)
	b.over = b.over || at.Status == game.Over
}

// Steps takes what happened next.
func (b *inbox) Steps(steps []game.Step) {
	b.mu.Lock()
	if len(b.steps)+len(steps) > buffer {
		b.steps = nil
	}
	if len(steps) <= buffer {
		b.steps = append(b.steps, steps...)
	}
	newest := steps[len(steps)-1].After
	b.head = max(b.head, newest.Version)
	b.over = b.over || newest.Status == game.Over
	b.mu.Unlock()
	b.ring()
}

// Stale takes whether the feed below stands still.
func (b *inbox) Stale(stale bool) {
	b.mu.Lock()
	b.stale = stale
	b.mu.Unlock()
	b.ring()
}

// Lost takes that the feed below is at its end.
func (b *inbox) Lost(err error) {
	b.mu.Lock()
	b.lost = err
	b.mu.Unlock()
	b.ring()
}

func (b *inbox) ring() {
	select {
	case b.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// take gives the steps after a version and empties the inbox; none if it does not hold the very next one. head is the
// newest version that has been shown.
func (b *inbox) take(after uint64) (steps []game.Step, head uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.steps) > 0 && b.steps[0].Version() <= after {
		b.steps = b.steps[1:]
	}
	if len(b.steps) > 0 && b.steps[0].Version() == after+1 {
		steps, b.steps = b.steps, nil
	}
	return steps, b.head
}

// health tells whether the feed below stands still, and whether it is at its end.
func (b *inbox) health() (stale bool, lost error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stale, b.lost
}

// ended tells whether the game is over, whatever has been released of it.
func (b *inbox) ended() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.over
}
