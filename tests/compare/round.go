package compare

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/pgn"
)

// Options are how much is played.
type Options struct {
	For       time.Duration // measured time of each part of a round
	Rounds    int
	Games     int     // at once
	Rate      float64 // moves a second over all games, in the part that is not at full speed
	Processes int     // of clients
}

// warmUp is played before anything is counted, as long as the measured time but at most this.
const warmUp = 3 * time.Second

// Part is what was measured while the players played for some time.
type Part struct {
	Moves                     int
	Seconds                   float64
	Acks                      []int // sorted, microseconds from sending a move to its confirmation
	Server, Database, Players float64
	Refused                   int
	Failure                   string
}

// Crash is what a kill -9 of the server at full speed left.
type Crash struct {
	Games     int // under way
	Confirmed int // moves in them that their movers had the confirmation of
	Lost      int // of those, not there after a restart
	Gone      int // games that the server knows nothing of
	Continued int // games in which another move was confirmed
	Error     string
	Ended     bool // the restarted server ended by itself, so what it had left can't be told
}

// Round is one turn of one stack.
type Round struct {
	Stack       Stack
	Full, Rated Part // as fast as it goes, and at Options.Rate
	Crash       Crash
}

// Lines are the games that are played: a tournament's, without their last move, so that no rule ends a game early.
func Lines(t testing.TB) [][]string {
	t.Helper()
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	games, err := pgn.ReadFile(filepath.Join(root, "tests", "testdata", "pgn", "dortmund.pgn"))
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]string
	for _, g := range games {
		if g.Start == "" && len(g.Moves) >= 40 {
			lines = append(lines, g.Moves[:len(g.Moves)-1])
		}
	}
	if len(lines) == 0 {
		t.Fatal("no games to play")
	}
	return lines
}

// Play is one turn of a stack: full speed, then a crash, then the steady rate on a new server.
func Play(t testing.TB, stack Stack, lines [][]string, o Options) Round {
	t.Helper()
	r := Round{Stack: stack}
	server := stack.start(t)
	players := seat(t, stack, server.URL, lines, o, 0)
	r.Full = measure(t, server, players, o)
	server.Kill()
	server.Restart()
	r.Crash = crash(players.ask("resume"))
	if ended := server.Ended(); ended != "" {
		r.Crash.Error, r.Crash.Ended = ended, true
	}
	players.send("stop")
	server.Kill()

	server = stack.start(t)
	players = seat(t, stack, server.URL, lines, o, o.Rate)
	r.Rated = measure(t, server, players, o)
	players.send("stop")
	server.Kill()
	return r
}

func measure(t testing.TB, s *Server, players *clients, o Options) Part {
	t.Helper()
	players.send("play")
	<-time.After(min(warmUp, o.For))
	usage := func() (server, database float64) {
		if s.Database != nil {
			database = cpu(t, s.Database.cmd.Process.Pid)
		}
		return cpu(t, s.PID()), database
	}
	var p Part
	for _, a := range players.ask("reset") {
		p.Players -= a.CPU
	}
	server, database := usage()
	start := time.Now()
	<-time.After(o.For)
	p.Seconds = time.Since(start).Seconds()
	p.Server, p.Database = usage()
	p.Server, p.Database = p.Server-server, p.Database-database
	for _, a := range players.ask("report") {
		p.Players += a.CPU
		p.Acks = append(p.Acks, a.Acks...)
		p.Refused += a.Refused
		if p.Failure == "" {
			p.Failure = a.Failure
		}
	}
	p.Moves = len(p.Acks)
	slices.Sort(p.Acks)
	return p
}

func crash(answers []answer) Crash {
	var c Crash
	for _, a := range answers {
		for _, f := range a.Found {
			c.Games++
			c.Confirmed += f.Confirmed
			switch {
			case f.There == nil:
				c.Gone++
				c.Lost += f.Confirmed
			case *f.There < f.Confirmed:
				c.Lost += f.Confirmed - *f.There
			}
			if f.Continued {
				c.Continued++
			}
			if c.Error == "" {
				c.Error = f.Error
			}
		}
	}
	return c
}
