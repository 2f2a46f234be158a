package trial

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
)

// ErrDown is what a Log answers while it is down.
var ErrDown = errors.New("trial log is down")

// Log is an event store in memory. Safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	all     []event.Recorded
	streams map[event.Stream][]int
	grown   chan struct{} // closed and replaced when something is appended
	down    bool
	reads   int
	during  func()
}

var _ projections.Log = (*Log)(nil)

// NewLog makes an empty log.
func NewLog() *Log {
	return &Log{streams: make(map[event.Stream][]int), grown: make(chan struct{})}
}

// Append adds events at the end of their streams and gives them back with their positions.
func (l *Log) Append(events ...event.Recorded) []event.Recorded {
	l.mu.Lock()
	defer l.mu.Unlock()
	stored := make([]event.Recorded, 0, len(events))
	for _, rec := range events {
		if want := uint64(len(l.streams[rec.Stream])) + 1; rec.Version != want {
			panic(fmt.Sprintf("trial: %s is at %d, appended %d", rec.Stream, want-1, rec.Version))
		}
		rec.Position = position(len(l.all))
		l.streams[rec.Stream] = append(l.streams[rec.Stream], len(l.all))
		l.all = append(l.all, rec)
		stored = append(stored, rec)
	}
	close(l.grown)
	l.grown = make(chan struct{})
	return stored
}

// Cut forgets all but the first n events, as a restore from a backup does.
func (l *Log) Cut(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = l.all[:n:n]
	l.streams = make(map[event.Stream][]int)
	for i, rec := range l.all {
		l.streams[rec.Stream] = append(l.streams[rec.Stream], i)
	}
}

// Down makes all reads fail, or work again.
func (l *Log) Down(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// DuringNextRead has f called once by the next read of a stream, after it has seen the stream's end.
func (l *Log) DuringNextRead(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.during = f
}

// Reads tells how many reads of a stream there were.
func (l *Log) Reads() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reads
}

// All gives everything that is stored.
func (l *Log) All() []event.Recorded {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[:len(l.all):len(l.all)]
}

// ReadStream gives the events of a stream as it is now.
func (l *Log) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		l.mu.Lock()
		l.reads++
		var found []event.Recorded
		for _, i := range l.streams[stream] {
			if l.all[i].Version >= from {
				found = append(found, l.all[i])
			}
		}
		down, during := l.down, l.during
		l.during = nil
		l.mu.Unlock()
		if during != nil {
			during()
		}
		each(ctx, found, down, yield)
	}
}

// ReadAll gives the events after a position as they are now.
func (l *Log) ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		found, down, _ := l.after(after)
		each(ctx, found, down, yield)
	}
}

// SubscribeAll hands over one event at a time or all there are, so that batches of several sizes occur.
func (l *Log) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	for {
		found, down, grown := l.after(after)
		if down {
			return ErrDown
		}
		for len(found) > 0 {
			n := min(len(found), 1+len(found)%7)
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := handle(found[:n]); err != nil {
				return err
			}
			after, found = found[n-1].Position, found[n:]
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Head is the position of the last event.
func (l *Log) Head(context.Context) (event.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.down:
		return "", ErrDown
	case len(l.all) == 0:
		return "", nil
	}
	return position(len(l.all) - 1), nil
}

func (l *Log) after(after event.Position) (found []event.Recorded, down bool, grown chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.all {
		if l.all[i].Position > after {
			found = l.all[i:len(l.all):len(l.all)]
			break
		}
	}
	return found, l.down, l.grown
}

func each(ctx context.Context, events []event.Recorded, down bool, yield func(event.Recorded, error) bool) {
	if down {
		yield(event.Recorded{}, ErrDown)
		return
	}
	for _, rec := range events {
		if err := ctx.Err(); err != nil {
			yield(event.Recorded{}, err)
			return
		}
		if !yield(rec, nil) {
			return
		}
	}
}

func position(i int) event.Position { return event.Position(fmt.Sprintf("%08d", i+1)) }
