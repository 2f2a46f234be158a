package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/process"
	"github.com/plygames/ply/transport/client"
)

// TestMakeClusterRunsTheTopology runs what `make cluster` runs: twice on the same folder, with a kill of a play server in
// between. The first run is interrupted, the second killed; neither leaves a process.
func TestMakeClusterRunsTheTopology(t *testing.T) {
	harness.NeedPackage(t, "haproxy", "haproxy")
	harness.NeedPackage(t, "redis-server", "redis-server")
	harness.NeedPackage(t, "default-jre-headless", "java")
	dir := t.TempDir()
	program := filepath.Join(dir, "cluster")
	if out, err := run(t, nil, "go", "build", "-o", program, "./tests/cluster/up"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data := filepath.Join(dir, "data")
	ctx := harness.Within(t, 10*time.Minute)

	c := runUp(t, program, data)
	nobody := client.New(c.url, client.Options{})
	ann, err := nobody.Guest(ctx, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	bob, err := nobody.Guest(ctx, "Bob")
	if err != nil {
		t.Fatal(err)
	}
	made, err := ann.Create(ctx, client.NewGame{Kind: "chess", Seat: "white"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		t.Fatal(err)
	}
	move := func(by *client.Client, v uint64, uci string) {
		t.Helper()
		command := client.Move(uci)
		command.ID, command.V = client.NewID(), v
		if receipt, err := by.Command(ctx, made.Game, command); err != nil || receipt.V != v+1 {
			t.Fatalf("%s: version %d, %v", uci, receipt.V, err)
		}
	}
	move(ann, 4, "e2e4")
	for _, name := range []string{"ws1", "ws2", "ws3"} { // whoever had it, most likely
		if err := syscall.Kill(c.pids[name], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	move(bob, 5, "e7e5")
	harness.Eventually(t, time.Minute, "what was killed is started again", func() bool {
		return strings.Count(c.output(), "is started again") == 3
	})
	c.end(syscall.SIGINT)
	if !strings.Contains(c.output(), "stopped") || c.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("after an interrupt: %v\n%s", c.cmd.ProcessState, c.output())
	}

	c = runUp(t, program, data)
	ann, bob = client.New(c.url, client.Options{}).As(ann.Person()), client.New(c.url, client.Options{}).As(bob.Person())
	move(ann, 6, "g1f3")
	c.end(syscall.SIGKILL)
}

// running is a cluster that is up.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  string
	url  string
	pids map[string]int // of the parts by name

	ended chan struct{} // closed when the starter is gone
}

func runUp(t *testing.T, program, data string) *running {
	t.Helper()
	free, err := process.FreeAddrs(1)
	if err != nil {
		t.Fatal(err)
	}
	c := &running{t: t, log: filepath.Join(t.TempDir(), "up.log"), url: "http://" + free[0], pids: map[string]int{}, ended: make(chan struct{})}
	log, err := os.Create(c.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	c.cmd = exec.Command(program, "-data", data, "-listen", free[0])
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = root(t), log, log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait()
		close(c.ended)
	}()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.ended
	})
	harness.Eventually(t, 8*time.Minute, "the cluster is up", func() bool {
		select {
		case <-c.ended:
			t.Fatalf("it ended:\n%s", c.output())
		default:
		}
		return strings.Contains(c.output(), "^C ends all")
	})
	for _, m := range regexp.MustCompile(`(?m)^  (\w+) .* process (\d+)$`).FindAllStringSubmatch(c.output(), -1) {
		c.pids[m[1]], _ = strconv.Atoi(m[2])
	}
	if len(c.pids) != 11 { // all but the proxy, whose line begins with its address
		t.Fatalf("%d parts:\n%s", len(c.pids), c.output())
	}
	return c
}

func (c *running) output() string {
	text, err := os.ReadFile(c.log)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// end sends the starter a signal and waits until it and all that it started are gone.
func (c *running) end(sig syscall.Signal) {
	c.t.Helper()
	pids := children(c.t, c.cmd.Process.Pid)
	if len(pids) != 12 {
		c.t.Errorf("the starter has %d children:\n%s", len(pids), c.output())
	}
	if err := c.cmd.Process.Signal(sig); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-c.ended:
	case <-time.After(2 * time.Minute):
		c.t.Fatalf("the starter is still there:\n%s", c.output())
	}
	harness.Eventually(c.t, time.Minute, "everything is gone", func() bool {
		for _, pid := range pids {
			// A process that nobody has waited for yet still has a folder, and an empty command line.
			if line, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline")); err == nil && len(line) > 0 {
				return false
			}
		}
		return true
	})
}

// children are the processes that a process has started.
func children(t *testing.T, parent int) []string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var pids []string
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // gone meanwhile
		}
		// "pid (name) state parent ...": the name may hold anything, also brackets.
		fields := strings.Fields(string(stat[strings.LastIndex(string(stat), ")")+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}
