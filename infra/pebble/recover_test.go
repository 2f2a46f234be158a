package pebble_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/projections"
)

// TestViewRecovers: a view whose log could not be written is opened again without a restart, and has an old commit or the
// new one, never half of it. Closed, it stays closed.
func TestViewRecovers(t *testing.T) {
	disk := failing(".log", errFull, errorfs.OpFileWrite)
	s := mustOpen(t, onMem(errorfs.Wrap(vfs.NewMem(), disk)))
	v := mustView(t, s)
	saying(t, v, "old")
	if err := v.Recover(); err != nil {
		t.Errorf("a view that is well: %v", err)
	}
	says(t, v, "old")
	disk.armed.Store(true)
	at := projections.Checkpoint{Position: "0000000000000002"}
	eventually(t, "the failure", func() bool { // the log is written behind the commit's back
		return v.Commit(map[string][]byte{"k": []byte("new")}, at) != nil
	})
	disk.armed.Store(false)
	if v.Commit(map[string][]byte{"k": []byte("newer")}, at) == nil {
		t.Error("a failed folder takes commits before it is recovered")
	}
	if err := v.Recover(); err != nil {
		t.Fatal(err)
	}
	saying(t, v, "newest")
	says(t, v, "newest")
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if v.Recover() == nil {
		t.Error("a closed view was opened again")
	}
}

// TestViewsOnANearlyFullDisk: appends stop first, then views; both come back by themselves.
func TestViewsOnANearlyFullDisk(t *testing.T) {
	mem := vfs.NewMem()
	config := onMem(mem)
	config.MinFree = 2 << 20
	s := mustOpen(t, config)
	v := mustView(t, s)
	left := func(bytes uint64) {
		mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: bytes, TotalBytes: 1 << 31, UsedBytes: 1 << 30})
	}
	commit := func() error {
		return v.Commit(map[string][]byte{"k": []byte("v")}, projections.Checkpoint{Position: "0000000000000001"})
	}
	left(3 << 19)
	game := newScript("g")
	eventually(t, "appends to be refused", func() bool { return appendTo(s, game.next(1)) != nil })
	if err := commit(); err != nil {
		t.Errorf("what was appended can't be folded: %v", err)
	}
	left(1 << 19)
	var refused error
	eventually(t, "commits to be refused", func() bool { refused = commit(); return refused != nil })
	mustBe(t, refused, commands.ErrUnavailable)
	left(1 << 30)
	eventually(t, "commits to come back", func() bool { return commit() == nil })
}
