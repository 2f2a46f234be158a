package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
)

// Waits between attempts while the store or the bus fails.
const (
	retryFirst = 100 * time.Millisecond
	retryMost  = 5 * time.Second
)

// atOnce is how many events go out between two moments at which a watermark may. A relay that is far behind but moves
// must not look as if it stood still.
const atOnce = 256

// Config is what a relay is made of.
type Config struct {
	Log Log
	Bus Publisher
	// Checkpoints and Prover are nil for a bus that forgets, such as the in-process one: nobody was there to miss
	// anything, so the relay starts at the store's end. With a Prover the place is proved again after every failure: a
	// store on another machine can be taken back while the relay runs.
	Checkpoints Checkpoints
	Prover      Prover
	Watermark   time.Duration // how often the watermark is written; zero means 1 s
	Observer    Observer
	Logger      *slog.Logger
}

// Relay is one run of the relay. Make it with Open.
type Relay struct {
	Config

	publishing sync.Mutex // held over one write to the bus, so that no watermark overtakes its events
	at         projections.Checkpoint
}

// Open finds out where to start. Events appended after Open has returned are published; open the relay before the first
// command is accepted.
func Open(ctx context.Context, c Config) (*Relay, error) {
	if c.Watermark == 0 {
		c.Watermark = time.Second
	}
	r := &Relay{Config: c}
	if c.Checkpoints == nil {
		head, err := c.Log.Head(ctx)
		if err != nil {
			return nil, fmt.Errorf("relay: where the store ends: %w", err)
		}
		r.at.Position = head
		return r, nil
	}
	at, err := c.Checkpoints.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("relay: load the checkpoint: %w", err)
	}
	r.at = at
	if err := r.prove(ctx); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return r, nil
}

// prove makes sure that the store holds the event up to which everything is out, and begins again if it does not: a
// restore took the store back, or this is another store. From the old place on it might be silent up to there, and what
// it has been given since would never go out. Repeats are harmless.
func (r *Relay) prove(ctx context.Context) error {
	r.publishing.Lock()
	at := r.at
	r.publishing.Unlock()
	if at.Position == "" || r.Prover == nil {
		return nil
	}
	id, found, err := r.Prover.EventAt(ctx, at.Position)
	if err != nil {
		return fmt.Errorf("prove the checkpoint: %w", err)
	}
	if found && (id == at.ID || at.ID == event.ID{}) { // without checkpoints it began at the end, which has no id
		return nil
	}
	r.Observer.Alarm("relay checkpoint is not in the store")
	r.Logger.Warn("relay: the checkpoint is of another history; publishing everything again", "position", at.Position)
	r.publishing.Lock()
	r.at = projections.Checkpoint{}
	r.publishing.Unlock()
	return nil
}

// Run publishes until ctx ends, and returns nil then. It outlives failures of the store and of the bus, and a store that
// was taken back meanwhile.
func (r *Relay) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { r.watermarks(ctx) })

	wait := retryFirst
	for {
		before := r.position()
		err := r.follow(ctx, before)
		if ctx.Err() != nil {
			return nil
		}
		if r.position() != before {
			wait = retryFirst
		}
		r.Logger.Error("relay: trying again", "error", err, "in", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMost)
		if err := r.prove(ctx); err != nil && ctx.Err() == nil {
			r.Logger.Error("relay: the store does not say whether it holds the checkpoint", "error", err)
		}
	}
}

// follow publishes what comes after a position, until something fails.
func (r *Relay) follow(ctx context.Context, after event.Position) error {
	return r.Log.SubscribeAll(ctx, after, func(events []event.Recorded) error {
		for part := range slices.Chunk(events, atOnce) {
			if err := r.publish(ctx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *Relay) position() event.Position {
	r.publishing.Lock()
	defer r.publishing.Unlock()
	return r.at.Position
}

// publish puts some events on the bus and, once that has it, moves the checkpoint. Only games are for watching: the names
// of people stay in the store.
func (r *Relay) publish(ctx context.Context, events []event.Recorded) error {
	r.publishing.Lock()
	defer r.publishing.Unlock()
	games := make([]event.Recorded, 0, len(events))
	for i := range events {
		if _, ok := events[i].Stream.Game(); ok {
			games = append(games, events[i])
		}
	}
	if len(games) > 0 {
		if err := r.Bus.Publish(ctx, games); err != nil {
			return err
		}
		r.Observer.Relayed(len(games), age(&games[0]))
	}
	last := events[len(events)-1]
	r.at = projections.Checkpoint{Position: last.Position, ID: last.ID}
	if r.Checkpoints != nil {
		if err := r.Checkpoints.Save(ctx, r.at); err != nil {
			return fmt.Errorf("save the checkpoint: %w", err)
		}
	}
	return nil
}

// watermarks tells the bus regularly how far everything is out. While a Publish hangs none is written, which is how
// watch servers learn that the feed stands still.
func (r *Relay) watermarks(ctx context.Context) {
	tick := time.NewTicker(r.Watermark)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r.publishing.Lock()
		err := r.Bus.Watermark(ctx, r.at.Position)
		r.publishing.Unlock()
		if err != nil && !errors.Is(err, context.Canceled) {
			r.Logger.Error("relay: no watermark written", "error", err)
		}
	}
}

// age is how long ago an event was recorded, by the wall clocks; never negative.
func age(e *event.Recorded) time.Duration {
	meta, err := event.DecodeMeta(e.Meta)
	if err != nil {
		return 0
	}
	return max(0, time.Since(time.UnixMilli(meta.At)))
}
