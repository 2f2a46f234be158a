package commands

import (
	"container/list"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plygames/ply/domain/game"
)

// hotGame is one game in memory: its state, those who follow it, and since when its seats have been thinking. There may
// be one on several servers; none owns the game.
type hotGame struct {
	id        string
	turnstile turnstile

	// Held by whoever is inside the turnstile.
	thinking  []int64 // live-clock reading of this server when each seat was put on turn, in the order of State.Seats
	doubtful  bool    // loaded while another server, which seemed alive, was measuring a seat's time
	uncertain *uncertain
	saved     uint64 // version of the last snapshot

	state   atomic.Pointer[game.State] // newest; nil until loaded
	saving  atomic.Bool                // a snapshot is queued
	behind  atomic.Bool                // a catch-up is under way
	mu      sync.Mutex                 // orders pushes and the joining of sinks
	sinks   []game.Sink
	timerMu sync.Mutex
	timer   *time.Timer
	rings   time.Time // when the timer fires, at the latest; zero = it has

	// Guarded by Application.mu.
	pins    int
	element *list.Element // place among the unused games
	since   time.Time     // unused since then
}

// push makes a step's state the newest and shows the steps to all who follow.
func (h *hotGame) push(steps []game.Step) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state.Store(steps[len(steps)-1].After)
	for _, sink := range h.sinks {
		sink.Steps(steps)
	}
}

// lose tells all who follow that nothing more will come, and forgets the state: whoever comes next loads it anew.
func (h *hotGame) lose(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state.Store(nil)
	for _, sink := range h.sinks {
		sink.Lost(err)
	}
	h.sinks = nil
}

// join adds a sink and gives the state after which it gets every step; nil if the game is not loaded any more.
func (h *hotGame) join(sink game.Sink) *game.State {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state.Load()
	if s != nil {
		h.sinks = append(h.sinks[:len(h.sinks):len(h.sinks)], sink)
	}
	return s
}

func (h *hotGame) part(sink game.Sink) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, s := range h.sinks {
		if s == sink {
			h.sinks = append(h.sinks[:i:i], h.sinks[i+1:]...)
			return
		}
	}
}
