package pebble

import (
	"context"
	"fmt"
	"time"

	"github.com/plygames/ply/domain/event"
)

// Write appends events of one stream or several in one atomic step, in the order given; those of one stream stand
// together. Unlike Append it knows no repetitions: if any stream is not at the version before its first event, the
// answer is commands.ErrConflict and nothing was written. It gives the position of the first event; the others follow
// it without a hole. Durability and the other errors are Append's.
func (s *Store) Write(ctx context.Context, events []event.Recorded) (event.Position, error) {
	began := time.Now()
	first, err := s.writeParts(ctx, events)
	s.seen.Appended(time.Since(began).Seconds(), len(events), err == nil)
	if err != nil {
		return "", fmt.Errorf("write %d events: %w", len(events), err)
	}
	return formatPosition(first), nil
}

func (s *Store) writeParts(ctx context.Context, events []event.Recorded) (first uint64, err error) {
	if len(events) == 0 {
		return 0, fmt.Errorf("%w: no events", ErrInvalid)
	}
	var head, last *request
	for from := 0; from < len(events); {
		to := from + 1
		for to < len(events) && events[to].Stream == events[from].Stream {
			to++
		}
		part := &request{
			stream: events[from].Stream, expected: events[from].Version - 1, events: events[from:to], exact: true,
		}
		if err := part.validate(); err != nil {
			return 0, err
		}
		if head.touches(part.stream) {
			return 0, fmt.Errorf("%w: the events of %s do not stand together", ErrInvalid, part.stream)
		}
		if head == nil {
			head = part
		} else {
			last.also = part
			head.size += part.size
		}
		last, from = part, to
	}
	head.done = make(chan error, 1)
	if err := s.submit(ctx, head); err != nil {
		return 0, err
	}
	return head.first, nil
}
