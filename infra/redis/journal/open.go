package journal

import (
	"context"
	"time"

	"github.com/plygames/ply/commands"
)

// Options are for Open; Config's Store, Keys and Check are made of them.
type Options struct {
	Config
	// Timeout is how long one call to Redis may take; 0: 1.5 s. A client is to be told within 2 s that the outcome of its
	// move is not known.
	Timeout time.Duration
	// Unsafe lets the journal run over a Redis that can lose acknowledged moves, see Guard. With appendfsync everysec that
	// is what was acknowledged in the last second or two before the machine or Redis died; without an append-only file it
	// is every move that was not in the store yet. A game that lost moves is refused by the servers that still have it in
	// memory until they forget it.
	Unsafe bool
}

// Open starts the journal of a server: it checks that Redis can be trusted, that the deployment has its journal on and
// that this Redis is the deployment's (see AgreeOn), and looks again at all three each minute. The client stays the
// caller's: close it after the journal.
func Open(ctx context.Context, store commands.EventStore, client Client, o Options) (*Journal, error) {
	if o.Timeout == 0 {
		o.Timeout = 1500 * time.Millisecond
	}
	c := o.Config
	c.setDefaults()
	trusted := func(ctx context.Context) error { return Guard(ctx, client) }
	if o.Unsafe {
		if err := Guard(ctx, client); err != nil {
			c.Logger.Warn("journal: going on although acknowledged moves can get lost", "error", err)
		}
		trusted = func(context.Context) error { return nil }
	}
	if err := trusted(ctx); err != nil { // before anything is recorded
		return nil, err
	}
	incarnation, err := AgreeOn(ctx, store, client)
	if err != nil {
		return nil, err
	}
	c.Store, c.Keys = store, NewKeys(client, incarnation, o.Timeout)
	c.Check = func(ctx context.Context) error {
		if err := trusted(ctx); err != nil {
			return err
		}
		if err := belongs(ctx, client, incarnation); err != nil {
			return err
		}
		return Agreed(ctx, store, incarnation)
	}
	j := New(c)
	if err := j.Start(ctx); err != nil {
		return nil, err
	}
	return j, nil
}
