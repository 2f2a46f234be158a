package pebble

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/projections"
)

// Config says where the store is and how much it may use. Only Dir is needed.
type Config struct {
	Dir         string
	FS          vfs.FS       // nil: the operating system's
	Logger      *slog.Logger // nil: silent
	Observer    Observer     // nil: none
	Incarnation string       // this run of the server, for its mark of life; "" if it leaves none

	LogBytes   uint64 // of write-ahead log before it becomes a table; bounds the time Open takes; 0: 32 MiB
	CacheBytes int64  // memory for blocks read from disk, shared by all folders; 0: 64 MiB
	RecentMax  int    // events kept in memory for subscribers; 0: 65,536. They are bounded by 64 MiB too
	HeadsMax   int    // streams whose version is kept in memory; 0: 131,072
	MinFree    uint64 // bytes of disk below which appends are refused, so that the disk never runs full; 0: 128 MiB
}

const (
	defaultCache   = 64 << 20
	defaultRecent  = 1 << 16
	defaultHeads   = 1 << 17
	defaultMinFree = 128 << 20

	recentBytes   = 64 << 20
	defaultLog    = 32 << 20
	smallMemTable = 4 << 20

	// eventBlock holds some 60 events of a game. Whole games are read, and all of history: that takes a fifth less than with
	// Pebble's own 4 KiB, and what is read once more, the end of a cold game, is one block in any case.
	eventBlock = 16 << 10
)

// ErrInUse reports that another process has the data folder open.
var ErrInUse = errors.New("data folder is in use by another process: stop that one, or choose another folder")

var errClosed = fmt.Errorf("%w: it is closed", commands.ErrUnavailable)

// Store is the embedded store. All methods are safe for concurrent use. Close it once, after whoever uses it.
type Store struct {
	config Config
	fs     vfs.FS
	logger *slog.Logger
	seen   Observer
	lock   io.Closer
	cache  *lsm.Cache

	gate   sync.RWMutex // held for reading while a folder is read, for writing to close
	closed bool
	done   chan struct{} // closed by Close, before anything else

	events *folder
	head   atomic.Uint64 // position of the newest durable event: nothing behind it is ever shown
	types  names
	recent *ring
	queue  *queue
	heads  *heads
	room   *room
	writer sync.WaitGroup

	snapshots *View // a cache like a view, but without a checkpoint
	alive     *alive

	viewsMu sync.Mutex
	views   map[string]*View
}

var (
	_ commands.EventStore = (*Store)(nil)
	_ commands.Snapshots  = (*Store)(nil)
	_ commands.Alive      = (*Store)(nil)
	_ projections.Log     = (*Store)(nil)
	_ projections.Views   = (*View)(nil)
)

// Open opens the store in a folder and creates it if there is none. It takes the time to replay the log that was not
// yet turned into tables (at most some 100 MiB), whatever the size of the store. Errors: ErrInUse; what the disk says.
func Open(config Config) (_ *Store, err error) {
	s := &Store{
		config: config, fs: config.FS, logger: config.Logger, seen: config.Observer,
		done: make(chan struct{}), queue: newQueue(), views: map[string]*View{},
	}
	s.defaults()
	if err := mkdir(s.fs, config.Dir); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := s.fs.Lock(s.fs.PathJoin(config.Dir, "LOCK"))
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			return nil, fmt.Errorf("data folder: %w", err)
		}
		return nil, fmt.Errorf("%s: %w", config.Dir, ErrInUse)
	}
	s.lock = lock
	s.cache = lsm.NewCache(s.config.CacheBytes)
	defer func() {
		if err != nil {
			s.closeFolders()
		}
	}()
	if err := s.openEvents(); err != nil {
		return nil, fmt.Errorf("events folder: %w", err)
	}
	if err := s.openSnapshots(); err != nil {
		return nil, fmt.Errorf("snapshots folder: %w", err)
	}
	if s.alive, err = openAlive(s.fs, s.path("alive"), config.Incarnation); err != nil {
		return nil, fmt.Errorf("marks of life: %w", err)
	}
	s.writer.Add(1)
	go s.write()
	return s, nil
}

