package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// process is another run of ply.
type process struct {
	cmd  *exec.Cmd
	told string // what its first line announced
	in   io.WriteCloser
	out  *bufio.Reader // what comes after that line
	dir  string        // removed at the end; empty = none
}

// start runs ply with other arguments and waits for the line that announces that it is ready.
func (c Config) start(ctx context.Context, announces, dir string, env []string, args ...string) (*process, error) {
	program := c.Program
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		program = self
	}
	p := &process{cmd: exec.CommandContext(ctx, program, args...), dir: dir}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = os.Stderr
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	for {
		line, err := p.out.ReadString('\n')
		if told, ok := strings.CutPrefix(line, announces); ok {
			p.told = strings.TrimSpace(told)
			return p, nil
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s %s ended before it was ready", program, strings.Join(args, " ")), p.cmd.Wait())
		}
	}
}

// drained lets the process say what it likes from now on.
func drained(p *process, err error) (*process, error) {
	if err == nil {
		go func() { _, _ = io.Copy(io.Discard, p.out) }()
	}
	return p, err
}

// startServer runs a server of our own on a free port, with its data in a temporary folder.
func (c Config) startServer(ctx context.Context) (*process, error) {
	dir, err := os.MkdirTemp("", "ply-load-")
	if err != nil {
		return nil, err
	}
	env := []string{"PLY_ADDR=127.0.0.1:0", "PLY_ADMIN_ADDR=127.0.0.1:0", "PLY_DATA=" + dir, "PLY_RATE_LIMITS=off", "PLY_LOG_LEVEL=warn", "PLY_DRAIN=0s"}
	p, err := drained(c.start(ctx, "ply listens on ", dir, env, "serve"))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, nil
}

// startRelay runs the baseline on a free port.
func (c Config) startRelay(ctx context.Context) (*process, error) {
	return drained(c.start(ctx, "relay on ", "", nil, "load-relay"))
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

// meters look into the process.
func (p *process) meters() meters { return meters{pid(p.cmd.Process.Pid)} }
