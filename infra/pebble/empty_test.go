package pebble_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/infra/pebble"
)

// filesWith lists the files below a folder that hold a text.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// An erased person's names are in no file of the folder any more, wherever they were, and the store is whole.
func TestEmptyLeavesNothingOnDisk(t *testing.T) {
	const marker = "Xq7zWv9pKd3"
	for _, logBytes := range []uint64{64 << 10, 32 << 20} { // names in tables and old logs; in the newest log
		t.Run(fmt.Sprint(logBytes), func(t *testing.T) {
			dir := t.TempDir()
			config := pebble.Config{Dir: dir, LogBytes: logBytes}
			store, err := pebble.Open(config)
			if err != nil {
				t.Fatal(err)
			}
			append1 := func(s *pebble.Store, rec event.Recorded) {
				t.Helper()
				if err := s.Append(t.Context(), rec.Stream, rec.Version-1, []event.Recorded{rec}); err != nil {
					t.Fatal(err)
				}
			}
			h := player.Follow("p_1")
			game := newScript("g")
			others := func(n int) {
				t.Helper()
				for range n {
					events := game.next(50)
					if err := store.Append(t.Context(), game.stream, events[0].Version-1, events); err != nil {
						t.Fatal(err)
					}
				}
			}
			for i := range 5 {
				rec := h.Named(fmt.Sprintf("%s %d", marker, i), event.Meta{At: int64(i)})
				append1(store, rec)
				if err := h.Apply(rec); err != nil {
					t.Fatal(err)
				}
				others(12)
			}
			rec := h.Erased(event.Meta{At: 9})
			append1(store, rec)
			if len(filesWith(t, dir, marker)) == 0 {
				t.Fatal("the names are not on disk in the first place")
			}
			if err := store.Verify(t.Context(), nil); err != nil {
				t.Errorf("before: %v", err)
			}

			if err := store.Empty(t.Context(), h.Stream, rec.Version); err != nil {
				t.Fatal(err)
			}
			if found := filesWith(t, dir, marker); len(found) > 0 {
				t.Errorf("still in %v", found)
			}
			whole := func(s *pebble.Store) {
				t.Helper()
				if err := s.Verify(t.Context(), nil); err != nil {
					t.Error(err)
				}
				n := 0
				for _, events := range []func(func(event.Recorded, error) bool){s.ReadStream(t.Context(), h.Stream, 1), s.ReadAll(t.Context(), "")} {
					for e, err := range events {
						if err != nil {
							t.Fatal(err)
						}
						if strings.Contains(string(e.Data), marker) {
							t.Errorf("%s %d is %s", e.Stream, e.Version, e.Data)
						}
						n++
					}
				}
				if want := 6 + 6 + 5*12*50; n != want {
					t.Errorf("%d events, want %d", n, want)
				}
			}
			whole(store)
			others(1)
			game = newScript("h")
			others(1)
			if err := store.Empty(t.Context(), h.Stream, rec.Version); err != nil {
				t.Errorf("again: %v", err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			if found := filesWith(t, dir, marker); len(found) > 0 {
				t.Errorf("after closing still in %v", found)
			}
			again := mustOpen(t, config)
			if err := again.Verify(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// Subscribers who read from memory are not shown the old content either.
func TestEmptyReachesMemory(t *testing.T) {
	store := mustOpen(t, pebble.Config{Dir: t.TempDir()})
	h := player.Follow("p_1")
	named := h.Named("Ann", event.Meta{})
	if err := h.Apply(named); err != nil {
		t.Fatal(err)
	}
	erased := h.Erased(event.Meta{})
	if err := store.Append(t.Context(), h.Stream, 0, []event.Recorded{named, erased}); err != nil {
		t.Fatal(err)
	}
	if err := store.Empty(t.Context(), h.Stream, 2); err != nil {
		t.Fatal(err)
	}
	err := store.SubscribeAll(t.Context(), "", func(batch []event.Recorded) error {
		for _, e := range batch {
			if e.Version == 1 && string(e.Data) != player.Emptied {
				t.Errorf("version 1 is %s", e.Data)
			}
			if e.Version == 2 {
				return commands.ErrUnavailable // enough
			}
		}
		return nil
	})
	if err != commands.ErrUnavailable {
		t.Error(err)
	}
}

// Content that is missing of somebody who was not erased is damage, and found.
func TestMissingContentIsFound(t *testing.T) {
	store := mustOpen(t, pebble.Config{Dir: t.TempDir()})
	h := player.Follow("p_1")
	if err := store.Append(t.Context(), h.Stream, 0, []event.Recorded{h.Named("Ann", event.Meta{})}); err != nil {
		t.Fatal(err)
	}
	if err := store.Empty(t.Context(), h.Stream, 2); err != nil {
		t.Fatal(err)
	}
	if err := store.Verify(t.Context(), nil); err == nil {
		t.Error("nothing is found")
	}
}
