package compare

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// upWithin is how long a server may take to start, on a machine that does other things too.
const upWithin = 2 * time.Minute

// process is a server that is not ply: a Node program or PostgreSQL. It is killed when the test ends.
type process struct {
	t    testing.TB
	make func() *exec.Cmd
	up   func() bool
	cmd  *exec.Cmd
	done chan struct{}
	log  output
}

func startProcess(t testing.TB, up func() bool, make func() *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, make: make, up: up}
	p.start()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("what %s printed:\n%s", p.cmd.Path, p.log.String())
		}
	})
	return p
}

func (p *process) start() {
	p.t.Helper()
	p.cmd, p.done = p.make(), make(chan struct{})
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if p.cmd.SysProcAttr == nil {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	p.cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	cmd, done := p.cmd, p.done
	go func() {
		_ = cmd.Wait() // how it ends after our signal says nothing
		close(done)
	}()
	harness.Eventually(p.t, upWithin, p.cmd.Path+" is up", func() bool {
		select {
		case <-done:
			p.t.Fatalf("%s ended: %v\n%s", p.cmd.Path, cmd.ProcessState, p.log.String())
		default:
		}
		return p.up()
	})
}

// kill ends the process at once (kill -9) and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone
	<-p.done
}

// ended tells what the process printed last if it has ended by itself; empty = it runs.
func (p *process) ended() string {
	select {
	case <-p.done:
		return "the server ended by itself: " + strings.Join(lastError(p.log.String()), " ")
	default:
		return ""
	}
}

// lastError is what a program printed from its last error on, in words; without one, all.
func lastError(printed string) []string {
	return strings.Fields(printed[max(0, strings.LastIndex(printed, "Error: ")):])
}

// output keeps what a process prints; for any number of writers.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.text.String()
	return text[max(0, len(text)-4000):]
}

// freePort is a port that nobody listens on now.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// answers tells whether an HTTP server answers there, whatever it says.
func answers(url string) bool {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil
}

// ticksPerSecond is Linux' USER_HZ, the same on all its platforms that Go runs on.
const ticksPerSecond = 100

// cpu is the processor time that a process and its children have used so far, the ended ones too, in seconds.
func cpu(t testing.TB, pid int) float64 {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Skip("SKIPPED, NOT PROVEN: this system does not tell the processor time of its processes")
	}
	sum := 0.0
	for _, file := range stats {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile
		}
		// "pid (name) state ppid ...": the name may hold anything, also brackets.
		end := bytes.LastIndex(content, []byte(") "))
		fields := strings.Fields(string(content[end+2:]))
		self := filepath.Base(filepath.Dir(file)) == strconv.Itoa(pid)
		if !self && fields[1] != strconv.Itoa(pid) {
			continue
		}
		counted := fields[11:13] // user, system
		if self {
			counted = fields[11:15] // and the same of children that have ended
		}
		for _, ticks := range counted {
			n, err := strconv.ParseFloat(ticks, 64)
			if err != nil {
				t.Fatal(fmt.Errorf("%s: %w", file, err))
			}
			sum += n
		}
	}
	return sum / ticksPerSecond
}
