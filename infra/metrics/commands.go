package metrics

import "github.com/prometheus/client_golang/prometheus"

// Commands observes the write side; a commands.Observer.
type Commands struct {
	commands  *prometheus.HistogramVec
	hot       prometheus.Gauge
	snapshots *prometheus.CounterVec
	alarms    *prometheus.CounterVec
}

func newCommands(r registry, alarms *prometheus.CounterVec) *Commands {
	return &Commands{
		commands:  r.histograms("ply_command_seconds", "Commands by name and result, from the frame to the answer.", latencies(), "command", "result"),
		hot:       r.gauge("ply_hot_games", "Games in memory.", nil),
		snapshots: r.counters("ply_snapshots_total", "Snapshots by what became of them: saved, dropped, used, rejected.", "outcome"),
		alarms:    alarms,
	}
}

// Command counts a command and how long its sender waited.
func (c *Commands) Command(name, result string, seconds float64) {
	c.commands.WithLabelValues(name, result).Observe(seconds)
}

// Hot is how many games are in memory.
func (c *Commands) Hot(games int) { c.hot.Set(float64(games)) }

// Snapshot counts what became of a snapshot.
func (c *Commands) Snapshot(outcome string) { c.snapshots.WithLabelValues(outcome).Inc() }

// Alarm counts what an operator must look at.
func (c *Commands) Alarm(what string) { c.alarms.WithLabelValues(what).Inc() }
