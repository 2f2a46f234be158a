package metrics

import "github.com/prometheus/client_golang/prometheus"

// Served observes the event store as it is served to others; an esdbserver.Observer.
type Served struct {
	calls         *prometheus.CounterVec
	seconds       *prometheus.HistogramVec
	subscriptions prometheus.Gauge
}

func newServed(r registry) *Served {
	return &Served{
		calls:         r.counters("ply_store_calls_total", "Calls to the served event store that have ended.", "method", "result"),
		seconds:       r.histograms("ply_store_call_seconds", "Calls to the served event store, but for subscriptions.", latencies(), "method"),
		subscriptions: r.gauge("ply_store_subscriptions", "Open subscriptions to the served event store.", nil),
	}
}

// Called counts a call that has ended.
func (s *Served) Called(method, result string, seconds float64) {
	s.calls.WithLabelValues(method, result).Inc()
	if method != "subscribe" {
		s.seconds.WithLabelValues(method).Observe(seconds)
	}
}

// Subscriptions tells how many are open.
func (s *Served) Subscriptions(open int) { s.subscriptions.Set(float64(open)) }
