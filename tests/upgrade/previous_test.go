package upgrade_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// previous is the release before this one: the newest commit that was released, has what servers share, and is older than
// what is being worked on. Whoever releases moves it on.
const previous = "9fdf000af9cd2bea9ed1d5e856c19137b1ef25f2"

var long = flag.Duration("long", 0, "how long two releases play on one store, also with Kafka; 0 = a short while without")

var built = sync.OnceValues(func() (string, error) {
	root, err := harness.Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(os.TempDir(), "ply-test-"+previous[:12])
	program := filepath.Join(dir, "ply")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	source, err := os.MkdirTemp("", "ply-"+previous[:7])
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(source) }()
	archive := exec.Command("git", "archive", "--format=tar", previous, "go.mod", "go.sum", "main.go", "commands", "domain", "infra", "projections", "transport")
	archive.Dir = root
	var said bytes.Buffer
	archive.Stderr = &said
	files, err := archive.Output()
	if err != nil {
		return "", errors.Join(errNoHistory, err, errors.New(said.String()))
	}
	if err := unpack(bytes.NewReader(files), source); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	half := program + "." + filepath.Base(source) // others may be building it too: what has its name is whole
	build := exec.Command("go", "build", "-o", half, ".")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return program, os.Rename(half, program)
})

var errNoHistory = errors.New("the repository here does not hold the commit " + previous)

// release builds the previous release from the repository's own history and gives its program. A clone without that history
// can't: what is missing is said loudly, and fails the long run, which has been asked for.
func release(t *testing.T) string {
	t.Helper()
	program, err := built()
	switch {
	case err == nil:
	case !errors.Is(err, errNoHistory):
		t.Fatalf("build %s: %v", previous, err)
	case *long > 0 || whole():
		t.Fatal(err)
	default:
		t.Skipf("SKIPPED, NOT PROVEN: two releases on one store: %v. Fetch the whole history (git fetch --unshallow).", err)
	}
	return program
}

// whole tells whether the history reaches back to its beginning, so that a commit which is not in it never was.
func whole() bool {
	root, err := harness.Root()
	if err != nil {
		return false
	}
	git := func(args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir = root
		out, _ := cmd.Output()
		return strings.TrimSpace(string(out))
	}
	commits := git("rev-list", "--count", "HEAD")
	return git("rev-parse", "--is-shallow-repository") == "false" && commits != "" && commits != "1"
}

// unpack makes the files of an archive.
func unpack(archive io.Reader, dir string) error {
	files := tar.NewReader(archive)
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if !filepath.IsLocal(h.Name) {
			return errors.New(h.Name + " leads out of the archive")
		}
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(path, 0o755)
		case tar.TypeReg:
			var content []byte
			if content, err = io.ReadAll(files); err == nil {
				if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
					err = os.WriteFile(path, content, 0o644)
				}
			}
		}
		if err != nil {
			return err
		}
	}
}
