package exports_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// running tells whether a program has not ended yet. A zombie has.
func running(cmd *exec.Cmd) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		return cmd.Process.Signal(syscall.Signal(0)) == nil
	}
	i := bytes.LastIndex(stat, []byte(") "))
	return i > 0 && stat[i+2] != 'Z'
}

func folderSize(dir string) (size int64) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
	}
	return size
}

// TestExportKilled kills an export behind its first cut, goes on, and gets the bytes that an export in one go has. That it
// goes on and does not begin again is seen by a byte that is changed in between.
func TestExportKilled(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	ply(t, "import", "--data", data, copies(t, 6))
	for _, format := range []string{"pgn", "ndjson", "parquet"} {
		t.Run(format, func(t *testing.T) {
			whole, err := os.ReadFile(export(t, data, format))
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(t.TempDir(), "games."+format)
			state := name + ".partial.state"
			args := []string{"export", "--data", data, "--format", format, "-o", name}
			for try := 0; ; try++ {
				cmd := start(t, args...)
				await(t, "a checkpoint", func() bool { return exists(state) || !running(cmd) })
				if kill9(cmd) && exists(state) {
					break
				}
				if try == 10 {
					t.Fatal("the export was always over before it could be killed")
				}
				_ = os.Remove(name)
			}
			if exists(name) {
				t.Fatal("the file appeared before it was whole")
			}
			if r := ply(t, "export", "--data", data, "--format", format, "--kind", "chess", "-o", name); r.code != 1 || !strings.Contains(r.err, "another export") {
				t.Errorf("another export goes on with it: %+v", r)
			}
			const changed = 9
			f, err := os.OpenFile(name+".partial", os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte{whole[changed] ^ 1}, changed); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			must(t, args...)
			got, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got[changed] != whole[changed]^1 {
				t.Error("the export began again")
			}
			got[changed] ^= 1
			if !bytes.Equal(got, whole) {
				t.Errorf("%d bytes, in one go %d, and they differ", len(got), len(whole))
			}
			if exists(state) || exists(name+".partial") {
				t.Error("something is left of the partial file")
			}
		})
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
