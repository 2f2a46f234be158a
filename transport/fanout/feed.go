package fanout

import (
	"context"

	"github.com/plygames/ply/domain/game"
)

// Feed is where a log gets a game from. The play side's is the host that has the game in memory, the watch side's is
// the watched game that the bus keeps up to date, a delayed or replayed one is paced over the store: to a log they are
// all the same.
type Feed interface {
	// Follow registers the sink first and reads second: it returns the game at some version, and the sink gets every step
	// after that version, in order, each once, possibly before Follow returns. stop ends it; it does not wait.
	// A game that does not exist is a *domain.Error of kind NotFound.
	Follow(ctx context.Context, id string, sink game.Sink) (at *game.State, stop func(), err error)
}

// History reads a game's past.
type History interface {
	// Steps gives the steps with versions from+1..to, in order (to = 0: up to the newest). yield returns false to stop.
	Steps(ctx context.Context, id string, from, to uint64, yield func(game.Step) bool) error
}
