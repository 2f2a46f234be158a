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
	// anything, so the relay starts at the store's end. With a Prover the place is proved again after every failure: a
	// store on another machine can be taken back while the relay runs.
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

	start      projections.Checkpoint // as it was loaded
	publishing turn                   // held over one write to the bus, so that no watermark overtakes its events
	at         projections.Checkpoint
}

// turn is a lock that may be held while the bus is slow. It is a channel and no mutex because of that: in a bubble of
// testing/synctest, whoever waits for a channel stands still, and whoever waits for a mutex is taken to run.
type turn chan struct{}

func (t turn) take() { t <- struct{}{} }
func (t turn) give() { <-t }

// Open finds out where to start. Events appended after Open has returned are published; open the relay before the first
// command is accepted.
func Open(ctx context.Context, c Config) (*Relay, error) {
	if c.Watermark == 0 {
		c.Watermark = time.Second
	}
	if c.AtOnce == 0 {
		c.AtOnce = defaultAtOnce
	}
	r := &Relay{Config: c, publishing: make(turn, 1)}
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
	r.start, r.at = at, at
	if err := r.prove(ctx); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return r, nil
}

// prove makes sure that the store holds the event up to which everything is out, and begins again if it does not: a
// restore took the store back, or this is another store. From the old place on it might be silent up to there, and what
// it has been given since would never go out. Repeats are harmless.
func (r *Relay) prove(ctx context.Context) error {
	r.publishing.take()
	at := r.at
	r.publishing.give()
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
	r.publishing.take()
	r.at = projections.Checkpoint{}
	r.publishing.give()
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
		if err := r.prove(ctx); err != nil && ctx.Err() == nil {
			r.Logger.Error("relay: the store does not say whether it holds the checkpoint", "error", err)
		}
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
	r.publishing.take()
	defer r.publishing.give()
	return r.at.Position
}

// publish puts some events on the bus and, once that has it, moves the checkpoint. Only games are for watching: the names
// of people stay in the store.
func (r *Relay) publish(ctx context.Context, events []event.Recorded) error {
	r.publishing.take()
	defer r.publishing.give()
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
	return nil
}

// save keeps the checkpoint, if it has moved since saved. One that can't be kept costs repeats, should this relay die.
func (r *Relay) save(ctx context.Context, saved *projections.Checkpoint) {
	r.publishing.take()
	at := r.at
	r.publishing.give()
	if r.Checkpoints == nil || at == *saved {
		return
	}
	if err := r.Checkpoints.Save(ctx, at); err != nil {
		r.Logger.Warn("relay: the checkpoint was not saved; a restart now would repeat what is out", "error", err)
		return
	}
	*saved = at
}

// lastSave is how long the last checkpoint may take when the relay is told to end.
const lastSave = time.Second

// watermarks tells the bus regularly how far everything is out, and keeps that. While a Publish hangs no watermark is
// written, which is how watch servers learn that the feed stands still.
func (r *Relay) watermarks(ctx context.Context) {
	tick := time.NewTicker(r.Watermark)
	defer tick.Stop()
	saved := r.start
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSave)
			r.save(last, &saved)
			cancel()
			return
		case <-tick.C:
		}
		r.publishing.take()
		err := r.Bus.Watermark(ctx, r.at.Position)
		r.publishing.give()
		if err != nil && !errors.Is(err, context.Canceled) {
			r.Logger.Error("relay: no watermark written", "error", err)
		}
		r.save(ctx, &saved)
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
