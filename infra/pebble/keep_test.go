package pebble_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections"
)

func TestSnapshots(t *testing.T) {
	ctx := context.Background()
	disk := vfs.NewMem()
	s, err := pebble.Open(onMem(disk))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := s.Load(ctx, "none"); b != nil || err != nil {
		t.Errorf("a missing snapshot is %q, %v", b, err)
	}
	for _, text := range []string{"old", "new", ""} {
		if err := s.Save(ctx, "g", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := s.Load(ctx, "g"); b == nil || string(b) != text || err != nil {
			t.Errorf("saved %q, loaded %q, %v", text, b, err)
		}
	}
	if err := errors.Join(s.Save(ctx, "g", []byte("kept")), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, onMem(disk))
	if b, err := s.Load(ctx, "g"); string(b) != "kept" || err != nil {
		t.Errorf("after opening again: %q, %v", b, err)
	}
}

// TestCachesThatCannotBeRead: damaged snapshots and views don't keep the store from opening, they start empty.
func TestCachesThatCannotBeRead(t *testing.T) {
	ctx := context.Background()
	disk := vfs.NewMem()
	s, err := pebble.Open(onMem(disk))
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, newScript("g").next(2))
	v, err := s.View("v")
	if err != nil {
		t.Fatal(err)
	}
	at := projections.Checkpoint{Position: "0000000000000001"}
	if err := errors.Join(s.Save(ctx, "g", []byte("x")), v.Commit(map[string][]byte{"k": nil}, at), s.Close()); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"data/snapshots", "data/views/v"} {
		damage(t, disk, folder, "MANIFEST")
	}
	s = mustOpen(t, onMem(disk))
	if b, err := s.Load(ctx, "g"); b != nil || err != nil {
		t.Errorf("a snapshot came back from a damaged folder: %q, %v", b, err)
	}
	v, err = s.View("v")
	if err != nil {
		t.Fatal(err)
	}
	if at, err := v.Checkpoint(); at != (projections.Checkpoint{}) || err != nil {
		t.Errorf("a checkpoint came back from a damaged folder: %v, %v", at, err)
	}
	if n := length(t, s, "game-g"); n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestView(t *testing.T) {
	disk := vfs.NewMem()
	s, err := pebble.Open(onMem(disk))
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.View("lobby")
	if err != nil {
		t.Fatal(err)
	}
	if at, err := v.Checkpoint(); at != (projections.Checkpoint{}) || err != nil {
		t.Errorf("a new view is at %v, %v", at, err)
	}
	at := projections.Checkpoint{Position: "000000000000000a"}
	at.ID[3] = 7
	entries := map[string][]byte{
		"": []byte("empty key"), "a": []byte("1"), "a/x": []byte("2"), "a/y": {}, "a\xff": []byte("4"), "a\xff\xff": []byte("5"),
		"b": []byte("6"), "\xff": []byte("7"),
	}
	if err := v.Commit(entries, at); err != nil {
		t.Fatal(err)
	}
	check := func(prefix string, reverse bool, want ...string) {
		t.Helper()
		var got []string
		for pair, err := range v.Scan([]byte(prefix), reverse) {
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(pair[1], entries[string(pair[0])]) {
				t.Errorf("%q holds %q", pair[0], pair[1])
			}
			got = append(got, string(pair[0]))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("scan of %q: %q; want %q", prefix, got, want)
		}
	}
	check("", false, "", "a", "a/x", "a/y", "a\xff", "a\xff\xff", "b", "\xff")
	check("a", false, "a", "a/x", "a/y", "a\xff", "a\xff\xff")
	check("a", true, "a\xff\xff", "a\xff", "a/y", "a/x", "a")
	check("a\xff", false, "a\xff", "a\xff\xff")
	check("\xff", true, "\xff")
	check("c", false)
	for range v.Scan(nil, false) {
		break // must not keep the view from being closed
	}
	if b, err := v.Get([]byte("a/y")); b == nil || len(b) != 0 || err != nil {
		t.Errorf("an empty value is %v, %v", b, err)
	}
	if b, err := v.Get([]byte("none")); b != nil || err != nil {
		t.Errorf("a missing value is %v, %v", b, err)
	}
	at.Position = "000000000000000b"
	if err := v.Commit(map[string][]byte{"a": nil, "c": []byte("8")}, at); err != nil {
		t.Fatal(err)
	}
	if _, err := s.View("lobby"); err == nil {
		t.Error("a view was opened twice")
	}
	if err := errors.Join(v.Close(), v.Close()); err != nil {
		t.Fatal(err)
	}
	if v, err = s.View("lobby"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, onMem(disk))
	if v, err = s.View("lobby"); err != nil {
		t.Fatal(err)
	}
	if got, err := v.Checkpoint(); got != at || err != nil {
		t.Errorf("after opening again the checkpoint is %v, %v", got, err)
	}
	if b, _ := v.Get([]byte("a")); b != nil {
		t.Errorf("a deleted value is %q", b)
	}
	if err := v.Clear(); err != nil {
		t.Fatal(err)
	}
	check("", false)
	if got, err := v.Checkpoint(); got != (projections.Checkpoint{}) || err != nil {
		t.Errorf("a cleared view is at %v, %v", got, err)
	}
	for _, name := range []string{"", "..", "a/b", "a b", "é"} {
		if _, err := s.View(name); err == nil {
			t.Errorf("a view was opened under the name %q", name)
		}
	}
}

