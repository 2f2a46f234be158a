package pebble_test

import (
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// cutting is a disk that remembers how it would be after a power cut before one of its changes of names.
type cutting struct {
	vfs.FS

	mu    sync.Mutex
	left  int
	take  func() vfs.FS
	taken vfs.FS
}

// arm has the clone taken before the change with a number, from now on.
func (c *cutting) arm(number int, take func() vfs.FS) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.take = number, take
}

func (c *cutting) clone() vfs.FS {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken
}

func (c *cutting) step() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		c.taken = c.take()
	}
	c.left--
}

func (c *cutting) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	c.step()
	return c.FS.Create(name, category)
}

func (c *cutting) Rename(from, to string) error {
	c.step()
	return c.FS.Rename(from, to)
}

func (c *cutting) Remove(name string) error {
	c.step()
	return c.FS.Remove(name)
}

func (c *cutting) RemoveAll(name string) error {
	c.step()
	return c.FS.RemoveAll(name)
}

func (c *cutting) OpenDir(name string) (vfs.File, error) {
	c.step()
	return c.FS.OpenDir(name)
}
