package compare

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// folder is one of this package's folders with a package.json: its files in a folder of their own, its packages linked in.
func folder(t testing.TB, name string) string {
	t.Helper()
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(root, "tests", "compare", name)
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packages(t, source, name), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// node is the pinned Node that runs everything.
func node(t testing.TB) string {
	t.Helper()
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	path := filepath.Join(folder(t, "node"), "node_modules", "node-linux-"+arch, "bin", "node")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no Node for this machine: %v", err)
	}
	return path
}

// packages are what a package-lock.json names, installed once into the user's cache, and again when the lock has changed.
func packages(t testing.TB, source, name string) string {
	t.Helper()
	npm := harness.NeedPackage(t, "npm", "npm")
	sum := sha256.New()
	for _, file := range []string{"package.json", "package-lock.json"} {
		content, err := os.ReadFile(filepath.Join(source, file))
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(content)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "ply-compare")
	done := filepath.Join(cache, name+"-"+hex.EncodeToString(sum.Sum(nil)[:6]))
	if _, err := os.Stat(done); err == nil {
		return filepath.Join(done, "node_modules")
	}
	if err := install(npm, source, cache, done); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED, NOT PROVEN: %v", err)
	}
	return filepath.Join(done, "node_modules")
}

// install makes the folder done appear with everything in it, or not at all.
func install(npm, source, cache, done string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(cache, "install-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for _, file := range []string{"package.json", "package-lock.json"} {
		content, err := os.ReadFile(filepath.Join(source, file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o644); err != nil {
			return err
		}
	}
	cmd := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in %s: %w\n%s", filepath.Base(source), err, out)
	}
	// Somebody else may have been faster, with the same packages.
	if err := os.Rename(dir, done); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
