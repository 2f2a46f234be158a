package load

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/plygames/ply/transport/client"
)

// Config says what is played. The zero value is not valid; see Validate.
type Config struct {
	Program  string        // ply's binary, for the processes that are needed beside this one; empty = this very program
	URL      string        // of a running server; empty = start one of our own, with its data in a temporary folder
	Games    int           // played at once, two sockets each
	Watchers int           // sockets that watch the first game, in processes of their own
	WatchOn  []string      // URLs of the servers to watch at, each with its share; none = URL
	Meters   []string      // second listeners of servers, and pid:N for other processes of this machine: asked for CPU and memory
	Rate     float64       // moves a second over all games; 0 = closed loop, each player moves as soon as it may
	For      time.Duration // measured time of each round
	Rounds   int
	Baseline bool // each round also runs against the relay
}

// Validate reports all mistakes, each with what to do.
func (c Config) Validate() error {
	var mistakes []error
	if c.Games < 1 {
		mistakes = append(mistakes, errors.New("--games must be at least 1"))
	}
	if c.Watchers < 0 {
		mistakes = append(mistakes, errors.New("--watch must not be negative"))
	}
	if c.Rate < 0 {
		mistakes = append(mistakes, errors.New("--rate must not be negative; 0 plays as fast as it goes"))
	}
	if c.For < time.Second {
		mistakes = append(mistakes, errors.New("--for must be at least 1s"))
	}
	if c.Rounds < 1 {
		mistakes = append(mistakes, errors.New("--rounds must be at least 1"))
	}
	if c.Baseline && c.Watchers > 0 {
		mistakes = append(mistakes, errors.New("--baseline compares players only: leave --watch out"))
	}
	sockets := 2 * c.Games
	if c.URL == "" && len(c.WatchOn) == 0 {
		sockets += c.Watchers // all of them in the one server that we start
	}
	if limit, err := openFiles(); err == nil && uint64(sockets+spareFiles) > limit {
		mistakes = append(mistakes, fmt.Errorf("%d sockets need more than the %d open files that a process may have: fewer --games, or more servers to --watch-on", sockets, limit))
	}
	for _, text := range c.Meters {
		if _, err := newMeter(text); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	return errors.Join(mistakes...)
}

// watchURLs are the servers to watch at.
func (c Config) watchURLs() []string {
	if len(c.WatchOn) > 0 {
		return c.WatchOn
	}
	return []string{c.URL}
}

// clock is that of the games. A crowd takes longer to sit down than the 30 s after which a game with a clock must have begun.
func (c Config) clock() client.Clock {
	if c.Watchers > 0 {
		return client.Clock{Type: "none"}
	}
	return client.Clock{Type: "fischer", Initial: 3_600_000, Increment: 10_000}
}

// spareFiles is what a process needs beside its sockets.
const spareFiles = 500

// openFiles raises the limit of open files as far as it goes, and tells it.
func openFiles() (uint64, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, err
	}
	if l.Cur < l.Max {
		l.Cur = l.Max
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
			return 0, err
		}
	}
	return l.Cur, nil
}
