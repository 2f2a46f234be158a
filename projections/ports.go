package projections

import (
	"context"
	"iter"

	"github.com/plygames/ply/domain/event"
)

// Log is what a projection reads: the event store without its writing half. See commands.EventStore for the contract
// of each method; the two are satisfied by the same adapters.
type Log interface {
	ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error]
	ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error]
	SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error
	Head(ctx context.Context) (event.Position, error)
}

// Checkpoint is how far a reader of the global order has come. ID is the id of the event at Position: at start the
// store is asked for it, so that a checkpoint of another store, or of a future that a restore took back, is noticed.
type Checkpoint struct {
	Position event.Position `json:"position"`
	ID       event.ID       `json:"id"`
}

// Views is the home of one view: a private, ordered key-value folder with one checkpoint. Safe for concurrent use by
// one writer and any number of readers.
type Views interface {
	// Get gives the value of a key, nil if there is none.
	Get(key []byte) ([]byte, error)
	// Scan gives all entries with a prefix in ascending order of keys; descending if reverse.
	Scan(prefix []byte, reverse bool) iter.Seq2[[2][]byte, error]
	// Checkpoint is the one of the last Commit; zero if there was none.
	Checkpoint() (Checkpoint, error)
	// Commit writes changes (a nil value deletes) and the checkpoint in one atomic batch. It need not be durable at once,
	// but is never torn.
	Commit(changes map[string][]byte, at Checkpoint) error
	// Clear empties the folder and its checkpoint.
	Clear() error
	// Recover makes the folder writable again after a Commit or a Clear failed, if it can: the folder may then have gone
	// back to an older commit. A folder that is well stays as it is.
	Recover() error
	Close() error
}

// Folders keeps the folders of views: of each view the live one and, while it is being rebuilt, one beside it. Safe for
// concurrent use.
type Folders interface {
	// Beside opens the folder in which a view is built anew, as an earlier attempt has left it.
	Beside(view string) (Views, error)
	// Switch makes the folder beside the live one, in one step that survives a power cut. It must be open. Whoever has the
	// folder that was live until now may go on reading it; once closed, it is gone.
	Switch(view string) error
	// Scratch opens an empty folder that is gone once closed. A view has one at a time.
	Scratch(view string) (Views, error)
}
