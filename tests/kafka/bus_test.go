package kafka_test

import (
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/metrics"
	"github.com/plygames/ply/tests/harness"
)

func TestMain(m *testing.M) {
	// The library that sarama counts with has one goroutine for the whole process.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

var _ bus.KafkaObserver = (*metrics.Bus)(nil)

// TestOneBroker holds the tests that leave the broker alone, so that they can share one.
func TestOneBroker(t *testing.T) {
	t.Parallel()
	k := harness.StartKafka(t)
	for name, test := range map[string]func(*testing.T, *harness.Kafka){
		"a message of somebody else":              somebodyElse,
		"an event that is too large":              tooLarge,
		"another number of partitions is refused": otherPartitions,
		"retention takes what was not read":       retention,
		"a relay goes on from its checkpoint":     goesOn,
		"a relay dies before its checkpoint":      diesBefore,
		"two relays at once":                      twoRelays,
	} {
		t.Run(name, func(t *testing.T) { test(t, k) })
	}
}

const patience = 2 * time.Minute

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// observer counts.
type observer struct{ bad, published, unpublished, oversized, delivered, resubscribed atomic.Int64 }

func (o *observer) BadMessage()                      { o.bad.Add(1) }
func (o *observer) Published(n int, _ time.Duration) { o.published.Add(int64(n)) }
func (o *observer) Unpublished()                     { o.unpublished.Add(1) }
func (o *observer) Oversized()                       { o.oversized.Add(1) }
func (o *observer) Delivered(n int, _ time.Duration) { o.delivered.Add(int64(n)) }
func (o *observer) Resubscribed()                    { o.resubscribed.Add(1) }

// topic is the one of a test.
func topic(t testing.TB) string {
	return "ply.events." + strings.Map(func(c rune) rune {
		if c == '/' {
			return '.'
		}
		return c
	}, t.Name())
}

// open makes a bus on the test's topic; change may alter its configuration.
func open(t *testing.T, k *harness.Kafka, change func(*bus.KafkaConfig)) (*bus.Kafka, *observer) {
	t.Helper()
	o := new(observer)
	c := bus.KafkaConfig{Brokers: k.Brokers(), Topic: topic(t), Partitions: 4, Patience: patience, Observer: o, Logger: silent}
	if change != nil {
		change(&c)
	}
	b, err := bus.NewKafka(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b, o
}

func subscribe(t *testing.T, b *bus.Kafka, to bus.Handler) {
	t.Helper()
	if err := b.Subscribe(t.Context(), "watch", to); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, b *bus.Kafka, events ...event.Recorded) {
	t.Helper()
	if err := b.Publish(t.Context(), slices.Clone(events)); err != nil {
		t.Fatal(err)
	}
}
