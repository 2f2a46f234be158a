package pebble

import (
	"context"
	"errors"
	"fmt"

	lsm "github.com/cockroachdb/pebble/v2"
)

// openSnapshots opens the cache of snapshots. It is a Pebble folder of its own, without syncs: in the events folder
// every snapshot would pass through the log that moves wait for, and its rewriting of the same keys would be merged
// together with events that never change.
func (s *Store) openSnapshots() (err error) {
	open := s.opener("snapshots")
	f, err := open()
	if err == nil {
		s.snapshots = &View{name: "snapshots", folder: f, open: open, room: s.roomFor(s.config.MinFree / 2)}
	}
	return err
}

// Load implements commands.Snapshots.
func (s *Store) Load(_ context.Context, game string) ([]byte, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	b, err := s.snapshots.raw([]byte(game))
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", game, err)
	}
	return b, nil
}

// Save implements commands.Snapshots. The snapshot survives the death of the process, but maybe not the machine's.
func (s *Store) Save(_ context.Context, game string, snapshot []byte) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	save := func() error {
		return s.snapshots.change(func(b *lsm.Batch) error { return b.Set([]byte(game), snapshot, nil) })
	}
	err := save()
	if err != nil && s.snapshots.Recover() == nil {
		err = save()
	}
	if err != nil {
		return fmt.Errorf("snapshot of %s: %w", game, err)
	}
	return nil
}

// get reads a copy of a value, nil if there is none.
func (f *folder) get(key []byte) ([]byte, error) {
	value, closer, err := f.db.Get(key)
	if errors.Is(err, lsm.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, len(value)), value...)
	return b, closer.Close()
}