func (s *Store) defaults() {
	if s.fs == nil {
		s.fs = vfs.Default
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.seen == nil {
		s.seen = noObserver{}
	}
	c := &s.config
	if c.CacheBytes <= 0 {
		c.CacheBytes = defaultCache
	}
	if c.LogBytes == 0 {
		c.LogBytes = defaultLog
	}
	if c.RecentMax <= 0 {
		c.RecentMax = defaultRecent
	}
	if c.HeadsMax <= 0 {
		c.HeadsMax = defaultHeads
	}
	if c.MinFree == 0 {
		c.MinFree = defaultMinFree
	}
}

func (s *Store) path(name string) string { return s.fs.PathJoin(s.config.Dir, name) }

// openEvents opens the truth and finds its end, with one seek.
func (s *Store) openEvents() (err error) {
	dir := s.path("events")
	if err := mkdir(s.fs, dir); err != nil {
		return err
	}
	s.events, err = openFolder(folderOptions{
		fs: s.fs, dir: dir, cache: s.cache, memTable: s.config.LogBytes, durable: true, logger: s.logger, block: eventBlock,
		failed: s.stop,
	})
	if err != nil {
		return err
	}
	head, err := s.lastPosition()
	if err != nil {
		return err
	}
	if head == 0 {
		// A new folder's first log is in Pebble's oldest format, whatever was asked for: begin a new one.
		if err := s.events.db.Flush(); err != nil {
			return err
		}
	}
	s.head.Store(head)
	s.recent = newRing(s.config.RecentMax, recentBytes, head)
	s.heads = newHeads(s.config.HeadsMax)
	s.room = s.roomFor(s.config.MinFree)
	return nil
}

// Close ends the store: appends that wait are refused, those being written are finished, reads and subscriptions end
// with an error. It waits for the writer, but not for ever: a write that stalls, because the disk fails and fails, is
// given up after some seconds, and its outcome is unknown. The error tells if writing had failed.
func (s *Store) Close() error {
	close(s.done)
	s.queue.close(errClosed)
	s.awaitWriter()
	s.gate.Lock()
	s.closed = true
	s.gate.Unlock()
	return s.closeFolders()
}

const stallMost = 5 * time.Second

var errStalled = errors.New("the store was closed while a write was stalled")

func (s *Store) awaitWriter() {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.writer.Wait()
	}()
	select {
	case <-ended:
		return
	case <-time.After(stallMost):
	}
	s.gate.Lock() // readers would miss what was abandoned
	s.closed = true
	s.gate.Unlock()
	s.events.fuse.abandon(errStalled)
	<-ended
}

func (s *Store) closeFolders() error {
	var errs []error
	s.viewsMu.Lock()
	open := s.views
	s.views = nil
	s.viewsMu.Unlock()
	for _, v := range open {
		errs = append(errs, v.shut())
	}
	if s.alive != nil {
		errs = append(errs, s.alive.close())
	}
	if s.snapshots != nil {
		errs = append(errs, s.snapshots.shut())
	}
	if s.events != nil {
		errs = append(errs, s.events.close())
	}
	s.cache.Unref()
	errs = append(errs, s.lock.Close())
	return errors.Join(errs...)
}

// enter begins a read; leave ends it.
func (s *Store) enter() error {
	s.gate.RLock()
	if s.closed {
		s.gate.RUnlock()
		return errClosed
	}
	return nil
}

func (s *Store) leave() { s.gate.RUnlock() }

// mkdir makes a folder and its missing parents, each known to survive a power cut.
func mkdir(fs vfs.FS, dir string) error {
	if _, err := fs.Stat(dir); err == nil {
		return nil
	}
	parent := fs.PathDir(dir)
	if parent != dir {
		if err := mkdir(fs, parent); err != nil {
			return err
		}
	}
	if err := fs.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	d, err := fs.OpenDir(parent)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
