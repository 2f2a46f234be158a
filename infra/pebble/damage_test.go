package pebble_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections"
)

// TestDamagedSnapshots: tables of snapshots that can't be read are thrown away with the folder, while the store is open,
// instead of being merged in vain for ever; no save fails for it.
func TestDamagedSnapshots(t *testing.T) {
	config, random := pebble.Config{Dir: t.TempDir()}, rand.New(rand.NewPCG(1, 2))
	save := func(s *pebble.Store, n int) {
		t.Helper()
		for i := range n {
			if err := s.Save(context.Background(), fmt.Sprint(i%100), noise(random, 10_000)); err != nil {
				t.Fatal(err)
			}
		}
	}
	twice(t, config, func(s *pebble.Store) { save(s, 600) })
	damaged := spoil(t, filepath.Join(config.Dir, "snapshots"))
	s := mustOpen(t, config)
	eventually(t, "the damaged tables to go", func() bool {
		save(s, 100)
		return !anyLeft(damaged)
	})
	save(s, 100)
	for i := range 100 {
		if b, err := s.Load(context.Background(), fmt.Sprint(i)); err != nil || len(b) != 10_000 {
			t.Fatalf("snapshot %d: %d bytes, %v", i, len(b), err)
		}
	}
}

// TestDamagedView: a view of which something can't be read takes no commit any more, and begins anew when it is recovered.
func TestDamagedView(t *testing.T) {
	config, random := pebble.Config{Dir: t.TempDir()}, rand.New(rand.NewPCG(3, 4))
	at := projections.Checkpoint{Position: "0000000000000002"}
	commit := func(v projections.Views) error {
		changes := map[string][]byte{}
		for i := range 100 {
			changes[fmt.Sprint(i)] = noise(random, 10_000)
		}
		return v.Commit(changes, at)
	}
	twice(t, config, func(s *pebble.Store) {
		v := mustView(t, s)
		for range 6 {
			if err := commit(v); err != nil {
				t.Fatal(err)
			}
		}
	})
	damaged := spoil(t, filepath.Join(config.Dir, "views", "*"))
	v := mustView(t, mustOpen(t, config))
	begun := false
	eventually(t, "the damaged tables to go", func() bool {
		if commit(v) != nil {
			if err := v.Recover(); err != nil {
				t.Fatal(err)
			}
			c, err := v.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			begun = begun || c.Position == ""
		}
		return !anyLeft(damaged)
	})
	if c, err := v.Checkpoint(); !begun && (err != nil || c.Position != at.Position) {
		t.Errorf("the view did not begin anew: %v, %v", c, err)
	}
}

// twice lets a store be filled two times, so that its folders have tables.
func twice(t *testing.T, config pebble.Config, fill func(*pebble.Store)) {
	t.Helper()
	for range 2 {
		s, err := pebble.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		fill(s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// spoil changes one bit in the middle of every table of a folder.
func spoil(t *testing.T, folder string) (tables []string) {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(folder, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables in %s: %v", folder, err)
	}
	for _, table := range tables {
		b, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/3] ^= 1
		if err := os.WriteFile(table, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tables
}

func anyLeft(files []string) bool {
	for _, file := range files {
		if _, err := os.Stat(file); err == nil {
			return true
		}
	}
	return false
}

// noise can't be compressed.
func noise(random *rand.Rand, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}
