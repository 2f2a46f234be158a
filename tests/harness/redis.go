package harness

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/parts/network"
	"github.com/plygames/ply/tests/parts/process"
)

// Redis is a real redis-server on a port and in a data folder of its own; the service that the Debian package may have
// started is another one. Its methods are for the test's goroutine.
type Redis struct {
	Addr string // 127.0.0.1:PORT, the same after every restart
	Data string // holds the append-only file

	t        testing.TB
	at       network.Place
	binary   string
	settings []string
	cmd      *exec.Cmd
	done     chan struct{} // closed when the process is gone
	exit     error         // how it ended; read after done
	logs     *logs
}

// durable is how a Redis starts that is told nothing else: every write is on disk before it is answered.
var durable = []string{"appendonly yes", "appendfsync always", "save", "no-appendfsync-on-rewrite no"}

// StartRedis starts a redis-server that syncs every write, and waits until it answers. Settings are lines of redis.conf
// such as "appendfsync everysec"; a later one wins. When the test ends the process is killed.
func StartRedis(t testing.TB, settings ...string) *Redis {
	t.Helper()
	return StartRedisAt(t, network.Place{}, settings...)
}

// StartRedisAt is StartRedis on another machine of a test's network.
func StartRedisAt(t testing.TB, at network.Place, settings ...string) *Redis {
	t.Helper()
	r := &Redis{t: t, at: at, Data: t.TempDir(), binary: NeedPackage(t, "redis-server", "redis-server"), settings: settings, logs: &logs{}}
	t.Cleanup(r.cleanup)
	for range 10 { // another process may take the port between our look and its start
		free, err := process.FreeAddrs(1)
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(free[0])
		r.Addr = net.JoinHostPort(at.Addr(), port)
		if r.start() {
			return r
		}
	}
	t.Fatalf("redis-server does not start\n%s", r.logs)
	return nil
}

// URL is the address as configuration wants it.
func (r *Redis) URL() string { return "redis://" + r.Addr }

// Restart starts the process again on the same port and data. It must be down. Settings add to the earlier ones.
func (r *Redis) Restart(settings ...string) {
	r.t.Helper()
	r.settings = append(r.settings, settings...)
	if !r.start() {
		r.t.Fatalf("redis-server does not start again: %v\n%s", r.exit, r.logs)
	}
}

// start runs the process and waits until it answers; false if it ended before.
func (r *Redis) start() bool {
	r.t.Helper()
	_, port, _ := net.SplitHostPort(r.Addr)
	args := []string{"--port", port, "--bind", r.at.Addr(), "--dir", r.Data, "--daemonize", "no", "--logfile", ""}
	for _, setting := range append(append([]string(nil), durable...), r.settings...) {
		name, value, _ := strings.Cut(setting, " ")
		args = append(args, "--"+name, value)
	}
	if r.at.Host != "" { // it would talk to nobody but itself
		args = append(args, "--protected-mode", "no")
	}
	command := r.at.Command(append([]string{r.binary}, args...)...)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.Data, r.logs, r.logs
	// A test process that dies without cleaning up takes its Redis along.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.cmd, r.done = cmd, make(chan struct{})
	go func(done chan struct{}) {
		r.exit = cmd.Wait()
		close(done)
	}(r.done)
	ready := time.NewTimer(60 * time.Second)
	defer ready.Stop()
	ask := time.NewTicker(5 * time.Millisecond)
	defer ask.Stop()
	for {
		select {
		case <-r.done:
			return false
		case <-ready.C:
			r.t.Fatalf("redis-server does not answer\n%s", r.logs)
		case <-ask.C:
			// One that wants a password is ready too.
			if answer, err := r.line("PING"); err == nil && (answer == "+PONG" || strings.HasPrefix(answer, "-NOAUTH")) {
				return true
			}
		}
	}
}

// line sends one command and gives the first line of the answer as it came.
func (r *Redis) line(command string) (string, error) {
	conn, err := net.DialTimeout("tcp", r.Addr, time.Second)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimRight(answer, "\r\n"), err
}

// must sends a command that is answered with OK.
func (r *Redis) must(command string) {
	r.t.Helper()
	if answer, err := r.line(command); err != nil || answer != "+OK" {
		r.t.Fatalf("%s: %q, %v", command, answer, err)
	}
}

// Flush forgets everything, as an operator's mistake would.
func (r *Redis) Flush() { r.t.Helper(); r.must("FLUSHALL SYNC") }

// Set changes a setting while it runs; the next Restart does not know of it.
func (r *Redis) Set(name, value string) {
	r.t.Helper()
	r.must("CONFIG SET " + name + " " + strconv.Quote(value))
}

// Eval runs a script, whose result is a number.
func (r *Redis) Eval(script string) (n int, err error) {
	answer, err := r.line("EVAL " + strconv.Quote(script) + " 0")
	if err == nil {
		if _, err = fmt.Sscanf(answer, ":%d", &n); err != nil {
			err = fmt.Errorf("script: %s", answer)
		}
	}
	return n, err
}

// Kill9 ends the process as a crash would, and waits until it is gone.
func (r *Redis) Kill9() {
	r.t.Helper()
	r.signal(syscall.SIGKILL)
	<-r.done
}

// Stop asks the process to end and waits until it is gone.
func (r *Redis) Stop() {
	r.t.Helper()
	r.signal(syscall.SIGTERM)
	select {
	case <-r.done:
	case <-time.After(30 * time.Second):
		r.t.Errorf("redis-server is still there 30 s after SIGTERM\n%s", r.logs)
		r.Kill9()
	}
}

// Pause stops the process as a frozen machine would and waits until it stands still: connections stay open and nothing
// is answered. Resume lets it go on.
func (r *Redis) Pause() {
	r.t.Helper()
	r.signal(syscall.SIGSTOP)
	Eventually(r.t, 10*time.Second, "redis-server stands still", func() bool { return process.StandsStill(r.cmd.Process.Pid) })
}

// Resume ends a Pause.
func (r *Redis) Resume() { r.t.Helper(); r.signal(syscall.SIGCONT) }

// PID is the process.
func (r *Redis) PID() int { return r.cmd.Process.Pid }

// Logs is what all runs of this server printed so far.
func (r *Redis) Logs() string { return r.logs.String() }

func (r *Redis) signal(sig syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil {
		r.t.Errorf("redis-server: %v: %v", sig, err)
	}
}

func (r *Redis) cleanup() {
	if r.cmd != nil && r.cmd.Process != nil {
		_ = r.cmd.Process.Kill() // a stopped process dies of it too
		<-r.done
	}
	if r.t.Failed() {
		r.t.Logf("end of the log of redis-server:\n%s", r.logs.tail(40))
	}
}
