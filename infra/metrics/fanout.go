package metrics

import "github.com/prometheus/client_golang/prometheus"

// Fanout observes the logs that watchers read; a fanout.Observer.
type Fanout struct {
	logs    prometheus.Gauge
	lag     prometheus.Histogram
	skipped prometheus.Counter
}

func newFanout(r registry) *Fanout {
	return &Fanout{
		logs:    r.gauge("ply_logs", "Logs (a game for an audience) in memory.", nil),
		lag:     r.histogram("ply_log_lag_seconds", "Age of an event when it reached a log without delay.", latencies()),
		skipped: r.counter("ply_watcher_skips_total", "Times that a slow watcher got a state instead of lines."),
	}
}

// Logs is how many logs are in memory.
func (f *Fanout) Logs(n int) { f.logs.Set(float64(n)) }

// Behind is how long after it was recorded an event reached a log.
func (f *Fanout) Behind(seconds float64) { f.lag.Observe(seconds) }

// Skipped counts a slow watcher that got a state.
func (f *Fanout) Skipped() { f.skipped.Inc() }
