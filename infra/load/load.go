package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/plygames/ply/transport/client"
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
	url, cpu := c.URL, func() (float64, bool) { return 0, false }
	if url == "" {
		p, err := startServer(ctx)
		if err != nil {
			return report, fmt.Errorf("start a server: %w", err)
		}
		defer func() { err = errors.Join(err, p.close()) }()
		url, cpu = p.url, p.cpu
	}
	var baseline *process
	if c.Baseline {
		if baseline, err = startRelay(ctx); err != nil {
			return report, fmt.Errorf("start the relay: %w", err)
		}
		defer func() { err = errors.Join(err, baseline.close()) }()
	}
	var games atomic.Int64 // ids at the relay
	for range c.Rounds {
		if c.Baseline {
			r := &round{Config: c, name: "relay", lines: lines, out: out, cpu: baseline.cpu,
				table: echo{newClient(baseline.url), func() int { return int(games.Add(1)) }}}
			f, err := r.run(ctx)
			if err != nil {
				return report, err
			}
			report.Relay = append(report.Relay, f)
		}
		guests := newClient(url)
		r := &round{Config: c, name: "ply", lines: lines, out: out, cpu: cpu, table: server{guests},
			watch: func(ctx context.Context, id string, h client.Handler) (*client.Session, error) {
				return guests.OpenWatch(ctx, id, client.Join{Handler: h})
			}}
		f, err := r.run(ctx)
		if err != nil {
			return report, err
		}
		report.Server = append(report.Server, f)
	}
	return report, nil
}
