package pebble

import (
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/commands"
)

// room refuses appends while the disk is nearly full. Running into the end of the disk would stop the writer until a
// restart; refusing before is certain ("nothing was written") and ends by itself when there is space again. Safe for
// concurrent use.
type room struct {
	fs    vfs.FS
	dir   string
	least uint64 // bytes

	mu    sync.Mutex
	asked time.Time
	err   error
}

// roomFor watches that so many bytes stay free.
func (s *Store) roomFor(least uint64) *room { return &room{fs: s.fs, dir: s.config.Dir, least: least} }

const roomEvery = 200 * time.Millisecond

// check is nil if there is room, or if the file system can't tell.
func (r *room) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.Sub(r.asked) < roomEvery {
		return r.err
	}
	r.asked, r.err = now, nil
	if usage, err := r.fs.GetDiskUsage(r.dir); err == nil && usage.AvailBytes < r.least {
		r.err = fmt.Errorf("%w: disk is nearly full: %d MiB free, at least %d needed",
			commands.ErrUnavailable, usage.AvailBytes>>20, r.least>>20)
	}
	return r.err
}
