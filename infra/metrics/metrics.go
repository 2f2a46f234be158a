package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the series of one server, one field for each part of it that wants to be observed. Everything is quick
// and safe for concurrent use.
type Metrics struct {
	Commands *Commands
	Store    *Store
	Journal  *Journal
	Relay    *Relay
	Bus      *Bus
	Fanout   *Fanout
	Sockets  *Sockets
	HTTP     *HTTP
	Spectate *Spectate
	Views    *Views
	Served   *Served
	ESDB     *EventStoreDB
	Redis    *Redis

	registry *prometheus.Registry
}

// New makes a registry of its own, with the Go runtime's and the process' series in it.
func New(version string) *Metrics {
	r := registry{prometheus.NewRegistry()}
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	r.gauge("ply_build_info", "1, labelled with the version.", prometheus.Labels{"version": version}).Set(1)
	alarms := r.counters("ply_alarms_total", "Things that an operator must look at.", "what")
	return &Metrics{
		Commands: newCommands(r, alarms),
		Store:    newStore(r),
		Journal:  newJournal(r, alarms),
		Relay:    newRelay(r, alarms),
		Bus:      newBus(r),
		Fanout:   newFanout(r),
		Sockets:  newSockets(r),
		HTTP:     newHTTP(r),
		Spectate: newSpectate(r),
		Views:    newViews(r),
		Served:   newServed(r),
		ESDB:     newEventStoreDB(r),
		Redis:    newRedis(r),
		registry: r.Registry,
	}
}

// Handler serves the series.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// registry makes series and registers them at once; a name used twice is a mistake of ours and panics at start.
type registry struct{ *prometheus.Registry }

func (r registry) gauge(name, help string, labels prometheus.Labels) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
	r.MustRegister(g)
	return g
}

func (r registry) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	r.MustRegister(c)
	return c
}

func (r registry) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	r.MustRegister(c)
	return c
}

func (r registry) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	r.MustRegister(g)
	return g
}

func (r registry) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	r.MustRegister(h)
	return h
}

func (r registry) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	r.MustRegister(h)
	return h
}

// latencies are buckets in seconds, from a tenth of a millisecond to 5 s.
func latencies() []float64 {
	return []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}
}

// sizes are buckets in powers of two, from 1 to 1,024.
func sizes() []float64 { return prometheus.ExponentialBuckets(1, 2, 11) }
