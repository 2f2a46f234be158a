package pebble

import (
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// fuse stands between Pebble and the disk. Pebble answers a failed write, sync or rotation of its write-ahead log or its
// manifest with a panic under locks, or with a request to end the process: either would take all readers down with
// the writer. The fuse hides such a failure from Pebble, remembers it, and from then on lets nothing change on the
// disk: no write, no new table, no deletion. So the folder stays as a crash at that moment would have left it, which
// is what Pebble is made to recover from, and reading goes on. The store asks the fuse before it acknowledges anything.
//
// Tables (the files of the merge tree) are different: Pebble retries them cleanly, so a failure is only slowed
// down, for else it would be retried in a hot loop. Meanwhile writes may stall, and closing would wait for them: then
// the fuse is abandoned, and Pebble believes that everything it writes succeeds, while nothing does.
//
// While a folder is being opened, any failed write abandons it at once. Pebble would try for ever to write the tables
// that opening needs, without a pause and with the callers of opening waiting.
type fuse struct {
	vfs.FS
	dir    string
	prefix string // what the names of its files begin with

	mu        sync.Mutex // held to blow the fuse and to arm it
	armed     bool       // it is open
	blown     atomic.Pointer[error]
	blow      func(error) // called once, from any goroutine, if that happens while it is open
	abandoned atomic.Bool
	forget    atomic.Bool   // old logs are deleted instead of being used again
	release   chan struct{} // closed when the folder is being closed
	releasing sync.Once
}

// errBlown is what Pebble gets to hear once nothing may change any more.
var errBlown = errors.New("the folder is read-only after a failed write")

const tableRetry = 250 * time.Millisecond

func newFuse(fs vfs.FS, dir string, blow func(error)) *fuse {
	return &fuse{
		FS: fs, dir: fs.PathJoin(dir), prefix: strings.TrimSuffix(fs.PathJoin(dir, "x"), "x"),
		blow: blow, release: make(chan struct{}),
	}
}

// Err is what blew the fuse, nil if it is whole.
func (f *fuse) Err() error {
	if p := f.blown.Load(); p != nil {
		return *p
	}
	return nil
}

// arm ends the opening. The error is what failed meanwhile: then the folder is no good.
func (f *fuse) arm() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = true
	return f.Err()
}

// trip blows the fuse. Pebble is not to hear of the error.
func (f *fuse) trip(err error) {
	f.mu.Lock()
	first, armed := f.Err() == nil, f.armed
	if first {
		f.blown.Store(&err)
	}
	if !armed {
		f.abandoned.Store(true)
		f.letGo()
	}
	f.mu.Unlock()
	if first && armed {
		f.blow(err)
	}
}

// letGo ends all waiting in the fuse, because the folder is being closed.
func (f *fuse) letGo() { f.releasing.Do(func() { close(f.release) }) }

// abandon gives the folder up, so that Pebble can be closed whatever it waits for. It must have no readers.
func (f *fuse) abandon(why error) {
	f.trip(why)
	f.abandoned.Store(true)
	f.letGo()
}

// Unwrap gives the file system below.
func (f *fuse) Unwrap() vfs.FS { return f.FS }

func (f *fuse) inside(name string) bool {
	name = f.PathJoin(name)
	return name == f.dir || strings.HasPrefix(name, f.prefix)
}

func isTable(name string) bool {
	return strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".blob")
}

// open makes a new file through the fuse.
func (f *fuse) open(name string, make func() (vfs.File, error)) (vfs.File, error) {
	if !f.inside(name) {
		return make()
	}
	kind := silentFile
	if isTable(name) {
		kind = tableFile
	}
	if f.Err() != nil {
		if kind == tableFile {
			<-f.release
		}
		if kind == silentFile || f.abandoned.Load() {
			return f.nowhere(kind), nil
		}
		return nil, errBlown
	}
	file, err := make()
	if err != nil {
		if f.hides(kind, err) {
			return f.nowhere(kind), nil
		}
		return nil, err
	}
	return &fuseFile{File: file, fuse: f, kind: kind}, nil
}

// nowhere is a file whose writes are dropped.
func (f *fuse) nowhere(kind fileKind) vfs.File {
	return &fuseFile{File: vfs.NewMemFile(nil), fuse: f, kind: kind}
}

// hides decides what becomes of a failed write: whether Pebble is to go on as if it had succeeded.
func (f *fuse) hides(kind fileKind, err error) bool {
	if kind == tableFile && f.slowDown(err) {
		return false
	}
	f.trip(err)
	return true
}

// slowDown slows down the retries of a failing table; false: the folder is being opened, and there are to be none.
func (f *fuse) slowDown(err error) bool {
	f.mu.Lock()
	armed := f.armed
	f.mu.Unlock()
	if !armed {
		return false
	}
	select {
	case <-f.release:
	case <-time.After(tableRetry):
	}
	return true
}

func (f *fuse) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open(name, func() (vfs.File, error) { return f.FS.Create(name, c) })
}

func (f *fuse) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return f.open(name, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, c, o...) })
}

func (f *fuse) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.forget.Load() {
		// What the old file held is to go; Pebble leaves it to the file system whether the file is used again.
		if err := f.Remove(oldname); err != nil {
			return nil, err
		}
		return f.Create(newname, c)
	}
	return f.open(newname, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, c) })
}

func (f *fuse) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	if err != nil || !f.inside(name) {
		return file, err
	}
	return &fuseFile{File: file, fuse: f, kind: silentFile}, nil
}

func (f *fuse) Remove(name string) error {
	return f.change(name, func() error { return f.FS.Remove(name) })
}

func (f *fuse) RemoveAll(name string) error {
	return f.change(name, func() error { return f.FS.RemoveAll(name) })
}

func (f *fuse) Rename(oldname, newname string) error {
	return f.change(newname, func() error { return f.FS.Rename(oldname, newname) })
}

func (f *fuse) Link(oldname, newname string) error {
	return f.change(newname, func() error { return f.FS.Link(oldname, newname) })
}

func (f *fuse) MkdirAll(name string, perm os.FileMode) error {
	return f.change(name, func() error { return f.FS.MkdirAll(name, perm) })
}

// change changes a directory, unless nothing may change any more.
func (f *fuse) change(name string, do func() error) error {
	if !f.inside(name) || f.Err() == nil {
		return do()
	}
	if f.abandoned.Load() {
		return nil
	}
	return errBlown
}
