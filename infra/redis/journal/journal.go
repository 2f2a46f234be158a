package journal

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// Config is what a journal is made of.
type Config struct {
	// Store is where the events go in the end. What ReadStream shows there must hold everything that an Append there was
	// ever confirmed to anyone: in a cluster of EventStoreDB read from the leader.
	Store commands.EventStore
	// Keys are Redis.
	Keys Keys
	// Check tells whether Redis can be trusted, at start and every CheckEvery; see Guard and Agreed. nil: not asked.
	Check      func(ctx context.Context) error
	CheckEvery time.Duration // 0: 1 min

	FlushEvery time.Duration // how long appends of a game are gathered before they are moved to the store; 0: 25 ms
	Flushers   int           // games that are moved at once; 0: 32
	ScanEvery  time.Duration // how often to look for what other servers have left behind; 0: 1 s

	IdleAfter time.Duration // heads of games without moves for so long are forgotten; 0: 10 min
	HeadsMost int           // heads that a bucket (one of 1024) keeps at most; 0: 1000

	CloseWithin time.Duration // how long Close goes on moving events to the store; 0: 5 s

	Observer Observer     // nil: nobody
	Logger   *slog.Logger // nil: silent

	// Wait pauses between attempts; nil: by the clock. For tests.
	Wait func(ctx context.Context, d time.Duration) error
}

func (c *Config) setDefaults() {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.CheckEvery, time.Minute}, {&c.FlushEvery, 25 * time.Millisecond}, {&c.ScanEvery, time.Second},
		{&c.IdleAfter, 10 * time.Minute}, {&c.CloseWithin, 5 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if c.Flushers == 0 {
		c.Flushers = 32
	}
	if c.HeadsMost == 0 {
		c.HeadsMost = 1000
	}
	if c.Observer == nil {
		c.Observer = noObserver{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Wait == nil {
		c.Wait = wait
	}
}

// Journal is a commands.EventStore and a projections.Log. Make it with New. Safe for concurrent use.
type Journal struct {
	Config

	distrust  atomic.Pointer[error] // why appends are refused; nil: they are not
	closed    atomic.Bool
	confirmed confirmed
	queue     queue

	alarmed sync.Map // stream -> struct{}: halted games that the alarm was raised for

	cancel     context.CancelFunc // nil: not started
	background sync.WaitGroup
}

var _ commands.EventStore = (*Journal)(nil)

// New makes a journal that does nothing by itself: events stay in Redis until Start or Flush.
func New(c Config) *Journal {
	c.setDefaults()
	return &Journal{Config: c, queue: newQueue()}
}

// Start checks Redis and begins to move events to the store, first what is lying there. An error means that Redis can't
// be trusted, and that nothing was started. The context is for the check only. Call Close in the end.
func (j *Journal) Start(ctx context.Context) error {
	if j.Check != nil {
		if err := j.Check(ctx); err != nil {
			j.Observer.Guard(false)
			return err
		}
		j.Observer.Guard(true)
	}
	run, cancel := context.WithCancel(context.Background())
	j.cancel = cancel
	j.background.Go(func() { j.flushes(run) })
	j.background.Go(func() { j.scans(run) })
	if j.Check != nil {
		j.background.Go(func() { j.checks(run) })
	}
	return nil
}

// Close refuses further appends, moves to the store what this server has appended, within CloseWithin, and stops. What
// could not be moved stays in Redis, for other servers or for the next start; the error says so.
func (j *Journal) Close() error {
	if j.closed.Swap(true) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), j.CloseWithin)
	defer cancel()
	if j.cancel == nil { // nobody moves anything
		cancel()
	}
	left := j.queue.finish(ctx)
	if j.cancel != nil {
		j.cancel()
	}
	j.background.Wait()
	if left > 0 {
		return fmt.Errorf("journal: %d games still have events in Redis only; a server that runs moves them to the store", left)
	}
	return nil
}

// journalled tells which way a stream goes.
func journalled(stream event.Stream) bool {
	_, game := stream.Game()
	return game
}

// ReadAll implements commands.EventStore. It shows what the store has.
func (j *Journal) ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	return j.Store.ReadAll(ctx, after)
}

// SubscribeAll implements commands.EventStore. It shows what the store has.
func (j *Journal) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	return j.Store.SubscribeAll(ctx, after, handle)
}

// Head implements commands.EventStore. It is the store's.
func (j *Journal) Head(ctx context.Context) (event.Position, error) { return j.Store.Head(ctx) }

const (
	checkTime  = 30 * time.Second // how long a check may take
	checkAgain = time.Second      // how soon it is repeated while Redis can't be trusted
)

// checks looks regularly whether Redis can still be trusted; while it can't, appends are refused.
func (j *Journal) checks(ctx context.Context) {
	for {
		every := j.CheckEvery
		if j.distrust.Load() != nil {
			every = min(every, checkAgain)
		}
		if wait(ctx, every) != nil {
			return
		}
		asking, cancel := context.WithTimeout(ctx, checkTime)
		err := j.Check(asking)
		cancel()
		if ctx.Err() != nil {
			return
		}
		// A Redis that does not answer is no news: appends find out by themselves, and the next check tells.
		if unanswered(err) {
			j.Logger.Warn("journal: Redis could not be checked", "error", err)
			continue
		}
		j.trust(err)
	}
}

func (j *Journal) trust(err error) {
	j.Observer.Guard(err == nil)
	switch before := j.distrust.Load(); {
	case err != nil:
		j.distrust.Store(&err)
		j.Observer.Alarm("journal: Redis can't be trusted")
		j.Logger.Error("journal: appends are refused until Redis can be trusted again", "error", err)
	case before != nil:
		j.distrust.Store(nil)
		j.Logger.Info("journal: Redis can be trusted again")
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
