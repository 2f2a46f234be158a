package metrics

import "github.com/prometheus/client_golang/prometheus"

// Store observes the embedded event store; a pebble.Observer.
type Store struct {
	appended, refused prometheus.Observer
	events            prometheus.Histogram
	callers           prometheus.Histogram
	bytes             prometheus.Counter
	commits           prometheus.Histogram
	behind            prometheus.Counter
	stopped           prometheus.Gauge
}

func newStore(r registry) *Store {
	appends := r.histograms("ply_append_seconds", "Appends to the event store, from call to answer.", latencies(), "ok")
	return &Store{
		appended: appends.WithLabelValues("yes"), refused: appends.WithLabelValues("no"),
		events:  r.histogram("ply_append_batch_events", "Events in one group commit.", sizes()),
		callers: r.histogram("ply_append_batch_appends", "Appends in one group commit.", sizes()),
		bytes:   r.counter("ply_append_bytes_total", "Bytes written by group commits."),
		commits: r.histogram("ply_append_commit_seconds", "Writing and syncing one group commit.", latencies()),
		behind:  r.counter("ply_subscriber_behind_events_total", "Events that subscribers read from disk because they had fallen behind."),
		stopped: r.gauge("ply_store_stopped", "1 after the event store's writer stopped for good: restart the server.", nil),
	}
}

// Appended counts an append that was answered.
func (s *Store) Appended(seconds float64, _ int, ok bool) {
	if ok {
		s.appended.Observe(seconds)
	} else {
		s.refused.Observe(seconds)
	}
}

// Batch counts a group commit.
func (s *Store) Batch(appends, events, bytes int, seconds float64) {
	s.callers.Observe(float64(appends))
	s.events.Observe(float64(events))
	s.bytes.Add(float64(bytes))
	s.commits.Observe(seconds)
}

// Behind counts events that a slow subscriber read from disk.
func (s *Store) Behind(events int) { s.behind.Add(float64(events)) }

// Stopped tells that the writer stopped for good.
func (s *Store) Stopped() { s.stopped.Set(1) }
