package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/IBM/sarama"
)

// Node is one broker process.
type Node struct {
	ID   int
	Addr string // host:port for clients, the same after every restart

	dir     string
	nodes   int
	command []string
	cmd     *exec.Cmd
	done    chan struct{} // closed when the process is gone; nil before the first start
}

// launch starts the process without waiting for it to be usable.
func (n *Node) launch() error {
	out, err := os.OpenFile(n.output(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(n.command[0], n.command[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = out, out, n.dir
	// It is not to get the terminal's ^C, and must not outlive who started it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start Kafka: %w", err)
	}
	done := make(chan struct{})
	n.cmd, n.done = cmd, done
	go func() {
		_ = cmd.Wait() // 143 after SIGTERM is how Java ends well
		close(done)
	}()
	return nil
}

// ready waits until the node answers for a cluster of that many.
func (n *Node) ready(ctx context.Context, nodes int) error {
	config := sarama.NewConfig()
	config.Version = sarama.V3_6_0_0
	config.Metadata.Retry.Max = 0
	config.Net.DialTimeout, config.Net.ReadTimeout = time.Second, 2*time.Second
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		client, err := sarama.NewClient([]string{n.Addr}, config)
		if err == nil {
			found := len(client.Brokers())
			_ = client.Close()
			if found >= nodes {
				return nil
			}
			err = fmt.Errorf("it knows %d brokers of %d", found, nodes)
		}
		select {
		case <-tick.C:
		case <-n.done:
			return fmt.Errorf("kafka node %d ended: %s", n.ID, n.Output())
		case <-ctx.Done():
			return fmt.Errorf("kafka node %d is not usable: %w; %w\n%s", n.ID, err, ctx.Err(), n.Output())
		}
	}
}

// Restart starts a node that is down on its ports and data, and waits until it is usable: 3 s after Kill9, because its
// former session has to end first.
func (n *Node) Restart(ctx context.Context) error {
	if n.alive() {
		return fmt.Errorf("kafka node %d is running", n.ID)
	}
	if err := n.launch(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	return n.ready(ctx, 1)
}

// Kill9 ends the process as a crash would, and waits until it is gone.
func (n *Node) Kill9() error {
	if err := n.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-n.done
	return nil
}

// Stop ends the process properly (SIGTERM), and waits until it is gone; an error if that takes longer.
func (n *Node) Stop(within time.Duration) error {
	if err := n.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-n.done:
		return nil
	case <-time.After(within):
		return fmt.Errorf("kafka node %d is still there %v after SIGTERM", n.ID, within)
	}
}

// Pause stops the process as a frozen machine would (SIGSTOP), and waits until all its threads stand still; Resume lets
// it go on.
func (n *Node) Pause(ctx context.Context) error {
	if err := n.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !n.stands() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("kafka node %d does not stand still: %w", n.ID, ctx.Err())
		}
	}
	return nil
}

// Resume ends a Pause.
func (n *Node) Resume() error { return n.signal(syscall.SIGCONT) }

// PID is the process.
func (n *Node) PID() int { return n.cmd.Process.Pid }

// Output is the end of what the node has printed.
func (n *Node) Output() string {
	text, err := os.ReadFile(n.output())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-8192):])
}

func (n *Node) output() string { return filepath.Join(n.dir, "output.log") }

func (n *Node) signal(sig syscall.Signal) error {
	if !n.alive() {
		return fmt.Errorf("kafka node %d is down", n.ID)
	}
	return n.cmd.Process.Signal(sig)
}

func (n *Node) alive() bool {
	if n.done == nil {
		return false
	}
	select {
	case <-n.done:
		return false
	default:
		return true
	}
}

// end kills the process if there is one; a stopped one dies of it too.
func (n *Node) end() {
	if err := n.Kill9(); err != nil && errors.Is(err, os.ErrProcessDone) {
		<-n.done
	}
}

// stands tells whether all threads are stopped.
func (n *Node) stands() bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", n.PID()))
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
