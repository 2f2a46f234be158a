package sim

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk is a disk in memory under the store's own code. What is written to the log and not synced is lost when the
// process dies; a sync takes its time, and the process can die while it does. It can be full.
type disk struct {
	vfs.FS
	w   *world
	mem *vfs.MemFS

	mu   sync.Mutex
	dead chan struct{} // closed when whoever uses this view of the disk has died
	slow bool          // syncs are held until the world lets them go
	free uint64
	full bool // writes fail
}

const plenty = 1 << 40

var errPower = errors.New("the process has died")

func newDisk(w *world) *disk {
	mem := vfs.NewCrashableMem()
	return &disk{FS: mem, w: w, mem: mem, dead: make(chan struct{}), free: plenty}
}

// crash is the disk as the next run of the process finds it: with all that was written, or only with what was synced.
func (d *disk) crash(keepsUnsynced bool) *disk {
	config := vfs.CrashCloneCfg{RNG: rand.New(rand.NewPCG(1, 1))}
	if keepsUnsynced {
		config.UnsyncedDataPercent = 100
	}
	left := d.mem.CrashClone(config)
	close(d.dead)
	return &disk{FS: left, w: d.w, mem: left, dead: make(chan struct{}), free: plenty}
}

func (d *disk) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *disk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return vfs.DiskUsage{AvailBytes: d.free, TotalBytes: plenty}, nil
}

func (d *disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return d.wrap(name, f, err)
}

func (d *disk) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(oldname, newname, c)
	return d.wrap(newname, f, err)
}

func (d *disk) wrap(name string, f vfs.File, err error) (vfs.File, error) {
	if err == nil && strings.HasSuffix(name, ".log") {
		f = &logFile{File: f, disk: d, events: strings.Contains(name, "events")}
	}
	return f, err
}

// logFile is a file of the write-ahead log.
type logFile struct {
	vfs.File
	disk   *disk
	events bool // others are not synced for anybody who waits
}

func (f *logFile) Write(b []byte) (int, error) {
	if err := f.disk.works(); err != nil {
		return 0, err
	}
	return f.File.Write(b)
}

func (d *disk) works() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.dead:
		return errPower
	default:
	}
	if d.full {
		return syscall.ENOSPC
	}
	return nil
}

func (f *logFile) Sync() error     { return f.sync(f.File.Sync) }
func (f *logFile) SyncData() error { return f.sync(f.File.SyncData) }

// sync waits for the disk.
func (f *logFile) sync(really func() error) error {
	d := f.disk
	if err := d.works(); err != nil {
		return err
	}
	d.mu.Lock()
	slow := d.slow && f.events
	d.mu.Unlock()
	if slow {
		done := make(chan struct{})
		d.w.post("disk syncs", func() {
			takes := d.w.between(0, 2*time.Millisecond)
			if d.w.chance(10) {
				takes = d.w.between(50*time.Millisecond, 2500*time.Millisecond)
			}
			d.w.after(takes, "disk has synced", func() { close(done) })
		})
		select {
		case <-done:
		case <-d.dead:
			return errPower
		}
	}
	return really()
}
