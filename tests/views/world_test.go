package views_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// patience bounds every wait; it is long because the machine may be busy.
const patience = 60 * time.Second

// get reads JSON from a server that may be down.
func get(url string, into any) error {
	answer, err := http.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	return json.Unmarshal(text, into)
}

// view is what an operator is shown.
type view struct {
	View     string
	Position string
	Events   *int64
	Lag      *float64
	Parked   int
	Rebuild  *struct {
		Phase  string
		Events int64
	}
}

// views asks the second listener; nil if nobody answers.
func views(admin string) []view {
	var shown struct{ Views []view }
	if get(admin+"/admin/views", &shown) != nil {
		return nil
	}
	return shown.Views
}

// caughtUp tells whether all views have everything, and that from a store with some events at least.
func caughtUp(admin string, events int64) bool {
	shown := views(admin)
	for _, v := range shown {
		if v.Lag == nil || *v.Lag != 0 || v.Events == nil || *v.Events < events {
			return false
		}
	}
	return len(shown) > 0
}

// command is a ply that is not a server.
type command struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{}

	mu       sync.Mutex
	out, err bytes.Buffer
}

// begin starts a command.
func begin(t *testing.T, args ...string) *command {
	t.Helper()
	c := &command{t: t, cmd: exec.Command(harness.Binary(t), args...), done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = writer{c, &c.out}, writer{c, &c.err}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait() // code tells
		close(c.done)
	}()
	return c
}

// writer keeps what a command says.
type writer struct {
	c  *command
	to *bytes.Buffer
}

func (w writer) Write(p []byte) (int, error) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	return w.to.Write(p)
}

// said is what the command has said to people so far.
func (c *command) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String() + c.err.String()
}

// ended tells whether the command has.
func (c *command) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// signal sends a signal, unless the command has ended by itself.
func (c *command) signal(s syscall.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil && !c.ended() && !errors.Is(err, syscall.ESRCH) && !strings.Contains(err.Error(), "finished") {
		c.t.Error(err)
	}
}

// code waits for the end and gives the exit code.
func (c *command) code() int {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.signal(syscall.SIGKILL)
		c.t.Fatalf("%v does not end: %s", c.cmd.Args, c.said())
	}
	return c.cmd.ProcessState.ExitCode()
}

// must runs a command to its end, which must be good, and gives what it said.
func must(t *testing.T, args ...string) string {
	t.Helper()
	c := begin(t, args...)
	if code := c.code(); code != 0 {
		t.Fatalf("ply %v: exit code %d: %s", args, code, c.said())
	}
	return c.said()
}
