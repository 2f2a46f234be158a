package load

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// Config says what is played. The zero value is not valid; see Validate.
type Config struct {
	URL      string        // of a running server; empty = start one of our own, with its data in a temporary folder
	Games    int           // played at once, two sockets each
	Watchers int           // sockets that watch the first game
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
	sockets := 2*c.Games + c.Watchers
	if limit, err := openFiles(); err == nil && uint64(sockets)+200 > limit {
		mistakes = append(mistakes, fmt.Errorf("%d sockets need more than the %d open files that this process may have: fewer --games or --watch, or several of these processes", sockets, limit))
	}
	return errors.Join(mistakes...)
}

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
