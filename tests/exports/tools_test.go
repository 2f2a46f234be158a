package exports_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

const dortmund = "../testdata/pgn/dortmund.pgn"

// What the tournament's file holds beside the one game that was decided without a move, which can't be played.
const (
	games = 346
)

// result is what a finished program left.
type result struct {
	code     int
	out, err string
	cpu      time.Duration // of all cores
	rss      int64         // bytes of memory that it had at most
}

// ply runs a command to its end.
func ply(t testing.TB, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), harness.Binary(t), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("ply %v: %v", args, err)
	}
	r := result{code: cmd.ProcessState.ExitCode(), out: out.String(), err: errs.String()}
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.rss = u.Maxrss << 10
	}
	return r
}

// must is ply where success is needed.
func must(t *testing.T, args ...string) result {
	t.Helper()
	r := ply(t, args...)
	if r.code != 0 {
		t.Fatalf("ply %v: %+v", args, r)
	}
	return r
}

// start runs a command that is to be killed.
func start(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(harness.Binary(t), args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// kill9 ends a program and tells whether it was still running.
func kill9(cmd *exec.Cmd) bool {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return !cmd.ProcessState.Exited()
}

// await waits for a condition as long as a program may take, looking often: what is waited for does not last.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(late) {
			t.Fatalf("not %s within a minute", what)
		}
	}
}

// shared is what all tests read and none changes.
var shared string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "ply-exports-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		shared = filepath.Join(dir, "data")
		return m.Run()
	}())
}

// imported is a data folder with the tournament; nobody changes it.
func imported(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(shared); err == nil {
		return shared
	}
	r := ply(t, "import", "--data", shared, dortmund)
	if r.code != 1 || !strings.Contains(r.out, "imported 346 games") || !strings.Contains(r.out, ":788: skipped: ") {
		t.Fatalf("import: %+v", r)
	}
	return shared
}

// export writes a data folder as a file.
func export(t *testing.T, data, format string, more ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "games."+format)
	must(t, append([]string{"export", "--data", data, "--format", format, "-o", name}, more...)...)
	return name
}

// copies is the tournament so many times, as different games.
func copies(t *testing.T, n int) string {
	t.Helper()
	text, err := os.ReadFile(dortmund)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "many.pgn")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := f.Write(append(bytes.ReplaceAll(text, []byte(`[Round "`), []byte(`[Round "`+string(rune('a'+i))+`.`)), '\n')); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// packages are what Python needs, in exact versions.
var packages = []string{"chess==1.11.2", "duckdb==2.0.1"}

// python runs a script with the packages, which are installed once into the user's cache.
func python(t *testing.T, script string, args ...string) {
	t.Helper()
	program, err := environment()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("python with %v: %v", packages, err)
		}
		t.Skipf("SKIPPED, NOT PROVEN: python with %v: %v", packages, err)
	}
	cmd := exec.CommandContext(t.Context(), program, append([]string{filepath.Join("testdata", script)}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	} else {
		t.Logf("%s", bytes.TrimSpace(out))
	}
}

// environment makes Python's virtual environment. It is complete once it has its last name.
var environment = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "ply-test", "python-"+strings.NewReplacer("==", "-").Replace(strings.Join(packages, "_")))
	program := filepath.Join(dir, "bin", "python")
	mark := filepath.Join(dir, "whole")
	if _, err := os.Stat(mark); err == nil {
		return program, nil
	}
	for _, step := range [][]string{{"python3", "-m", "venv", "--clear", dir}, append([]string{program, "-m", "pip", "install", "--quiet"}, packages...)} {
		if out, err := exec.Command(step[0], step[1:]...).CombinedOutput(); err != nil {
			return "", errors.New(err.Error() + "\n" + string(out))
		}
	}
	return program, os.WriteFile(mark, nil, 0o600)
})
