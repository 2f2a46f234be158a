package journal

import (
	"context"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// rereads is how often a reader looks again when the store does not show yet what it has confirmed.
const rereads = 6

// ReadStream implements commands.EventStore. Of a game it shows the store and behind it the tail; an event of the tail
// has no position.
//
// The tail is read before the store, so nothing falls between the two: what leaves the tail in the meantime is in the
// store by then.
func (j *Journal) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	if !journalled(stream) {
		return j.Store.ReadStream(ctx, stream, from)
	}
	return func(yield func(event.Recorded, error) bool) {
		next := max(from, 1)
		for attempt := range rereads {
			tail, err := j.Keys.Read(ctx, stream, next, math.MaxInt32)
			if err != nil {
				yield(event.Recorded{}, fmt.Errorf("read %s: %w", stream, err))
				return
			}
			whole, goOn := j.merge(ctx, stream, tail, &next, yield)
			if !goOn || whole {
				return
			}
			if err := j.Wait(ctx, 10*time.Millisecond<<attempt); err != nil {
				yield(event.Recorded{}, fmt.Errorf("read %s: %w: %w", stream, commands.ErrUnavailable, err))
				return
			}
		}
		yield(event.Recorded{}, fmt.Errorf("read %s: %w: the store does not show version %d, which it has confirmed", stream, commands.ErrUnavailable, next))
	}
}

// merge yields the store's events from *next on, then those of the tail, and moves *next. whole is false if there is a
// gap between the two; goOn is false if the reader has had enough or an error.
func (j *Journal) merge(ctx context.Context, stream event.Stream, tail Tail, next *uint64, yield func(event.Recorded, error) bool) (whole, goOn bool) {
	rest := tail.Entries
	for e, err := range j.Store.ReadStream(ctx, stream, *next) {
		if err != nil {
			yield(event.Recorded{}, err)
			return false, false
		}
		for len(rest) > 0 && rest[0].Version < e.Version {
			rest = rest[1:]
		}
		if len(rest) > 0 && rest[0].Version == e.Version && rest[0].ID != e.ID {
			yield(event.Recorded{}, fmt.Errorf("%w: version %d of %s is one event in the store and another in the journal",
				commands.ErrUnavailable, e.Version, stream))
			return false, false
		}
		if !yield(e, nil) {
			return false, false
		}
		*next = e.Version + 1
	}
	for i := range rest {
		e := rest[i].Recorded
		if e.Version < *next {
			continue
		}
		if e.Version > *next {
			return false, true
		}
		if !yield(e, nil) {
			return false, false
		}
		*next = e.Version + 1
	}
	return !tail.Present || tail.Head < *next, true
}
