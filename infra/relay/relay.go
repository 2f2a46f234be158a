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

// defaultAtOnce is for a bus that is as near as memory.
const defaultAtOnce = 256

// Config is what a relay is made of.
type Config struct {
	Log Log
	Bus Publisher
	// Checkpoints and Prover are nil for a bus that forgets, such as the in-process one: nobody was there to miss
	// anything, so the relay starts at the store's end.
	Checkpoints Checkpoints
	Prover      Prover
	// AtOnce is how many events go out in one call of the bus at most, when there are so many; zero means 256. A watermark
	// may go out between two calls only: a relay that is far behind but moves must not look as if it stood still.
	AtOnce    int
	Watermark time.Duration // how often the watermark is written; zero means 1 s
	Observer  Observer
	Logger    *slog.Logger
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
	if c.AtOnce == 0 {
		c.AtOnce = defaultAtOnce
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
	if at.Position == "" {
		return r, nil
	}
	id, found, err := c.Prover.EventAt(ctx, at.Position)
	if err != nil {
		return nil, fmt.Errorf("relay: prove the checkpoint: %w", err)
	}
	if !found || id != at.ID {
		// A restore took the store back, or this is another store. From there on the store would be silent up to the
		// checkpoint, so begin again: repeats are harmless.
		c.Observer.Alarm("relay checkpoint is not in the store")
		c.Logger.Warn("relay: the checkpoint is of another history; publishing everything again", "position", at.Position)
		return r, nil
	}
	r.at = at
	return r, nil
}

// Run publishes until ctx ends, and returns nil then. It outlives failures of the store and of the bus.
func (r *Relay) Run(ctx context.Context) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { r.watermarks(ctx) })

	wait := retryFirst
	for {
		before := r.position()
		err := r.carry(ctx, before)
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
	}
}

// carry reads the store after a position, and publishes what it reads, until one of the two fails or ctx ends.
func (r *Relay) carry(ctx context.Context, after event.Position) error {
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	read := newBacklog(r.AtOnce)
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for events := read.take(ctx); len(events) > 0; events = read.take(ctx) {
			for part := range slices.Chunk(events, r.AtOnce) {
				if err := r.publish(ctx, part); err != nil {
					stop(err)
					return
				}
			}
		}
	})
	stop(r.Log.SubscribeAll(reading, after, func(events []event.Recorded) error { return read.put(reading, events) }))
	read.end()
	publishing.Wait()
	return context.Cause(reading)
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
