package journal

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/plygames/ply/domain/event"
)

// flushes moves the streams of the queue to the store, several at once, until ctx ends. A stream whose move fails is
// tried again for ever, by this server and by the others.
func (j *Journal) flushes(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	places := make(chan struct{}, j.Flushers)
	for {
		select {
		case <-ctx.Done():
			return
		case <-j.queue.woken:
		}
		if wait(ctx, j.FlushEvery) != nil { // more appends of these games come meanwhile
			return
		}
		for _, stream := range j.queue.take() {
			select {
			case places <- struct{}{}:
			case <-ctx.Done():
				return
			}
			running.Go(func() {
				defer func() { <-places }()
				j.flushOnce(ctx, stream)
			})
		}
	}
}

// forgetEvery is how many scans there are to one search for idle heads.
const forgetEvery = 10

// stuckAfter is how many failures in a row, over some 10 to 20 s, an operator should know of.
const (
	stuckAfter = 10
	stuckAlarm = "journal: events can't be moved to the store"
)

func (j *Journal) flushOnce(ctx context.Context, stream event.Stream) {
	err := j.Flush(ctx, stream)
	if errors.Is(err, errHalted) {
		j.alarmHalted(stream, err.Error())
		j.queue.drop(stream)
		return
	}
	pause, failures := j.queue.finished(stream, err != nil)
	if failures == 0 || ctx.Err() != nil {
		return
	}
	if failures == stuckAfter {
		j.Observer.Alarm(stuckAlarm)
	}
	j.Logger.Warn("journal: events could not be moved to the store yet", "stream", stream, "error", err, "again in", pause)
	j.background.Go(func() {
		if wait(ctx, pause) == nil {
			j.queue.retry(stream)
		}
	})
}

// scans looks for what nobody flushes any more, and forgets idle heads. A stream that is dirty in two scans running is
// flushed here too, whoever's it is: its server may be dead or asleep.
func (j *Journal) scans(ctx context.Context) {
	var before map[event.Stream]bool
	for n := 0; ; n++ {
		streams, err := j.Keys.Dirty(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			j.Logger.Warn("journal: Redis could not be searched for unmoved events", "error", err)
		default:
			now := make(map[event.Stream]bool, len(streams))
			for _, stream := range streams {
				now[stream] = true
				if _, halted := j.alarmed.Load(stream); !halted && (n == 0 || before[stream]) {
					j.queue.add(stream)
				}
			}
			before = now
			j.Observer.Waiting(len(streams))
			if n%forgetEvery == 0 {
				j.forget(ctx)
			}
		}
		// Servers that were started together shall not search together.
		if wait(ctx, j.ScanEvery/2+rand.N(j.ScanEvery)) != nil {
			return
		}
	}
}

// forget evicts idle heads, so that Redis holds the games that are played and not all that ever were.
func (j *Journal) forget(ctx context.Context) {
	streams, err := j.Keys.Idle(ctx, j.IdleAfter, j.HeadsMost)
	if err != nil {
		j.Logger.Warn("journal: Redis could not be searched for idle games", "error", err)
		return
	}
	for _, stream := range streams {
		// One second even if there are too many: a game that was moved right now is likely to go on.
		if _, err := j.Keys.Evict(ctx, stream, min(j.IdleAfter, time.Second)); err != nil {
			j.Logger.Warn("journal: an idle game could not be forgotten", "stream", stream, "error", err)
			return
		}
	}
	if halted, err := j.Keys.Halted(ctx); err == nil {
		j.Observer.Halted(len(halted))
		for stream, why := range halted {
			j.alarmHalted(stream, why)
		}
		j.alarmed.Range(func(stream, _ any) bool {
			if _, still := halted[stream.(event.Stream)]; !still { // somebody has settled it
				j.alarmed.Delete(stream)
			}
			return true
		})
	}
}
