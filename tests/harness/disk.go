package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Disk is a file system of its own, mounted at Dir until the test ends. It takes root to have one.
type Disk struct {
	Dir string

	t     testing.TB
	image string // what the disk has, block for block; empty: it is in RAM
}

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
	d := &Disk{t: t}
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
