package pebble

import "github.com/cockroachdb/pebble/v2/vfs"

// fileKind says how the failure of a file's write is treated.
type fileKind int

const (
	silentFile fileKind = iota // a log, a manifest, a directory: Pebble never hears of it, the fuse blows
	tableFile                  // Pebble hears of it, after a pause
)

// fuseFile is a file that was opened for writing through a fuse.
type fuseFile struct {
	vfs.File
	fuse *fuse
	kind fileKind
}

// do runs a changing operation; it returns nil if Pebble is not to hear of a failure.
func (f *fuseFile) do(change func() error) error {
	if f.fuse.Err() != nil {
		if f.kind == silentFile || f.fuse.abandoned.Load() {
			return nil
		}
		return errBlown
	}
	err := change()
	if err == nil || f.fuse.hides(f.kind, err) {
		return nil
	}
	return err
}

func (f *fuseFile) Write(p []byte) (n int, err error) {
	n = len(p)
	err = f.do(func() error {
		n, err = f.File.Write(p)
		return err
	})
	if err == nil {
		n = len(p)
	}
	return n, err
}

func (f *fuseFile) WriteAt(p []byte, off int64) (n int, err error) {
	n = len(p)
	err = f.do(func() error {
		n, err = f.File.WriteAt(p, off)
		return err
	})
	if err == nil {
		n = len(p)
	}
	return n, err
}

func (f *fuseFile) Sync() error     { return f.do(func() error { return f.File.Sync() }) }
func (f *fuseFile) SyncData() error { return f.do(func() error { return f.File.SyncData() }) }

func (f *fuseFile) SyncTo(length int64) (full bool, err error) {
	err = f.do(func() error {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

// Preallocate only helps; a disk that can't is seen at the write.
func (f *fuseFile) Preallocate(offset, length int64) error {
	if f.fuse.Err() == nil {
		_ = f.File.Preallocate(offset, length)
	}
	return nil
}

func (f *fuseFile) Close() error {
	err := f.File.Close()
	if err != nil && f.kind == silentFile {
		f.fuse.trip(err)
		return nil
	}
	return err
}
