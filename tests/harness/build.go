package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// Binary builds ply, once per test process, and gives its path. Several test processes share the file: the go command
// relinks it only when a source has changed, and a lock keeps two builds apart.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatalf("build ply: %v", err)
	}
	return path
}

var build = sync.OnceValues(func() (string, error) {
	return compile("", func(string, string) ([]string, error) { return nil, nil })
})

// compile builds ply under a name of its own, with arguments for the go command that may need files in a folder.
func compile(name string, with func(root, dir string) ([]string, error)) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	// One file per checkout, so that two checkouts do not take turns in relinking it.
	checkout := sha256.Sum256([]byte(root))
	dir := filepath.Join(os.TempDir(), "ply-test-"+hex.EncodeToString(checkout[:6]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }() // closing unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock: %w", err)
	}
	more, err := with(root, dir)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "ply"+name)
	args := []string{"build"}
	if raceDetector {
		path += "-race"
		args = append(args, "-race")
	}
	args = append(append(args, more...), "-o", path, ".")
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
}

// Root is the folder of the module, wherever the test runs.
func Root() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", fmt.Errorf("no caller information")
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return "", err
	}
	return root, nil
}
