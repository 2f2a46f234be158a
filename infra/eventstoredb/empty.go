package eventstoredb

import (
	"context"
	"fmt"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

var _ commands.Emptier = (*Store)(nil)

// Empty implements commands.Emptier: the stream begins at that version from now on. EventStoreDB takes what is before it
// off its disk, and out of its global order, at the next scavenge, which is the operator's to start and to repeat.
func (s *Store) Empty(ctx context.Context, stream event.Stream, below uint64) error {
	if below <= 1 {
		return nil
	}
	began := time.Now()
	err := s.truncate(ctx, stream, below)
	s.seen.Called("truncate", result(err), time.Since(began).Seconds())
	if err != nil {
		return fmt.Errorf("let %s begin at %d: %w: %w", stream, below, commands.ErrUnavailable, err)
	}
	return nil
}

func (s *Store) truncate(ctx context.Context, stream event.Stream, below uint64) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Deadline)
	defer cancel()
	l, err := s.gate.enter(ctx)
	if err != nil {
		return err
	}
	_, err = race(ctx, l, func(ctx context.Context, c *esdb.Client) (*esdb.WriteResult, error) {
		deadline := s.config.Deadline
		metadata := esdb.StreamMetadata{}
		metadata.SetTruncateBefore(revision(below))
		return c.SetStreamMetadata(ctx, string(stream), esdb.AppendToStreamOptions{
			ExpectedRevision: esdb.Any{}, Deadline: &deadline,
		}, metadata)
	})
	return err
}
