package compare

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// Stack is one way to serve a game to two players.
type Stack struct {
	Name    string // in the table
	Key     string // what PLY_COMPARE_ONLY calls it
	Players string // the clients' module that speaks its protocol
	Durable bool   // promises that a confirmed move survives the process
	start   func(t testing.TB) *Server
}

// Stacks are what is compared, in the order of the table and of their turns.
var Stacks = []Stack{
	{Name: "ply", Key: "ply", Players: "ply", Durable: true, start: startPly},
	{Name: "ws + chess.js + PostgreSQL", Key: "ws", Players: "ws", Durable: true, start: withDatabase("ws", "server.mjs")},
	{Name: "boardgame.io + PostgreSQL", Key: "boardgameio", Players: "boardgameio", start: withDatabase("boardgameio", "server.cjs")},
	{Name: "boardgame.io + FlatFile", Key: "flatfile", Players: "boardgameio", start: func(t testing.TB) *Server {
		return startNode(t, "boardgameio", "server.cjs", harness.Env("DATA", t.TempDir()))
	}},
	{Name: "Colyseus", Key: "colyseus", Players: "colyseus", start: func(t testing.TB) *Server { return startNode(t, "colyseus", "server.mjs") }},
}

// Server is a running stack with nothing in it yet.
type Server struct {
	URL      string
	Kill     func() // kill -9 of the server, not of its database
	Restart  func()
	PID      func() int
	Ended    func() string // what a server that ended by itself printed last; empty = it runs
	Database *process      // nil = none
}

func startPly(t testing.TB) *Server {
	t.Helper()
	s := harness.Start(t, harness.NoLimits, harness.Env("PLY_LOG_LEVEL", "warn"))
	return &Server{URL: s.URL, Kill: s.Kill9, Restart: func() { s.Restart() }, PID: s.PID,
		Ended: func() string { return "" }} // the harness fails the test instead
}

func withDatabase(folder, program string) func(t testing.TB) *Server {
	return func(t testing.TB) *Server {
		t.Helper()
		url, database := postgres(t)
		s := startNode(t, folder, program, harness.Env("DATABASE_URL", url))
		s.Database = database
		return s
	}
}

// startNode runs one of the servers beside this file.
func startNode(t testing.TB, name, program string, env ...string) *Server {
	t.Helper()
	node, dir, port := node(t), folder(t, name), freePort(t)
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	p := startProcess(t, func() bool { return answers(url + "/") }, func() *exec.Cmd {
		cmd := exec.Command(node, filepath.Join(dir, program))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), harness.Env("PORT", fmt.Sprint(port)), harness.Env("NODE_ENV", "production"))
		cmd.Env = append(cmd.Env, env...)
		return cmd
	})
	return &Server{URL: url, Kill: p.kill, Restart: p.start, PID: func() int { return p.cmd.Process.Pid }, Ended: p.ended}
}
