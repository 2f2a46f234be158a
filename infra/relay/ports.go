package relay

import (
	"context"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
)

// Log is the part of the event store that the relay reads; see commands.EventStore for the contract.
type Log interface {
	SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error
	Head(ctx context.Context) (event.Position, error)
}

// Prover tells which event stands at a position, false if none does. It is needed with Checkpoints, and with a
// store that can be restored while we run.
type Prover interface {
	EventAt(ctx context.Context, at event.Position) (event.ID, bool, error)
}

// Publisher is the bus; see infra/bus for the contract.
type Publisher interface {
	Publish(ctx context.Context, events []event.Recorded) error
	Watermark(ctx context.Context, at event.Position) error
}

// Checkpoints keep how far the relay has come, across restarts.
type Checkpoints interface {
	// Load gives what was saved last, the zero Checkpoint if nothing was.
	Load(ctx context.Context) (projections.Checkpoint, error)
	// Save replaces it. It may be lost: then events are repeated.
	Save(ctx context.Context, at projections.Checkpoint) error
}

// Observer is told how the relay does; for metrics. Safe for concurrent use.
type Observer interface {
	// Relayed reports that the bus took a batch, and how long after its oldest event was recorded.
	Relayed(events int, lag time.Duration)
	// Alarm reports something that an operator must look at.
	Alarm(what string)
}
