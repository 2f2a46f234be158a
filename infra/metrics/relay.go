package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Relay observes the way from the store to the bus; a relay.Observer.
type Relay struct {
	events prometheus.Counter
	lag    prometheus.Histogram
	alarms *prometheus.CounterVec
}

func newRelay(r registry, alarms *prometheus.CounterVec) *Relay {
	return &Relay{
		events: r.counter("ply_relayed_events_total", "Events that the bus has taken."),
		lag:    r.histogram("ply_relay_lag_seconds", "Age of the oldest event of a batch when the bus had it.", latencies()),
		alarms: alarms,
	}
}

// Relayed counts what the bus has taken, and its lag.
func (r *Relay) Relayed(events int, lag time.Duration) {
	r.events.Add(float64(events))
	r.lag.Observe(lag.Seconds())
}

// Alarm counts what an operator must look at.
func (r *Relay) Alarm(what string) { r.alarms.WithLabelValues(what).Inc() }
