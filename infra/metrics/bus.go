package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Bus observes either bus; a bus.Observer and a bus.KafkaObserver.
type Bus struct {
	bad          prometheus.Counter
	publish      prometheus.Histogram
	records      prometheus.Histogram
	unpublished  prometheus.Counter
	oversized    prometheus.Counter
	delivered    prometheus.Counter
	lag          prometheus.Histogram
	resubscribed prometheus.Counter
}

func newBus(r registry) *Bus {
	return &Bus{
		bad:          r.counter("ply_bus_bad_messages_total", "Bus messages that were skipped; readers saw a gap."),
		publish:      r.histogram("ply_bus_publish_seconds", "One call to the Kafka brokers, until they had everything.", latencies()),
		records:      r.histogram("ply_bus_publish_records", "Records in one call to the Kafka brokers.", prometheus.ExponentialBuckets(1, 4, 8)),
		unpublished:  r.counter("ply_bus_publish_failures_total", "Calls of which the Kafka brokers did not take everything; the rest was sent again."),
		oversized:    r.counter("ply_bus_oversized_events_total", "Events too large for a Kafka record; readers saw a gap."),
		delivered:    r.counter("ply_bus_delivered_events_total", "Events that came over Kafka and were handled."),
		lag:          r.histogram("ply_bus_delivery_seconds", "Age of the oldest event of a batch when it was handled, since it was published on Kafka.", latencies()),
		resubscribed: r.counter("ply_bus_resubscriptions_total", "Kafka subscriptions that broke off or stood still, and were begun again where they were."),
	}
}

// BadMessage counts a bus message that was skipped.
func (b *Bus) BadMessage() { b.bad.Inc() }

// Published counts what the brokers took in one call.
func (b *Bus) Published(records int, took time.Duration) {
	b.records.Observe(float64(records))
	b.publish.Observe(took.Seconds())
}

// Unpublished counts a call that failed, in part or wholly.
func (b *Bus) Unpublished() { b.unpublished.Inc() }

// Oversized counts an event that no record can hold.
func (b *Bus) Oversized() { b.oversized.Inc() }

// Delivered counts events that a handler has taken.
func (b *Bus) Delivered(events int, after time.Duration) {
	b.delivered.Add(float64(events))
	b.lag.Observe(after.Seconds())
}

// Resubscribed counts a subscription that was begun again.
func (b *Bus) Resubscribed() { b.resubscribed.Inc() }
