package metrics

import "github.com/prometheus/client_golang/prometheus"

// EventStoreDB observes the event store on another machine; an eventstoredb.Observer.
type EventStoreDB struct {
	calls        *prometheus.HistogramVec
	subscribed   *prometheus.CounterVec
	inFlight     prometheus.Gauge
	connected    prometheus.Counter
	lost         prometheus.Counter
	resubscribed prometheus.Counter
}

func newEventStoreDB(r registry) *EventStoreDB {
	return &EventStoreDB{
		calls:        r.histograms("ply_esdb_call_seconds", "Calls of the event store, from call to answer.", latencies(), "kind", "result"),
		subscribed:   r.counters("ply_esdb_subscriptions_ended_total", "Subscriptions that ended, by what ended them.", "result"),
		inFlight:     r.gauge("ply_esdb_calls_in_flight", "Calls that the event store has not answered, subscriptions among them; 90 is full.", nil),
		connected:    r.counter("ply_esdb_connections_total", "Connections made to the event store."),
		lost:         r.counter("ply_esdb_connections_lost_total", "Connections to the event store that were given up."),
		resubscribed: r.counter("ply_esdb_resubscriptions_total", "Subscriptions that were begun again behind the last event handled."),
	}
}

// Called counts a call that was answered or given up. A subscription's life says nothing of speed.
func (e *EventStoreDB) Called(kind, result string, seconds float64) {
	if kind == "subscribe" {
		e.subscribed.WithLabelValues(result).Inc()
		return
	}
	e.calls.WithLabelValues(kind, result).Observe(seconds)
}

// InFlight is how many calls are not answered.
func (e *EventStoreDB) InFlight(calls int) { e.inFlight.Set(float64(calls)) }

// Connected counts a connection made.
func (e *EventStoreDB) Connected() { e.connected.Inc() }

// Lost counts a connection given up.
func (e *EventStoreDB) Lost() { e.lost.Inc() }

// Resubscribed counts a subscription begun again.
func (e *EventStoreDB) Resubscribed() { e.resubscribed.Inc() }
