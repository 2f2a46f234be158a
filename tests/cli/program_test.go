package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the path of the built program.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "ply-cli-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "ply")
		build := exec.Command("go", "build", "-o", program, "github.com/plygames/ply")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// patience bounds every wait; it is long because the machine may be busy.
const patience = 60 * time.Second

// environment is ours without any setting of ply, and some more.
func environment(more ...string) []string {
	var env []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "PLY_") {
			env = append(env, entry)
		}
	}
	return append(env, more...)
}

// result is what a finished program left.
type result struct {
	code        int
	out, errors string
}

// run runs a command to its end.
func run(t *testing.T, env []string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = environment(env...)
	cmd.Dir = t.TempDir()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("ply %v: %v, %v\n%s", args, err, ctx.Err(), errs.String())
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// server is a running program.
type server struct {
	t           *testing.T
	cmd         *exec.Cmd
	addr, admin string // with http://
	data        string
	ended       chan struct{} // closed when the process has ended

	mu   sync.Mutex
	logs bytes.Buffer
}

// start starts a server on free ports and waits until it is ready. It is killed at the end of the test.
func start(t *testing.T, data string, env ...string) *server {
	t.Helper()
	s := launch(t, append([]string{"PLY_ADDR=127.0.0.1:0", "PLY_ADMIN_ADDR=127.0.0.1:0", "PLY_DATA=" + data}, env...))
	s.await("ready", func() bool { return s.status(s.addr+"/ready") == http.StatusOK })
	return s
}

// launch starts a server and reads where it listens.
func launch(t *testing.T, env []string, args ...string) *server {
	t.Helper()
	s := &server{t: t, ended: make(chan struct{})}
	s.cmd = exec.Command(program, args...)
	s.cmd.Env = environment(env...)
	s.cmd.Dir = t.TempDir()
	s.cmd.Stderr = s
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for _, want := range []struct {
		prefix string
		to     *string
	}{{"ply listens on ", &s.addr}, {"admin on ", &s.admin}, {"data in ", &s.data}} {
		line, err := lines.ReadString('\n')
		rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), want.prefix)
		if err != nil || !ok {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
			t.Fatalf("first lines: got %q (%v), want %q...\n%s", line, err, want.prefix, s.log())
		}
		*want.to = rest
	}
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
		if t.Failed() {
			t.Logf("the server said:\n%s", s.log())
		}
	})
	return s
}

// Write keeps what the program logs.
func (s *server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logs.Write(p)
}

func (s *server) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logs.String()
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// exit waits for the end of the process and gives its exit code.
func (s *server) exit() int {
	s.t.Helper()
	select {
	case <-s.ended:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		s.t.Fatal("the server does not end")
		return -1
	}
}

// status asks for a URL; 0 if nobody answers.
func (s *server) status(url string) int {
	answer, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// await waits until a condition holds.
func (s *server) await(what string, holds func() bool) {
	s.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("not %s in %s", what, patience)
		}
	}
}

// stop drains the server; it must end well.
func (s *server) stop() {
	s.t.Helper()
	s.await("ready", func() bool { return s.status(s.addr+"/ready") == http.StatusOK })
	s.signal(syscall.SIGTERM)
	if code := s.exit(); code != 0 {
		s.t.Fatalf("exit code %d after SIGTERM\n%s", code, s.log())
	}
}
