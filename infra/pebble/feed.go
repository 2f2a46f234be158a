package pebble

import (
	"context"
	"fmt"
	"slices"

	"github.com/plygames/ply/domain/event"
)

// handleMost is how many events a subscriber is given at once. More than that is read at once only from the folder.
const handleMost = 1024

// SubscribeAll implements commands.EventStore. A subscriber who keeps up is served from memory; one who has fallen
// behind that reads the folder until it is back. The writer waits for neither. A position that is not of this store
// is ErrPosition.
func (s *Store) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	last, err := s.known(after)
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	buf := make([]event.Recorded, chunkEvents)
	var g group
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, held, changed := s.recent.after(last, buf)
		batch := buf[:n]
		if !held {
			batch, err = s.readAll(ctx, last, s.head.Load(), &g)
			if len(batch) == 0 {
				return fmt.Errorf("subscribe after %q: %w", string(formatPosition(last)), err)
			}
			s.seen.Behind(len(batch))
		}
		if len(batch) > 0 {
			last += uint64(len(batch))
			for piece := range slices.Chunk(batch, handleMost) {
				if err := handle(piece); err != nil {
					return err
				}
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return errClosed
		}
	}
}
