package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Spectate observes the watched games; a spectate.Observer.
type Spectate struct {
	watched prometheus.Gauge
	gaps    prometheus.Counter
	lost    prometheus.Counter
	silent  prometheus.Gauge
}

func newSpectate(r registry) *Spectate {
	return &Spectate{
		watched: r.gauge("ply_watched_games", "Games that the watch side keeps up to date.", nil),
		gaps:    r.counter("ply_watch_gaps_total", "Reads of the store that the bus made necessary."),
		lost:    r.counter("ply_watch_lost_total", "Watched games whose events this server can't read."),
		silent:  r.gauge("ply_bus_silent_partitions", "Partitions of the bus without a watermark for 3 s: their games are stale.", nil),
	}
}

// Watched is how many games are followed.
func (s *Spectate) Watched(games int) { s.watched.Set(float64(games)) }

// Gap counts a read of the store.
func (s *Spectate) Gap() { s.gaps.Inc() }

// Lost counts a game that can't be read.
func (s *Spectate) Lost() { s.lost.Inc() }

// Stale counts the partitions that are silent.
func (s *Spectate) Stale(_ int, stale bool) {
	if stale {
		s.silent.Inc()
		return
	}
	s.silent.Dec()
}

// Views observes the folds; a fold.Observer. The names of views are our own.
type Views struct {
	folded, parked, rebuilt *prometheus.CounterVec
	lag                     *prometheus.GaugeVec
}

func newViews(r registry) *Views {
	return &Views{
		folded:  r.counters("ply_view_events_total", "Events that a view has taken in.", "view"),
		parked:  r.counters("ply_view_parked_total", "Events that a view could not fold.", "view"),
		rebuilt: r.counters("ply_view_rebuilds_total", "Starts from nothing of a view that had rows.", "view"),
		lag:     r.gauges("ply_view_lag_seconds", "For how long a view has been without something that the store has.", "view"),
	}
}

// Folded counts events taken in.
func (v *Views) Folded(view string, events int) { v.folded.WithLabelValues(view).Add(float64(events)) }

// Parked counts an event that could not be folded.
func (v *Views) Parked(view string) { v.parked.WithLabelValues(view).Inc() }

// Rebuilt counts a start from nothing.
func (v *Views) Rebuilt(view string) { v.rebuilt.WithLabelValues(view).Inc() }

// Lag is how far a view is behind the store.
func (v *Views) Lag(view string, behind time.Duration) {
	v.lag.WithLabelValues(view).Set(behind.Seconds())
}
