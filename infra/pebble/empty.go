package pebble

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
)

var _ commands.Emptier = (*Store)(nil)

// Empty implements commands.Emptier. The events keep their keys and positions, so the global order stays whole. What is
// left of the old content in the folder is then merged away: the tables that hold the stream are rewritten, and the logs
// that may hold it are deleted instead of being used again. What the disk keeps of a deleted file, and backups, are
// beyond its reach.
func (s *Store) Empty(ctx context.Context, stream event.Stream, below uint64) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.rewrite(ctx, stream, below); err != nil {
		return fmt.Errorf("empty %s below %d: %w: %w", stream, below, commands.ErrUnavailable, err)
	}
	s.recent.empty(stream, below, []byte(player.Emptied))
	if err := s.events.purge(ctx, streamPrefix(stream), streamEnd(stream)); err != nil {
		return fmt.Errorf("empty %s below %d: %w: %w", stream, below, commands.ErrUnavailable, err)
	}
	return nil
}

// rewrite stores the events without their content, durably, in one batch. The writer only adds behind the head, so the
// two do not meet.
func (s *Store) rewrite(ctx context.Context, stream event.Stream, below uint64) (err error) {
	until := s.head.Load()
	batch := s.events.db.NewBatch()
	var chunk []event.Recorded
	for from, more := uint64(1), true; more; from += uint64(len(chunk)) {
		if chunk, more, err = s.readStream(ctx, stream, from, until, chunk[:0]); err != nil {
			return err
		}
		for i := range chunk {
			e := chunk[i]
			if e.Version >= below {
				more = false
				break
			}
			position, err := parsePosition(e.Position)
			if err != nil {
				return err
			}
			e.Data = []byte(player.Emptied)
			if err := batch.Set(eventKey(stream, e.Version), appendRecord(nil, position, &e), nil); err != nil {
				return err
			}
		}
	}
	if err := s.events.apply(batch); err != nil {
		return err
	}
	return closeBatch(batch)
}

// How long purge waits for deleted files to go, which running readers may hold.
const (
	purgeWait = 10 * time.Millisecond
	purgeMost = 10 * time.Second
)

// purge rewrites all tables that have keys in a range, and deletes all logs that there are.
func (f *folder) purge(ctx context.Context, from, to []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errWrecked, p)
			f.fuse.trip(err)
		}
	}()
	f.purging.Lock()
	defer f.purging.Unlock()
	f.fuse.forget.Store(true)
	defer f.fuse.forget.Store(false)
	// Each flush begins a new log, for which the oldest of those kept for use again is taken out and deleted; the one
	// before joins them.
	for range recycledLogs + 2 {
		if err := f.db.Flush(); err != nil {
			return err
		}
	}
	if err := f.db.Compact(ctx, from, to, false); err != nil {
		return err
	}
	enough := time.After(purgeMost)
	for {
		m := f.db.Metrics()
		if m.Table.ObsoleteCount == 0 && m.Table.ZombieCount == 0 {
			return f.fuse.Err()
		}
		select {
		case <-time.After(purgeWait):
		case <-ctx.Done():
			return ctx.Err()
		case <-enough:
			return errors.New("old files are still in use; try again")
		}
	}
}

// recycledLogs is how many logs Pebble keeps to use them again: one more than the memory tables that stop writing.
const recycledLogs = stopWrites + 1
