package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// process is another run of this very program.
type process struct {
	cmd *exec.Cmd
	url string
	dir string // removed at the end; empty = none
}

// start runs this program with other arguments and waits for the line that tells its address.
func start(ctx context.Context, announces, dir string, env []string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, self, args...), dir: dir}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = os.Stderr
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), announces); ok {
			p.url = url
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s %s ended before it told its address", self, strings.Join(args, " ")), p.cmd.Wait())
}

// startServer runs a server of our own on a free port, with its data in a temporary folder.
func startServer(ctx context.Context) (*process, error) {
	dir, err := os.MkdirTemp("", "ply-load-")
	if err != nil {
		return nil, err
	}
	env := []string{"PLY_ADDR=127.0.0.1:0", "PLY_ADMIN_ADDR=127.0.0.1:0", "PLY_DATA=" + dir, "PLY_RATE_LIMITS=off", "PLY_LOG_LEVEL=warn", "PLY_DRAIN=0s"}
	p, err := start(ctx, "ply listens on ", dir, env, "serve")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, nil
}

// startRelay runs the baseline on a free port.
func startRelay(ctx context.Context) (*process, error) {
	return start(ctx, "relay on ", "", nil, "load-relay")
}

// close ends the process and removes its folder.
func (p *process) close() error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait() // how it ends after our signal says nothing
	if p.dir != "" {
		err = errors.Join(err, os.RemoveAll(p.dir))
	}
	return err
}

// ticksPerSecond is Linux' USER_HZ, the same on all its platforms that Go runs on.
const ticksPerSecond = 100

// cpu is the processor time that the process has used, in seconds; false where the system does not tell.
func (p *process) cpu() (float64, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, false
	}
	// The fields after the command's name, which is in parentheses; user and system time are the 14th and 15th of all.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseFloat(fields[11], 64)
	system, err2 := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticksPerSecond, err1 == nil && err2 == nil
}
