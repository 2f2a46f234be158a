package harness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Disk is a file system of its own, mounted at Dir until the test ends. It takes root to have one.
type Disk struct {
	Dir string

	t     testing.TB
	image string // what the disk has, block for block; empty: it is in RAM
	size  int64  // in RAM: bytes
}

// StoreReserve is what the embedded store wants to keep free, in bytes; it refuses appends when there is less.
const StoreReserve = 128 << 20

// NewDisk makes an ext4 file system in a file, as large as the size says (in MiB).
func NewDisk(t testing.TB, size int64) *Disk {
	t.Helper()
	mkfs := NeedPackage(t, "e2fsprogs", "mkfs.ext4")
	d := &Disk{t: t, image: filepath.Join(t.TempDir(), "disk.img")}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, size<<20); err != nil {
		t.Fatal(err)
	}
	run(t, mkfs, "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", d.image)
	d.mount("-o", "loop", d.image)
	return d
}

// NewRAMDisk makes a file system in RAM, as large as the size says (in MiB).
func NewRAMDisk(t testing.TB, size int64) *Disk {
	t.Helper()
	d := &Disk{t: t, size: size << 20}
	d.mount("-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", size), "tmpfs")
	return d
}

// Cut copies what the disk itself has at this moment, without what the system still meant to write, and mounts the copy:
// the disk as it would be after the power came back. Whoever writes to the disk must stand still meanwhile.
func (d *Disk) Cut() *Disk {
	d.t.Helper()
	after := &Disk{t: d.t, image: filepath.Join(d.t.TempDir(), "cut.img")}
	run(d.t, "cp", "--sparse=always", d.image, after.image)
	return after
}

// Mount brings a cut disk up; the file system repairs itself as after any power cut.
func (d *Disk) Mount() {
	d.t.Helper()
	d.mount("-o", "loop", d.image)
}

// Fill leaves so many bytes of a disk in RAM free, from one moment to the next, whatever others are writing meanwhile.
func (d *Disk) Fill(keep int64) {
	d.t.Helper()
	var fs syscall.Statfs_t
	for try := 0; ; try++ {
		if err := syscall.Statfs(d.Dir, &fs); err != nil {
			d.t.Fatal(err)
		}
		used := int64(fs.Blocks-fs.Bfree) * fs.Bsize
		err := d.resize(used + keep)
		if err == nil {
			return
		}
		if !errors.Is(err, syscall.EINVAL) || try == 1000 { // it is: somebody took more in between
			d.t.Fatal(err)
		}
	}
}

// Free ends a Fill.
func (d *Disk) Free() {
	d.t.Helper()
	if err := d.resize(d.size); err != nil {
		d.t.Fatal(err)
	}
}

// resize makes a disk in RAM that large, in bytes; 0 would be without end.
func (d *Disk) resize(size int64) error {
	err := syscall.Mount("tmpfs", d.Dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", max(size, 1)))
	if err != nil {
		return fmt.Errorf("resize %s: %w", d.Dir, err)
	}
	return nil
}

// Close unmounts the disk and forgets it. It happens by itself when the test ends.
func (d *Disk) Close() {
	d.t.Helper()
	if d.Dir == "" {
		return
	}
	run(d.t, "umount", d.Dir)
	d.Dir = ""
	if d.image != "" {
		if err := os.Remove(d.image); err != nil {
			d.t.Error(err)
		}
	}
}

func (d *Disk) mount(args ...string) {
	d.t.Helper()
	NeedRoot(d.t, "a disk of its own")
	dir := d.t.TempDir()
	run(d.t, "mount", append(args, dir)...)
	d.Dir = dir
	d.t.Cleanup(d.Close)
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
