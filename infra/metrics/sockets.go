package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Sockets observes the edge; a socket.Observer.
type Sockets struct {
	open      *prometheus.GaugeVec
	closed    *prometheus.CounterVec
	refused   *prometheus.CounterVec
	told      *prometheus.CounterVec
	messages  prometheus.Counter
	bytes     prometheus.Counter
	full      prometheus.Counter
	roundTrip prometheus.Histogram
}

func newSockets(r registry) *Sockets {
	s := &Sockets{
		open:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "ply_sockets", Help: "Open sockets by kind."}, []string{"kind"}),
		closed:    r.counters("ply_sockets_closed_total", "Sockets that ended, by kind and reason; peer = the other side did it.", "kind", "why"),
		refused:   r.counters("ply_handshakes_refused_total", "Handshakes answered with an HTTP status.", "status"),
		told:      r.counters("ply_socket_errors_total", "Errors that sockets were told, by code.", "code"),
		messages:  r.counter("ply_messages_sent_total", "Messages written to sockets."),
		bytes:     r.counter("ply_message_bytes_sent_total", "Bytes of messages written to sockets."),
		full:      r.counter("ply_messages_spilled_total", "Messages that a full socket did not take at once."),
		roundTrip: r.histogram("ply_round_trip_seconds", "Round trips of players, by our pings.", latencies()),
	}
	r.MustRegister(s.open)
	return s
}

// Opened counts a socket in.
func (s *Sockets) Opened(kind string) { s.open.WithLabelValues(kind).Inc() }

// Closed counts a socket out.
func (s *Sockets) Closed(kind, why string) {
	s.open.WithLabelValues(kind).Dec()
	s.closed.WithLabelValues(kind, why).Inc()
}

// Refused counts a handshake that was not upgraded.
func (s *Sockets) Refused(status int) { s.refused.WithLabelValues(strconv.Itoa(status)).Inc() }

// Told counts an error that a socket was told.
func (s *Sockets) Told(code string) { s.told.WithLabelValues(code).Inc() }

// Wrote counts a message.
func (s *Sockets) Wrote(bytes int, full bool) {
	s.messages.Inc()
	s.bytes.Add(float64(bytes))
	if full {
		s.full.Inc()
	}
}

// RoundTrip counts an answered ping.
func (s *Sockets) RoundTrip(seconds float64) { s.roundTrip.Observe(seconds) }
