package pebble

import (
	"errors"
	"sync/atomic"
)

// opener opens a folder whose contents can be made again, as often as need be. What can't be read is thrown away: at once
// if that is seen while it is opened; else the folder is read-only from then on, and thrown away when it is opened next,
// as whoever writes to it does. (Pebble would try to merge a damaged table for ever, without a pause.)
func (s *Store) opener(name string) func() (*folder, error) {
	var damaged atomic.Bool
	dir := s.path(name)
	options := folderOptions{
		fs: s.fs, dir: dir, cache: s.cache, memTable: smallMemTable, logger: s.logger,
		damaged: func() { damaged.Store(true) },
	}
	return func() (*folder, error) {
		if err := mkdir(s.fs, dir); err != nil {
			return nil, err
		}
		err := errDamaged
		if !damaged.Load() {
			var f *folder
			if f, err = openFolder(options); err == nil {
				return f, nil
			}
			if errors.Is(err, errUnwritable) && !damaged.Load() {
				return nil, err // nothing is wrong with what is there
			}
		}
		s.logger.Warn("folder can't be opened and is made anew", "folder", name, "error", err)
		if err := s.fs.RemoveAll(dir); err != nil {
			return nil, err
		}
		damaged.Store(false)
		if err := mkdir(s.fs, dir); err != nil {
			return nil, err
		}
		return openFolder(options)
	}
}
