package pebble

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// folder is one Pebble database behind a fuse.
type folder struct {
	db   *lsm.DB
	fuse *fuse
	sync *lsm.WriteOptions

	purging sync.Mutex // one purge at a time
}

// stopWrites is how many memory tables may wait to be written before writing waits for them.
const stopWrites = 4

// folderOptions are what differs between the folders of a store.
type folderOptions struct {
	fs       vfs.FS
	dir      string
	cache    *lsm.Cache
	memTable uint64 // bytes
	block    int    // bytes that are read at once; 0: Pebble's 4 KiB
	durable  bool   // sync every commit
	readOnly bool
	logger   *slog.Logger
	failed   func(error) // called once when the folder can't be written any more; may be nil
	damaged  func()      // called when something of it can't be read, after which it can't be written; nil: that is only told
}

// formatVersion is the on-disk format. It writes into the log how far it had been synced, so that a damaged acknowledged
// record is told apart from a torn tail and opening fails instead of dropping it; and its tables may be compressed with
// MinLZ.
const formatVersion = lsm.FormatTableFormatV6

// openFolder opens or creates a folder.
func openFolder(o folderOptions) (*folder, error) {
	logger := o.logger.With("folder", o.fs.PathBase(o.dir))
	fuse := newFuse(o.fs, o.dir, func(err error) {
		logger.Error("writing failed; the folder is read-only until it is opened again", "error", err)
		if o.failed != nil {
			o.failed(err)
		}
	})
	options := &lsm.Options{
		FS:                          fuse,
		Cache:                       o.cache,
		FormatMajorVersion:          formatVersion,
		MemTableSize:                o.memTable,
		MemTableStopWritesThreshold: stopWrites,
		L0CompactionThreshold:       2,
		L0StopWritesThreshold:       1000,
		BytesPerSync:                1 << 20,
		ReadOnly:                    o.readOnly,
		Logger:                      pebbleLog{logger: logger, fuse: fuse},
		EventListener: &lsm.EventListener{
			BackgroundError: func(err error) { logger.Warn("background work failed, will be tried again", "error", err) },
			DataCorruption: func(info lsm.DataCorruptionInfo) {
				logger.Error("data is corrupt", "what", info.String())
				if o.damaged != nil {
					o.damaged()
					fuse.trip(errDamaged)
				}
			},
			WriteStallBegin: func(info lsm.WriteStallBeginInfo) { logger.Warn("writes stall", "why", info.Reason) },
			WriteStallEnd:   func() { logger.Info("writes go on") },
		},
	}
	// Whoever reads history spends a quarter of the time on decompressing. This is MinLZ where the machine has instructions
	// for it: half as fast again as Pebble's default, Snappy, and smaller.
	options.ApplyCompressionSettings(func() lsm.DBCompressionSettings { return lsm.DBCompressionFastest })
	// The lookup that matters is "is there such a stream": almost always no, for a new game.
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		options.Levels[i].BlockSize = o.block
	}
	db, err := lsm.Open(o.dir, options)
	if failed := fuse.arm(); failed != nil {
		if err == nil {
			_ = db.Close() // nothing of it reaches the disk any more
		}
		return nil, fmt.Errorf("%w: %w", errUnwritable, failed)
	}
	if err != nil {
		return nil, err
	}
	writes := lsm.NoSync
	if o.durable {
		writes = lsm.Sync
	}
	return &folder{db: db, fuse: fuse, sync: writes}, nil
}

// errUnwritable reports that a write failed while a folder was being opened.
var errUnwritable = errors.New("the folder can't be written")

// errDamaged is why a folder can't be written any more of which something can't be read.
var errDamaged = errors.New("the folder is damaged")

// errWrecked reports that Pebble panicked while holding its locks: it can't even be closed.
var errWrecked = errors.New("the storage engine failed inside")

// apply commits a batch. After an error the batch may or may not be on disk, and the fuse is blown.
func (f *folder) apply(batch *lsm.Batch) (err error) {
	if err := f.fuse.Err(); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errWrecked, p)
			f.fuse.trip(err)
		}
	}()
	err = f.db.Apply(batch, f.sync)
	if err != nil {
		f.fuse.trip(err)
		return err
	}
	return f.fuse.Err()
}

// close ends the folder. It must have no readers. A wrecked database is abandoned: closing it would wait for locks
// that are never released.
func (f *folder) close() error {
	f.fuse.letGo()
	if errors.Is(f.fuse.Err(), errWrecked) {
		return f.fuse.Err()
	}
	if err := f.db.Close(); err != nil {
		return err
	}
	return f.fuse.Err()
}

// pebbleLog carries Pebble's log to ours, and keeps its fatal errors from ending the process: they blow the fuse.
type pebbleLog struct {
	logger *slog.Logger
	fuse   *fuse
}

func (l pebbleLog) Infof(format string, args ...any) { l.logger.Debug(fmt.Sprintf(format, args...)) }

func (l pebbleLog) Errorf(format string, args ...any) { l.logger.Warn(fmt.Sprintf(format, args...)) }

func (l pebbleLog) Fatalf(format string, args ...any) {
	l.fuse.trip(fmt.Errorf(format, args...))
}
