package metrics

import "github.com/prometheus/client_golang/prometheus"

// Redis observes what servers share; a redis.Observer.
type Redis struct {
	calls  *prometheus.HistogramVec
	leases *prometheus.GaugeVec
	peers  prometheus.Gauge
	silent prometheus.Gauge
}

func newRedis(r registry) *Redis {
	m := &Redis{
		calls:  r.histograms("ply_redis_call_seconds", "Calls to Redis, from call to answer; answered = no: it did not in time, or was not there.", latencies(), "answered"),
		leases: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ply_lease_held", Help: "1 while this server has the lease."}, []string{"lease"}),
		peers:  r.gauge("ply_peers", "Other servers that tell us who is there.", nil),
		silent: r.gauge("ply_peers_silent", "1 while other servers can't be heard: presence is as it was last.", nil),
	}
	r.MustRegister(m.leases)
	return m
}

// Called counts a call and how long its caller waited.
func (m *Redis) Called(seconds float64, answered bool) {
	label := "no"
	if answered {
		label = "yes"
	}
	m.calls.WithLabelValues(label).Observe(seconds)
}

// Lease tells whether this server has a lease. Leases are ours, and few.
func (m *Redis) Lease(name string, held bool) { m.leases.WithLabelValues(name).Set(oneIf(held)) }

// Peers is how many other servers are heard.
func (m *Redis) Peers(servers int) { m.peers.Set(float64(servers)) }

// Silent tells whether others can't be heard.
func (m *Redis) Silent(silent bool) { m.silent.Set(oneIf(silent)) }

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
