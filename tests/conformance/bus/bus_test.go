package bus_test

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/infra/bus"
	suite "github.com/plygames/ply/tests/conformance/bus"
	"github.com/plygames/ply/tests/harness"
)

func TestMain(m *testing.M) {
	// The library that sarama counts with has one goroutine for the whole process.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// observer counts bad messages.
type observer struct{ bad atomic.Int64 }

func (o *observer) BadMessage()                  { o.bad.Add(1) }
func (o *observer) Published(int, time.Duration) {}
func (o *observer) Unpublished()                 {}
func (o *observer) Oversized()                   {}
func (o *observer) Delivered(int, time.Duration) {}
func (o *observer) Resubscribed()                {}
func (o *observer) count() int                   { return int(o.bad.Load()) }

func TestLocal(t *testing.T) {
	suite.Test(t, func(t *testing.T) suite.Harness {
		o := new(observer)
		return harnessOf(t, bus.NewLocal(o, silent), o)
	})
}

func TestKafka(t *testing.T) {
	broker := harness.StartKafka(t)
	topics := 0
	suite.Test(t, func(t *testing.T) suite.Harness {
		topics++
		o := new(observer)
		k, err := bus.NewKafka(bus.KafkaConfig{
			Brokers: broker.Brokers(), Topic: fmt.Sprintf("ply.events.%d", topics), Partitions: 5,
			Patience: 2 * time.Minute, Observer: o, Logger: silent,
		})
		if err != nil {
			t.Fatal(err)
		}
		return harnessOf(t, k, o)
	})
}

func harnessOf(t *testing.T, b bus.Bus, o *observer) suite.Harness {
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return suite.Harness{Bus: b, Bad: o.count}
}
