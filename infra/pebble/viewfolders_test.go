package pebble_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections"
)

// saying commits one row to a folder.
func saying(t *testing.T, v projections.Views, text string) {
	t.Helper()
	at := projections.Checkpoint{Position: "0000000000000001"}
	if err := v.Commit(map[string][]byte{"k": []byte(text)}, at); err != nil {
		t.Fatal(err)
	}
}

func says(t *testing.T, v projections.Views, want string) {
	t.Helper()
	if got, err := v.Get([]byte("k")); err != nil || string(got) != want {
		t.Errorf("the folder says %q, %v; want %q", got, err, want)
	}
}

func mustView(t *testing.T, s *pebble.Store) *pebble.View {
	t.Helper()
	v, err := s.View("lobby")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// folders are the names in the folder of all views.
func folders(t *testing.T, disk vfs.FS) string {
	t.Helper()
	names, err := disk.List("data/views")
	if err != nil {
		t.Fatal(err)
	}
	var own []string
	for _, name := range names {
		if !strings.HasSuffix(name, ".live") {
			own = append(own, name)
		}
	}
	slices.Sort(own)
	return strings.Join(own, " ")
}

func TestFolderBeside(t *testing.T) {
	disk := vfs.NewMem()
	s, err := pebble.Open(onMem(disk))
	if err != nil {
		t.Fatal(err)
	}
	homes := s.ViewFolders()
	live := mustView(t, s)
	saying(t, live, "old")
	if err := homes.Switch("lobby"); err == nil {
		t.Error("switched to nothing")
	}
	beside, err := homes.Beside("lobby")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := homes.Beside("lobby"); err == nil {
		t.Error("opened twice")
	}
	saying(t, beside, "half")
	if err := errors.Join(beside.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}

	// What was half built is still there, and not live.
	if s, err = pebble.Open(onMem(disk)); err != nil {
		t.Fatal(err)
	}
	homes, live = s.ViewFolders(), mustView(t, s)
	says(t, live, "old")
	if beside, err = homes.Beside("lobby"); err != nil {
		t.Fatal(err)
	}
	says(t, beside, "half")
	saying(t, beside, "new")
	if err := homes.Switch("lobby"); err != nil {
		t.Fatal(err)
	}
	says(t, live, "old") // for those who are still reading it
	says(t, beside, "new")
	third, err := homes.Beside("lobby")
	if err != nil {
		t.Fatal(err)
	}
	says(t, third, "")
	if err := live.Close(); err != nil {
		t.Fatal(err)
	}
	if got := folders(t, disk); got != "lobby.1 lobby.2" {
		t.Errorf("folders %s", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, onMem(disk))
	says(t, mustView(t, s), "new")
}

// Remains that a dead process has left are removed, and only those.
func TestRemainsOfViews(t *testing.T) {
	disk := vfs.NewMem()
	for _, dir := range []string{"lobby", "lobby.1", "lobby.2", "lobby.3", "lobby.4", "lobby.scratch", "lobby-2", "other"} {
		if err := disk.MkdirAll("data/views/"+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, disk, "data/views/lobby.live", "2")
	write(t, disk, "data/views/lobby.live.new", "3")
	s := mustOpen(t, onMem(disk))
	saying(t, mustView(t, s), "x")
	if got := folders(t, disk); got != "lobby-2 lobby.2 lobby.3 other" {
		t.Errorf("folders %s", got)
	}
}

// A file that does not say which folder is live costs work, but not the start.
func TestWhichIsLiveIsForgotten(t *testing.T) {
	disk := vfs.NewMem()
	for _, dir := range []string{"lobby", "lobby.1", "lobby.7"} {
		if err := disk.MkdirAll("data/views/"+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, disk, "data/views/lobby.live", "\x00\x00")
	s := mustOpen(t, onMem(disk))
	saying(t, mustView(t, s), "x")
	if got := folders(t, disk); got != "lobby.7" {
		t.Errorf("folders %s", got)
	}
}

func write(t *testing.T, disk vfs.FS, path, text string) {
	t.Helper()
	f, err := disk.Create(path, vfs.WriteCategoryUnspecified)
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestScratchFolder(t *testing.T) {
	disk := vfs.NewMem()
	s := mustOpen(t, onMem(disk))
	saying(t, mustView(t, s), "live")
	for range 2 {
		scratch, err := s.ViewFolders().Scratch("lobby")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ViewFolders().Scratch("lobby"); err == nil {
			t.Error("opened twice")
		}
		says(t, scratch, "")
		saying(t, scratch, "scratch")
		if err := scratch.Close(); err != nil {
			t.Fatal(err)
		}
		if got := folders(t, disk); got != "lobby" {
			t.Errorf("folders %s", got)
		}
	}
}

// A power cut at any moment of a switch leaves the old rows or the new ones, all of them.
func TestPowerCutWhileViewsAreSwitched(t *testing.T) {
	seen := map[string]bool{}
	for cut := range 40 {
		disk := vfs.NewCrashableMem()
		counted := &cutting{FS: disk, left: -1}
		s := mustOpen(t, onMem(counted))
		live := mustView(t, s)
		saying(t, live, "old")
		beside, err := s.ViewFolders().Beside("lobby")
		if err != nil {
			t.Fatal(err)
		}
		saying(t, beside, "new")
		counted.arm(cut, func() vfs.FS { return disk.CrashClone(vfs.CrashCloneCfg{}) })
		if err := s.ViewFolders().Switch("lobby"); err != nil {
			t.Fatal(err)
		}
		after := counted.clone()
		if after == nil {
			after = disk.CrashClone(vfs.CrashCloneCfg{})
			cut = -1
		}
		_, missing := after.Stat("data/views/lobby.live")
		got, err := mustView(t, mustOpen(t, onMem(after))).Get([]byte("k"))
		if err != nil {
			t.Fatal(err)
		}
		text := string(got)
		if missing != nil && text == "" {
			text = "old" // what was not synced of the old rows is folded again
		}
		if want := map[bool]string{true: "old", false: "new"}[missing != nil]; text != want {
			t.Errorf("power cut before change %d: %q, want %q", cut, text, want)
		}
		seen[text] = true
		if cut == -1 {
			if text != "new" {
				t.Error("the switch was not durable")
			}
			break
		}
	}
	if !seen["old"] || !seen["new"] {
		t.Errorf("seen %v", seen)
	}
}
