package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Process is a program with everything it needs to be started again in the same way. Fill it in and call Start. Its
// methods are for one goroutine at a time, except Done and Alive.
type Process struct {
	Name    string   // for messages
	Command []string // program and arguments
	Env     []string // NAME=VALUE, over the environment of this process
	Dir     string   // working folder; empty = this process'
	Log     string   // file to which all runs append what they print

	cmd  *exec.Cmd
	done chan struct{} // closed when the process is gone; nil before the first start
	exit error         // how it ended; read after done
}

// Start starts the program, which must be down, and returns without waiting for it to be of use.
func (p *Process) Start() error {
	if p.Alive() {
		return fmt.Errorf("%s is running", p.Name)
	}
	out, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(p.Command[0], p.Command[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = append(os.Environ(), p.Env...), p.Dir, out, out
	// A group of its own: the terminal's ^C is for the starter, who ends the parts in their order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	go func() {
		p.exit = cmd.Wait()
		close(done)
	}()
	return nil
}

// Await asks until ready says yes. A process that ends before, or a context that does, is an error with the end of the
// log in it.
func (p *Process) Await(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil && p.Alive() { // else it was somebody else at that address who said yes
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("%s ended: %v\n%s", p.Name, p.exit, p.Tail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not usable: %w; %w\n%s", p.Name, err, ctx.Err(), p.Tail())
		}
	}
}

// Alive tells whether the process runs.
func (p *Process) Alive() bool {
	if p.done == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Done is closed when the present run has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// PID is the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill9 ends the process as a crash would, and waits until it is gone. A stopped process dies of it too.
func (p *Process) Kill9() error {
	if err := p.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

// Stop asks the process to end (SIGTERM) and waits until it is gone. One that takes longer than that is killed, which is
// an error.
func (p *Process) Stop(within time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-p.done:
		return nil
	case <-late.C:
		_ = p.Kill9()
		return fmt.Errorf("%s was still there %v after SIGTERM", p.Name, within)
	}
}

// Pause stops the process as a frozen machine would (SIGSTOP), and waits until all its threads stand still; Resume lets
// it go on.
func (p *Process) Pause(ctx context.Context) error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !StandsStill(p.PID()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s does not stand still: %w", p.Name, ctx.Err())
		}
	}
	return nil
}

// Resume ends a Pause.
func (p *Process) Resume() error { return p.Signal(syscall.SIGCONT) }

// Signal sends any signal to a process that runs.
func (p *Process) Signal(sig syscall.Signal) error {
	if !p.Alive() {
		return fmt.Errorf("%s is down", p.Name)
	}
	return p.cmd.Process.Signal(sig)
}

// StandsStill tells whether all threads of a process are stopped.
func StandsStill(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		return false
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			return false
		}
		// "pid (name) state ...": the name may hold anything, also brackets.
		if i := bytes.LastIndex(stat, []byte(") ")); i < 0 || stat[i+2] != 'T' {
			return false
		}
	}
	return true
}

// Tail is the end of what all runs have printed.
func (p *Process) Tail() string {
	text, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-8192):])
}
