package metrics

import "github.com/prometheus/client_golang/prometheus"

// Journal observes the write-behind journal in Redis; a journal.Observer.
type Journal struct {
	appends  *prometheus.HistogramVec
	events   prometheus.Histogram
	reseeded prometheus.Counter
	flushes  *prometheus.HistogramVec
	flushed  prometheus.Histogram
	tails    prometheus.Histogram
	waiting  prometheus.Gauge
	halted   prometheus.Gauge
	distrust prometheus.Gauge
	alarms   *prometheus.CounterVec
}

func newJournal(r registry, alarms *prometheus.CounterVec) *Journal {
	return &Journal{
		appends:  r.histograms("ply_journal_append_seconds", "Appends to the journal, from call to answer.", latencies(), "outcome"),
		events:   r.histogram("ply_journal_append_events", "Events in one append to the journal.", sizes()),
		reseeded: r.counter("ply_journal_reseeded_total", "Appends that read the store again because their bucket had begun a new generation."),
		flushes:  r.histograms("ply_journal_flush_seconds", "Appends from the journal to the store.", latencies(), "ok"),
		flushed:  r.histogram("ply_journal_flush_events", "Events in one append from the journal to the store.", sizes()),
		tails:    r.histogram("ply_journal_tail_events", "Events of a game that lay in Redis only when their flush began.", sizes()),
		waiting:  r.gauge("ply_journal_waiting_games", "Games with events in Redis only, at the last scan.", nil),
		halted:   r.gauge("ply_journal_halted_games", "Games whose store and journal disagree: nothing is appended to them.", nil),
		distrust: r.gauge("ply_journal_redis_distrusted", "1 while Redis can lose what it acknowledges: appends are refused.", nil),
		alarms:   alarms,
	}
}

// Appended counts an append that was answered.
func (j *Journal) Appended(seconds float64, events int, outcome string) {
	j.appends.WithLabelValues(outcome).Observe(seconds)
	j.events.Observe(float64(events))
}

// Reseeded counts an append that had to read the store again.
func (j *Journal) Reseeded() { j.reseeded.Inc() }

// Flushed counts an append to the store.
func (j *Journal) Flushed(seconds float64, events int, ok bool) {
	label := "no"
	if ok {
		label = "yes"
		j.flushed.Observe(float64(events))
	}
	j.flushes.WithLabelValues(label).Observe(seconds)
}

// Waiting is how many games have events in Redis only.
func (j *Journal) Waiting(games int) { j.waiting.Set(float64(games)) }

// Tail is how long a tail was when its flush began.
func (j *Journal) Tail(events int) { j.tails.Observe(float64(events)) }

// Halted is how many games are halted.
func (j *Journal) Halted(games int) { j.halted.Set(float64(games)) }

// Guard tells whether Redis can be trusted.
func (j *Journal) Guard(ok bool) {
	value := 1.0
	if ok {
		value = 0
	}
	j.distrust.Set(value)
}

// Alarm counts what an operator must look at.
func (j *Journal) Alarm(what string) { j.alarms.WithLabelValues(what).Inc() }
