package compare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// clients are some processes of client/main.mjs, which share the tables of a run among them.
type clients struct {
	t   testing.TB
	all []*clientProcess
}

type clientProcess struct {
	in  io.WriteCloser
	out *bufio.Reader
	log output
}

// answer is any line that a client process tells.
type answer struct {
	Error   string
	Ready   bool
	CPU     float64
	Acks    []int // microseconds
	Refused int
	Failure string
	Found   []found
}

// found is what one game was like after the server was killed and started again.
type found struct {
	Confirmed int  // moves whose mover had the confirmation
	There     *int // moves that the server has; nil = no game
	Continued bool // another move was confirmed
	Error     string
}

// seat starts the processes and returns when all players sit.
func seat(t testing.TB, stack Stack, url string, lines [][]string, o Options, rate float64) *clients {
	t.Helper()
	node, dir := node(t), folder(t, "client")
	c := &clients{t: t}
	next := 0
	for i := range o.Processes {
		tables := (o.Games + o.Processes - 1 - i) / o.Processes
		cmd := exec.Command(node, filepath.Join(dir, "main.mjs"))
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		p := &clientProcess{}
		cmd.Stderr = &p.log
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed
			if t.Failed() {
				t.Logf("what the players printed:\n%s", p.log.String())
			}
		})
		p.in, p.out = in, bufio.NewReader(out)
		c.all = append(c.all, p)
		start, err := json.Marshal(map[string]any{"stack": stack.Players, "url": url, "lines": lines, "tables": tables,
			"first": next, "rate": rate * float64(tables) / float64(o.Games)})
		if err != nil {
			t.Fatal(err)
		}
		c.tell(p, string(start))
		next += tables
	}
	for _, a := range c.hear() {
		if !a.Ready {
			t.Fatalf("the players could not sit down: %s", a.Error)
		}
	}
	return c
}

func (c *clients) tell(p *clientProcess, line string) {
	c.t.Helper()
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		c.t.Fatalf("tell the players: %v\n%s", err, p.log.String())
	}
}

// hear waits for one line of each process.
func (c *clients) hear() []answer {
	c.t.Helper()
	answers := make([]answer, len(c.all))
	for i, p := range c.all {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			c.t.Fatalf("the players are gone: %v\n%s", err, p.log.String())
		}
		if err := json.Unmarshal(line, &answers[i]); err != nil {
			c.t.Fatalf("the players told %q: %v", line, err)
		}
	}
	return answers
}

// ask tells all the same and waits for the answers.
func (c *clients) ask(line string) []answer {
	c.t.Helper()
	c.send(line)
	return c.hear()
}

func (c *clients) send(line string) {
	c.t.Helper()
	for _, p := range c.all {
		c.tell(p, line)
	}
}
