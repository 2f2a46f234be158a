package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// HTTP observes what the routes answer; a rest.Observer. What net/http refuses by itself it does not see: 431 for headers
// that are too long, and 400 for what is no HTTP.
type HTTP struct{ refused, cut *prometheus.CounterVec }

func newHTTP(r registry) *HTTP {
	return &HTTP{
		refused: r.counters("ply_http_refused_total", "Requests answered with an error object, by status and code.", "status", "code"),
		cut:     r.counters("ply_http_cut_total", "Feeds and exports that broke off: the reader took nothing for a minute, or went away.", "what"),
	}
}

// Refused counts an error object.
func (h *HTTP) Refused(status int, code string) {
	h.refused.WithLabelValues(strconv.Itoa(status), code).Inc()
}

// Cut counts an answer that broke off.
func (h *HTTP) Cut(what string) { h.cut.WithLabelValues(what).Inc() }
