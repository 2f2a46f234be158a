package harness

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/parts/network"
	"github.com/plygames/ply/tests/parts/process"
	"github.com/plygames/ply/transport/client"
)

// Server is a ply process on free ports with a data folder of its own. Its methods are for the test's goroutine.
type Server struct {
	URL   string // http://127.0.0.1:PORT, the same after every restart
	Admin string // the second listener
	Data  string

	t    testing.TB
	at   network.Place
	env  []string
	ply  string // the program; empty = built from this source
	cmd  *exec.Cmd
	done chan struct{} // closed when the process is gone
	exit error         // how it ended; read after done
	logs *logs
}

// Env is a setting of the server, such as Env("PLY_SNAPSHOT_EVERY", "5").
func Env(name, value string) string { return name + "=" + value }

// NoLimits lifts the limits per second, for tests that make load.
var NoLimits = Env("PLY_RATE_LIMITS", "off")

// Start builds ply if need be, starts it and waits until it is ready. When the test ends the process is killed and
// its logs are searched for panics and races.
func Start(t testing.TB, env ...string) *Server {
	t.Helper()
	return StartAt(t, network.Place{}, env...)
}

// StartAt is Start on another machine of a test's network.
func StartAt(t testing.TB, at network.Place, env ...string) *Server {
	t.Helper()
	s := &Server{t: t, at: at, env: env, logs: &logs{}}
	for _, e := range env {
		if dir, ok := strings.CutPrefix(e, "PLY_DATA="); ok {
			s.Data = dir
		}
	}
	if s.Data == "" {
		s.Data = t.TempDir()
	}
	t.Cleanup(s.cleanup)
	s.start(at.Addr()+":0", at.Addr()+":0")
	return s
}

// StartPly is Start for another ply than this one (empty = this one), such as an older release, or on a folder that is there
// already (empty = a new one).
func StartPly(t testing.TB, program, data string, env ...string) *Server {
	t.Helper()
	if data == "" {
		data = t.TempDir()
	}
	s := &Server{t: t, Data: data, env: env, ply: program, logs: &logs{}}
	t.Cleanup(s.cleanup)
	s.start("127.0.0.1:0", "127.0.0.1:0")
	return s
}

// Replace says which ply the next Restart starts; empty = this one.
func (s *Server) Replace(program string) { s.ply = program }

// Restart starts the process again, on the same ports and data folder. It must be down.
func (s *Server) Restart(env ...string) {
	s.t.Helper()
	s.env = append(s.env, env...)
	s.start(strings.TrimPrefix(s.URL, "http://"), strings.TrimPrefix(s.Admin, "http://"))
}

func (s *Server) start(addr, admin string) {
	s.t.Helper()
	command := s.at.Command(s.program())
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), Env("PLY_ADDR", addr), Env("PLY_ADMIN_ADDR", admin), Env("PLY_DATA", s.Data))
	cmd.Env = append(cmd.Env, s.env...)
	cmd.Stderr = s.logs
	// A test process that dies without cleaning up takes its servers along.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd, s.done = cmd, make(chan struct{})
	addresses := make(chan [2]string, 1)
	go func() {
		s.scan(stdout, addresses)
		s.exit = cmd.Wait()
		close(s.done)
	}()
	select {
	case a := <-addresses:
		if s.URL != a[0] || s.Admin != a[1] { // a restart changes nothing, and others may be reading them
			s.URL, s.Admin = a[0], a[1]
		}
	case <-s.done:
		s.t.Fatalf("ply ended before it listened: %v\n%s", s.exit, s.logs)
	case <-time.After(3 * time.Minute):
		s.t.Fatalf("ply did not say where it listens\n%s", s.logs)
	}
	Eventually(s.t, 3*time.Minute, "the server is ready", func() bool {
		answer, err := http.Get(s.URL + "/ready")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// program is what is started: one with a clock of the test's if it has such a setting.
func (s *Server) program() string {
	for _, e := range s.env {
		if strings.HasPrefix(e, clockSetting+"=") {
			return clockBinary(s.t)
		}
	}
	if s.ply != "" {
		return s.ply
	}
	return Binary(s.t)
}

// scan reads what the server prints: first where it listens and where its data lies.
func (s *Server) scan(stdout io.Reader, addresses chan<- [2]string) {
	var found [2]string
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		_, _ = fmt.Fprintln(s.logs, lines.Text())
		for _, word := range strings.Fields(lines.Text()) {
			switch {
			case !strings.HasPrefix(word, "http://"):
			case strings.Contains(lines.Text(), "ply listens on") && found[0] == "":
				found[0] = strings.TrimRight(word, ",;.")
			case strings.Contains(lines.Text(), "admin on") && found[1] == "":
				found[1] = strings.TrimRight(word, ",;.")
			}
		}
		if found[0] != "" && found[1] != "" {
			select {
			case addresses <- found:
			default:
			}
		}
	}
}

// Kill9 ends the process as a crash would, and waits until it is gone.
func (s *Server) Kill9() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	<-s.done
}

// Stop drains the process (SIGTERM) and waits until it is gone; it must exit with success.
func (s *Server) Stop() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	select {
	case <-s.done:
		if s.exit != nil {
			s.t.Errorf("after SIGTERM: %v\n%s", s.exit, s.logs)
		}
	case <-time.After(30 * time.Second):
		s.t.Errorf("still there 30 s after SIGTERM\n%s", s.logs)
		s.Kill9()
	}
}

// Pause stops the process as a frozen machine would (SIGSTOP), and waits until all its threads stand still; Resume lets
// it go on.
func (s *Server) Pause() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
	Eventually(s.t, 10*time.Second, "the process stands still", func() bool { return process.StandsStill(s.PID()) })
}

// Resume ends a Pause.
func (s *Server) Resume() { s.t.Helper(); s.signal(syscall.SIGCONT) }

// Signal sends any signal.
func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Errorf("%v: %v", sig, err)
	}
}

// Name is what the server was told it is called (PLY_APP_ID), or its address.
func (s *Server) Name() string {
	for _, e := range s.env {
		if name, ok := strings.CutPrefix(e, "PLY_APP_ID="); ok {
			return name
		}
	}
	return s.URL
}

// PID is the process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Logs is what all runs of this server printed so far.
func (s *Server) Logs() string { return s.logs.String() }

// Client talks to this server as nobody, and reconnects sooner than a person's client would.
func (s *Server) Client() *client.Client {
	return client.New(s.URL, client.Options{FirstReconnect: 100 * time.Millisecond, MaxReconnect: time.Second})
}

// Metric reads a value off the second listener: the sum over all label sets of that name.
func (s *Server) Metric(name string) float64 {
	s.t.Helper()
	answer, err := http.Get(s.Admin + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	sum := 0.0
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		label, value, ok := strings.Cut(lines.Text(), " ")
		if ok && (label == name || strings.HasPrefix(label, name+"{")) {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				s.t.Fatalf("metric %s: %v", lines.Text(), err)
			}
			sum += v
		}
	}
	return sum
}

func (s *Server) cleanup() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Kill() // a stopped process dies of it too
		<-s.done
	}
	for _, bad := range s.logs.alarming() {
		s.t.Errorf("in the server's log: %s", bad)
	}
	if s.t.Failed() {
		s.t.Logf("end of the server's log:\n%s", s.logs.tail(80))
	}
}
