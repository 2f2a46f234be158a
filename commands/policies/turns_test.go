package policies_test

import (
	"context"
	"sync"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/player"
)

// turns lets two servers make one step after the other, in an order: bit i tells whose step i is. Who has no more steps is
// passed over, and when the order is at its end everybody goes on.
type turns struct {
	mu    sync.Mutex
	moved *sync.Cond
	order int
	at    int
	steps int
	gone  [2]bool
}

func newTurns(order, steps int) *turns {
	t := &turns{order: order, steps: steps}
	t.moved = sync.NewCond(&t.mu)
	return t
}

// step waits for a server's turn, makes its step and gives the turn away.
func (t *turns) step(n int, do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.at < t.steps && t.order>>t.at&1 != n && !t.gone[1-n] {
		t.moved.Wait()
	}
	do()
	if t.at < t.steps {
		t.at++
	}
	t.moved.Broadcast()
}

func (t *turns) leave(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone[n] = true
	t.moved.Broadcast()
}

// stepping is a server each of whose writes is a step. What it has read may be old by the time of the next one.
type stepping struct {
	mortal
	turns *turns
	n     int
}

func (s *stepping) Do(ctx context.Context, id string, c game.Command, at game.Arrival) (r game.Receipt, err error) {
	s.turns.step(s.n, func() { r, err = s.mortal.Do(ctx, id, c, at) })
	return r, err
}

func (s *stepping) Choose(ctx context.Context, who string, choices uint64, c player.Chosen) (done bool, err error) {
	s.turns.step(s.n, func() { done, err = s.mortal.Choose(ctx, who, choices, c) })
	return done, err
}
