package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// Report is everything that a run measured, in the order of the rounds.
type Report struct {
	Server, Relay []Figures // Relay is empty without a baseline
}

// Run plays what c says and gives what it measured. Progress goes to out. It starts and ends the processes it needs.
func Run(ctx context.Context, c Config, out io.Writer) (report Report, err error) {
	if err := c.Validate(); err != nil {
		return report, err
	}
	lines, err := makeLines(min(c.Games, 256), 1)
	if err != nil {
		return report, fmt.Errorf("make legal games: %w", err)
	}
	var servers meters
	for _, text := range c.Meters {
		m, err := newMeter(text)
		if err != nil {
			return report, err
		}
		servers = append(servers, m)
	}
	if c.URL == "" {
		p, err := c.startServer(ctx)
		if err != nil {
			return report, fmt.Errorf("start a server: %w", err)
		}
		defer func() { err = errors.Join(err, p.close()) }()
		c.URL, servers = p.told, p.meters()
	}
	var baseline *process
	if c.Baseline {
		if baseline, err = c.startRelay(ctx); err != nil {
			return report, fmt.Errorf("start the relay: %w", err)
		}
		defer func() { err = errors.Join(err, baseline.close()) }()
	}
	var games atomic.Int64 // ids at the relay
	for range c.Rounds {
		if c.Baseline {
			r := &round{Config: c, name: "relay", lines: lines, out: out, meters: baseline.meters(),
				table: echo{newClient(baseline.told), func() int { return int(games.Add(1)) }}}
			f, err := r.run(ctx)
			if err != nil {
				return report, err
			}
			report.Relay = append(report.Relay, f)
		}
		r := &round{Config: c, name: "ply", lines: lines, out: out, meters: servers, table: server{newClient(c.URL), c.clock()}}
		f, err := r.run(ctx)
		if err != nil {
			return report, err
		}
		report.Server = append(report.Server, f)
	}
	return report, nil
}
