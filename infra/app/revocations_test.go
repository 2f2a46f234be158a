package app

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestRevocationsSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "revoked")
	kept := &revocations{path: path}
	if all, err := kept.All(); err != nil || len(all) != 0 {
		t.Fatalf("nothing was saved, got %v, %v", all, err)
	}
	for _, r := range []struct {
		player string
		at     int64
	}{{"p_1", 10}, {"p_2", 20}, {"p_1", 30}} {
		if err := kept.Save(r.player, r.at); err != nil {
			t.Fatal(err)
		}
	}
	// A crash in the middle of a line costs that line only, which was not acknowledged.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\np_2 2"); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if err := kept.Save("p_3", 40); err != nil {
		t.Fatal(err)
	}
	all, err := (&revocations{path: path}).All()
	if want := (map[string]int64{"p_1": 30, "p_2": 20, "p_3": 40}); err != nil || !maps.Equal(all, want) {
		t.Errorf("got %v (%v), want %v", all, err, want)
	}
}
