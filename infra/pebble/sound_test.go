package pebble_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

// damage flips a bit in the middle of every file of a folder whose name contains a text.
func damage(t *testing.T, fs vfs.FS, dir, name string) {
	t.Helper()
	files, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, file := range files {
		if !strings.Contains(file, name) {
			continue
		}
		path := fs.PathJoin(dir, file)
		content := slurp(t, fs, path)
		if len(content) == 0 {
			continue
		}
		content[len(content)/2] ^= 0x10
		f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write(content)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		done++
	}
	if done == 0 {
		t.Fatalf("no file of %v is a %s", files, name)
	}
}

func slurp(t *testing.T, fs vfs.FS, path string) []byte {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return content
}

// written is a disk with a closed store of n games, most of it in tables.
func written(t *testing.T, games, events int) *vfs.MemFS {
	t.Helper()
	disk := vfs.NewMem()
	config := onMem(disk)
	config.LogBytes = 512 << 10 // tables of many blocks: the middle of one is not what opening reads
	s, err := pebble.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	for g := range games {
		mustAppend(t, s, newScript(fmt.Sprint(g)).next(events))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return disk
}

// TestDamagedTable: reading what a bit flip hit is an error that names the stream, never a panic and never wrong data;
// appending to a stream whose end can't be read is refused for certain.
func TestDamagedTable(t *testing.T) {
	const games = 200
	disk := written(t, games, 50)
	damage(t, disk, "data/events", ".sst")
	s := mustOpen(t, onMem(disk))
	ctx := context.Background()
	failed := 0
	for g := range games {
		stream := event.GameStream(fmt.Sprint(g))
		events, err := collect(s.ReadStream(ctx, stream, 1))
		switch {
		case err == nil && len(events) != 50:
			t.Errorf("%s has %d events and no error", stream, len(events))
		case err != nil && !strings.Contains(err.Error(), string(stream)):
			t.Errorf("the error does not name %s: %v", stream, err)
		case err != nil:
			failed++
		}
	}
	if failed == 0 {
		t.Error("no damage was noticed")
	}
	if _, err := collect(s.ReadAll(ctx, "")); err == nil {
		t.Error("reading everything did not notice the damage")
	}
	if err := s.Verify(ctx, nil); err == nil {
		t.Error("verify did not notice the damage")
	}
}

// TestDamagedLog: damage inside the part of the log that had been synced, hence acknowledged, must not be taken for
// the torn tail of a crash and dropped.
func TestDamagedLog(t *testing.T) {
	disk := vfs.NewMem()
	s, err := pebble.Open(onMem(disk))
	if err != nil {
		t.Fatal(err)
	}
	game := newScript("g")
	for range 200 {
		mustAppend(t, s, game.next(3))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, disk, "data/events", ".log")
	s, err = pebble.Open(onMem(disk))
	if err == nil {
		n := length(t, s, game.stream)
		_ = s.Close()
		t.Fatalf("the store opened on a damaged log, with %d of 600 events", n)
	}
	t.Log(err)
}

// TestVerifySeesTampering changes the truth behind the store's back, with good checksums.
func TestVerifySeesTampering(t *testing.T) {
	for name, tamper := range map[string]func(t *testing.T, db *lsm.DB){
		"another payload": func(t *testing.T, db *lsm.DB) {
			key, value := firstEvent(t, db)
			value = bytes.Replace(value, []byte("Nf3"), []byte("Ng5"), 1)
			must(t, db.Set(key, value, lsm.Sync))
		},
		"a missing event": func(t *testing.T, db *lsm.DB) {
			key, _ := firstEvent(t, db)
			must(t, db.Delete(key, lsm.Sync))
		},
		"a missing place": func(t *testing.T, db *lsm.DB) {
			must(t, db.Delete([]byte("p\x00\x00\x00\x00\x00\x00\x00\x02"), lsm.Sync))
		},
		"a value cut short": func(t *testing.T, db *lsm.DB) {
			key, value := firstEvent(t, db)
			must(t, db.Set(key, value[:len(value)-1], lsm.Sync))
		},
		"a value of another format": func(t *testing.T, db *lsm.DB) {
			key, value := firstEvent(t, db)
			value[0] = 9
			must(t, db.Set(key, value, lsm.Sync))
		},
		"bytes behind a value": func(t *testing.T, db *lsm.DB) {
			key, value := firstEvent(t, db)
			must(t, db.Set(key, append(value, 0), lsm.Sync))
		},
		"a key that is none": func(t *testing.T, db *lsm.DB) {
			must(t, db.Set([]byte("e\x00\xffgame"), nil, lsm.Sync))
		},
	} {
		t.Run(name, func(t *testing.T) {
			disk := written(t, 3, 4)
			db, err := lsm.Open("data/events", &lsm.Options{FS: disk, FormatMajorVersion: lsm.FormatWALSyncChunks, Logger: quiet{}})
			must(t, err)
			tamper(t, db)
			must(t, db.Close())
			s := mustOpen(t, onMem(disk))
			err = s.Verify(context.Background(), nil)
			if err == nil {
				t.Fatal("not seen")
			}
			t.Log(err)
			for g := range 3 { // reading may fail, but must not panic
				_, _ = collect(s.ReadStream(context.Background(), event.GameStream(fmt.Sprint(g)), 1))
			}
			_, _ = collect(s.ReadAll(context.Background(), ""))
		})
	}
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func firstEvent(t *testing.T, db *lsm.DB) (key, value []byte) {
	t.Helper()
	it, err := db.NewIter(&lsm.IterOptions{LowerBound: []byte("e")})
	must(t, err)
	if !it.First() {
		t.Fatal("no event")
	}
	key, value = bytes.Clone(it.Key()), bytes.Clone(it.Value())
	must(t, it.Close())
	return key, value
}

// TestBackupAndRestore backs up while appends go on, restores, and compares.
func TestBackupAndRestore(t *testing.T) {
	ctx := context.Background()
	disk := vfs.NewMem()
	config := onMem(disk)
	config.Incarnation, config.LogBytes = "run-1", 64<<10
	s := mustOpen(t, config)
	must(t, s.Mark(4321))
	game := newScript("g")
	for range 500 {
		mustAppend(t, s, game.next(3))
	}
	before := length(t, s, game.stream)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		other := newScript("h")
		for {
			select {
			case <-stop:
				return
			default:
				if err := appendTo(s, other.next(2)); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	steps := 0
	err := s.Backup(ctx, "backups/one", func(int64, int64) { steps++ })
	close(stop)
	wg.Wait()
	must(t, err)
	if steps == 0 {
		t.Error("no progress was told")
	}
	must(t, pebble.Restore(ctx, disk, "backups/one", "restored", nil, func(int64, int64) { steps++ }))
	restored := mustOpen(t, pebble.Config{Dir: "restored", FS: disk})
	got, err := collect(restored.ReadStream(ctx, game.stream, 1))
	must(t, err)
	want, err := collect(s.ReadStream(ctx, game.stream, 1))
	must(t, err)
	if len(got) != before || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d events were restored, of %d", len(got), before)
	}
	if up, running, known := restored.LastAlive(ctx, "run-1"); up != 4321 || running || !known {
		t.Errorf("the mark of life is %d, %v, %v", up, running, known)
	}
	mustAppend(t, restored, game.next(1)) // as good as the original, and apart from it
	if n := length(t, s, game.stream); n != before {
		t.Errorf("the original has %d events after an append to the copy", n)
	}

	mustBe(t, s.Backup(ctx, "backups/one", nil), pebble.ErrNotEmpty)
	mustBe(t, pebble.Restore(ctx, disk, "backups/one", "restored", nil, nil), pebble.ErrNotEmpty)
	mustBe(t, pebble.Restore(ctx, disk, "data", "elsewhere", nil, nil), pebble.ErrNotABackup)
	damage(t, disk, "backups/one/events", ".sst")
	if err := pebble.Restore(ctx, disk, "backups/one", "damaged", nil, nil); err == nil {
		t.Error("a damaged backup was restored")
	}
}

// TestBackupOfAnEmptyStore is the smallest one.
func TestBackupOfAnEmptyStore(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, pebble.Config{Dir: dir + "/data"})
	must(t, s.Backup(context.Background(), dir+"/backup", nil))
	must(t, pebble.Restore(context.Background(), nil, dir+"/backup", dir+"/restored", nil, nil))
	restored := mustOpen(t, pebble.Config{Dir: dir + "/restored"})
	mustAppend(t, restored, newScript("g").next(1))
}
