package pebble

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// ErrInvalid reports an append that breaks the port's rules; nothing was written.
var ErrInvalid = errors.New("invalid append")

// Append implements commands.EventStore. It is durable when it returns nil: the log was synced. The bytes of the
// events are shared with subscribers and must not be changed afterwards.
func (s *Store) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	began := time.Now()
	err := s.append(ctx, stream, expected, events)
	s.seen.Appended(time.Since(began).Seconds(), len(events), err == nil)
	if err != nil {
		return fmt.Errorf("append to %s at %d: %w", stream, expected, err)
	}
	return nil
}

func (s *Store) append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	r := &request{stream: stream, expected: expected, events: events, done: make(chan error, 1)}
	if err := r.validate(); err != nil {
		return err
	}
	return s.submit(ctx, r)
}

// submit hands a valid request to the writer and waits for its answer.
func (s *Store) submit(ctx context.Context, r *request) error {
	if err := ctx.Err(); err != nil {
		return s.queue.refuse(r.stream, err)
	}
	if err := s.queue.put(r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
	}
	if r.state.CompareAndSwap(waiting, withdrawn) {
		return s.queue.refuse(r.stream, ctx.Err())
	}
	select {
	case err := <-r.done:
		return err
	default:
		return fmt.Errorf("%w: %w", commands.ErrUnknown, ctx.Err())
	}
}

func (r *request) validate() error {
	if r.stream == "" || len(r.stream) > maxStream {
		return fmt.Errorf("%w: a stream's name has 1 to %d bytes, not %d", ErrInvalid, maxStream, len(r.stream))
	}
	if len(r.events) == 0 {
		return fmt.Errorf("%w: no events", ErrInvalid)
	}
	for i := range r.events {
		e := &r.events[i]
		if e.Stream != r.stream || e.Version != r.expected+1+uint64(i) || e.Type == "" {
			return fmt.Errorf("%w: event %d is %q version %d of %s", ErrInvalid, i, e.Type, e.Version, e.Stream)
		}
		r.size += recordSize(e) + 3*len(r.stream)
	}
	return nil
}
