package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// alive keeps one file per run of the server:
//
//	live-clock reading (int64 ms) | wall clock (int64 Unix ms, for people) | CRC-32 of both
//
// It is written in place and never synced: after a power cut a mark may be some seconds old or unreadable, and then an
// outage is charged less, never more. A file of 20 bytes lies in one sector, so it is not torn in practice, and the
// checksum tells if it is.
type alive struct {
	fs  vfs.FS
	dir string
	own string

	mu   sync.Mutex
	file vfs.File // nil until the first mark, and after close
	up   int64
	shut bool
}

const markSize = 8 + 8 + 4

func openAlive(fs vfs.FS, dir, own string) (*alive, error) {
	if own != "" && !validName(own) {
		return nil, fmt.Errorf("incarnation %q: a name has 1 to 64 letters, digits and hyphens", own)
	}
	return &alive{fs: fs, dir: dir, own: own}, mkdir(fs, dir)
}

// Mark writes down that this run of the server is alive at a live-clock reading of up ms. Call it each second.
func (s *Store) Mark(up int64) error { return s.alive.mark(up, time.Now().UnixMilli()) }

func (a *alive) mark(up, wall int64) (err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.own == "" || a.shut {
		return errors.New("this run of the server leaves no mark")
	}
	if a.file == nil {
		a.file, err = a.fs.OpenReadWrite(a.fs.PathJoin(a.dir, a.own), vfs.WriteCategoryUnspecified)
		if err != nil {
			return fmt.Errorf("mark of life: %w", err)
		}
	}
	b := make([]byte, 0, markSize)
	b = binary.BigEndian.AppendUint64(b, uint64(up))
	b = binary.BigEndian.AppendUint64(b, uint64(wall))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	if _, err := a.file.WriteAt(b, 0); err != nil {
		return fmt.Errorf("mark of life: %w", err)
	}
	a.up = up
	return nil
}

// LastAlive implements commands.Alive. The folder's lock admits one process, so every other run is over.
func (s *Store) LastAlive(_ context.Context, incarnation string) (up int64, running, known bool) {
	return s.alive.last(incarnation)
}

func (a *alive) last(incarnation string) (up int64, running, known bool) {
	if incarnation == a.own && a.own != "" {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.up, true, true
	}
	if !validName(incarnation) {
		return 0, false, false
	}
	up, err := readMark(a.fs, a.fs.PathJoin(a.dir, incarnation))
	return up, false, err == nil
}

func readMark(fs vfs.FS, path string) (up int64, err error) {
	f, err := fs.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var b [markSize]byte
	if _, err := io.ReadFull(f, b[:]); err != nil {
		return 0, err
	}
	if binary.BigEndian.Uint32(b[16:]) != crc32.ChecksumIEEE(b[:16]) {
		return 0, errCorrupt
	}
	return int64(binary.BigEndian.Uint64(b[:])), nil
}

func (a *alive) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shut = true
	if a.file == nil {
		return nil
	}
	f := a.file
	a.file = nil
	return f.Close()
}
