package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/plygames/ply/tests/parts/cluster"
	"github.com/plygames/ply/tests/parts/haproxy"
	"github.com/plygames/ply/tests/parts/process"
)

// healthEvery is the pace of the health lines.
const healthEvery = 5 * time.Second

// watch says how everything is until ctx ends or whoever started us is gone, and starts again what ends.
func watch(ctx context.Context, c *cluster.Cluster) {
	parent := os.Getppid()
	health := time.NewTicker(healthEvery)
	defer health.Stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	died := map[*process.Process]time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-health.C:
			say("%s", line(ctx, c))
		case <-look.C:
			if os.Getppid() != parent {
				return // make or a terminal that was killed
			}
			for _, p := range c.Parts() {
				revive(died, p.Process)
			}
			revive(died, c.Proxy.Process)
		}
	}
}

// revive starts a process that ended some time ago. Whether it is of use again, the health lines tell.
func revive(died map[*process.Process]time.Time, p *process.Process) {
	at, known := died[p]
	switch {
	case p.Alive():
		delete(died, p)
	case !known:
		died[p] = time.Now()
		say("%s ended; its log is %s", p.Name, p.Log)
	case time.Since(at) >= restartAfter:
		delete(died, p)
		if err := p.Start(); err != nil {
			say("%v", err)
			return
		}
		say("%s is started again, process %d", p.Name, p.PID())
	}
}

// line is everything on one line.
func line(ctx context.Context, c *cluster.Cluster) string {
	alive, parts := 0, c.Parts()
	for _, p := range parts {
		if p.Alive() {
			alive++
		}
	}
	if c.Proxy.Alive() {
		alive++
	}
	var servers []string
	if known, err := c.Proxy.Servers(); err == nil {
		for _, s := range known {
			if s.Status != haproxy.Up {
				servers = append(servers, s.Name+" "+s.Status)
			}
		}
	} else {
		servers = append(servers, "the proxy does not answer")
	}
	seen := map[string]float64{}
	for _, p := range parts {
		if p.Admin != "" {
			scrape(ctx, p.Admin, seen)
		}
	}
	text := fmt.Sprintf("%d of %d alive; %.0f games in memory, %.0f sockets, %.0f events relayed",
		alive, len(parts)+1, seen["ply_hot_games"], seen["ply_sockets"], seen["ply_relayed_events_total"])
	if alarms := seen["ply_alarms_total"]; alarms > 0 {
		text += fmt.Sprintf(", %.0f ALARMS", alarms)
	}
	if len(servers) > 0 {
		text += "; " + strings.Join(servers, ", ")
	}
	return text
}

// scrape adds up a server's series by name. One that does not answer adds nothing.
func scrape(ctx context.Context, admin string, sums map[string]float64) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/metrics", nil)
	if err != nil {
		return
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		series, value, ok := strings.Cut(lines.Text(), " ")
		if name, _, _ := strings.Cut(series, "{"); ok && strings.HasPrefix(name, "ply_") {
			if v, err := strconv.ParseFloat(value, 64); err == nil {
				sums[name] += v
			}
		}
	}
}