// TestViewIsNeverTorn cuts the power under a view that writes its checkpoint's number into every entry.
func TestViewIsNeverTorn(t *testing.T) {
	disk := vfs.NewCrashableMem()
	s := mustOpen(t, onMem(disk))
	v, err := s.View("v")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for n := range 300 {
		text := fmt.Sprintf("%016x", n+1)
		changes := map[string][]byte{}
		for k := range 20 {
			changes[fmt.Sprint(k)] = append([]byte(text), make([]byte, 500)...)
		}
		if err := v.Commit(changes, projections.Checkpoint{Position: event.Position(text)}); err != nil {
			t.Fatal(err)
		}
		if n%10 != 9 {
			continue
		}
		left := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: n % 101, RNG: random})
		up, err := pebble.Open(onMem(left))
		if err != nil {
			t.Fatal(err)
		}
		again, err := up.View("v")
		if err != nil {
			t.Fatal(err)
		}
		at, err := again.Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		for pair, err := range again.Scan(nil, false) {
			if err != nil || string(pair[1][:16]) != string(at.Position) {
				t.Fatalf("the checkpoint is %q, entry %q is of %q, %v", string(at.Position), pair[0], pair[1][:16], err)
			}
		}
		if err := up.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAlive(t *testing.T) {
	ctx := context.Background()
	disk := vfs.NewMem()
	run := func(incarnation string) *pebble.Store {
		t.Helper()
		config := onMem(disk)
		config.Incarnation = incarnation
		s, err := pebble.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	expect := func(s *pebble.Store, incarnation string, up int64, running, known bool) {
		t.Helper()
		if u, r, k := s.LastAlive(ctx, incarnation); u != up || r != running || k != known {
			t.Errorf("%q: %d, running %v, known %v; want %d, %v, %v", incarnation, u, r, k, up, running, known)
		}
	}
	a := run("a")
	expect(a, "a", 0, true, true)
	expect(a, "b", 0, false, false)
	for _, up := range []int64{1000, 2000, 3500} {
		if err := a.Mark(up); err != nil {
			t.Fatal(err)
		}
		expect(a, "a", up, true, true)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	b := run("b")
	expect(b, "a", 3500, false, true)
	expect(b, "../events/LOCK", 0, false, false)
	expect(b, "", 0, false, false)
	if err := errors.Join(b.Mark(1), b.Close()); err != nil {
		t.Fatal(err)
	}
	damage(t, disk, "data/alive", "a")
	c := run("")
	expect(c, "a", 0, false, false)
	expect(c, "b", 1, false, true)
	if c.Mark(1) == nil {
		t.Error("a store without an incarnation left a mark")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
