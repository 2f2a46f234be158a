package eventstoredb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// ReadStream implements commands.EventStore. A stream with a tombstone has no events. It reads page by page, so a slow
// reader holds up nothing; on a follower it may be behind.
func (s *Store) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		next, count := max(from, 1), min(firstPage, s.config.PageEvents)
		for {
			p, err := s.streamPage(ctx, stream, next, count)
			if err != nil {
				yield(event.Recorded{}, fmt.Errorf("read %s from %d: %w", stream, next, err))
				return
			}
			for _, e := range p.events {
				if !yield(e, nil) {
					return
				}
			}
			if !p.more {
				return
			}
			next, count = p.events[len(p.events)-1].Version+1, s.config.PageEvents
		}
	}
}

// page is what one call has read. more: it did not come to the end.
type page struct {
	events []event.Recorded
	more   bool
}

// streamPage reads at most count events of a stream.
func (s *Store) streamPage(ctx context.Context, stream event.Stream, from uint64, count int) (page, error) {
	return s.page(ctx, "read stream", count, func(ctx context.Context, c *esdb.Client) (*esdb.ReadStream, error) {
		return c.ReadStream(ctx, string(stream), esdb.ReadStreamOptions{
			Direction: esdb.Forwards, From: esdb.Revision(revision(from)),
		}, uint64(count))
	})
}

// allPage reads at most count events of the global order, system events among them.
func (s *Store) allPage(ctx context.Context, direction esdb.Direction, from esdb.AllPosition, count int) (page, error) {
	return s.page(ctx, "read all", count, func(ctx context.Context, c *esdb.Client) (*esdb.ReadStream, error) {
		return c.ReadAll(ctx, esdb.ReadAllOptions{Direction: direction, From: from}, uint64(count))
	})
}

type opener func(context.Context, *esdb.Client) (*esdb.ReadStream, error)

// page reads one page; again, on another connection, while there is time and the first was lost. Its errors wrap
// commands.ErrUnavailable.
func (s *Store) page(ctx context.Context, kind string, count int, open opener) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	began := time.Now()
	for {
		p, err := s.readPage(ctx, count, open)
		lost := err != nil && judge(err).lost && !errors.Is(err, commands.ErrUnavailable)
		if lost && ctx.Err() == nil && time.Since(began) < s.config.Deadline {
			continue
		}
		if err != nil && !errors.Is(err, commands.ErrUnavailable) {
			err = unavailable(err)
		}
		s.seen.Called(kind, result(err), time.Since(began).Seconds())
		return p, err
	}
}

func (s *Store) readPage(ctx context.Context, count int, open opener) (page, error) {
	l, err := s.gate.enter(ctx)
	if err != nil {
		return page{}, err
	}
	return race(ctx, l, func(ctx context.Context, c *esdb.Client) (page, error) {
		p, err := drainPage(ctx, c, count, open)
		if err != nil && (judge(err).kind == missing || judge(err).kind == deleted) {
			return page{}, nil
		}
		return p, err
	})
}

// drainPage reads to the end of a page.
func drainPage(ctx context.Context, c *esdb.Client, count int, open opener) (p page, err error) {
	stream, err := open(ctx, c)
	if err != nil {
		return page{}, err
	}
	defer stream.Close()
	for bytes := 0; ; {
		resolved, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			p.more = p.more || len(p.events) == count
			return p, nil
		}
		if err != nil {
			return page{}, err
		}
		e := recorded(resolved.OriginalEvent())
		p.events = append(p.events, e)
		if bytes += len(e.Data) + len(e.Meta); bytes > pageBytes && len(p.events) > 1 {
			p.more = true
			return p, nil
		}
	}
}

// recorded makes a stored event ours.
func recorded(e *esdb.RecordedEvent) event.Recorded {
	return event.Recorded{
		Stream: event.Stream(e.StreamID), Version: version(e.EventNumber), Position: formatPosition(e.Position),
		ID: event.ID(e.EventID), Type: e.EventType, Meta: e.UserMetadata, Data: e.Data,
	}
}

// system tells whether an event is the server's own.
func system(e *event.Recorded) bool {
	return strings.HasPrefix(e.Type, "$") || strings.HasPrefix(string(e.Stream), "$")
}
