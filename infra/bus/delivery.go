package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

// delivery hands the messages of one partition to its handler, events in batches. What can't be decoded is a gap.
type delivery struct {
	ctx    context.Context
	kafka  *Kafka
	to     Handler
	chain  func(func()) // runs a call of the handler between the middlewares
	events []event.Recorded
	oldest time.Time // when the first of them was published
}

func newDelivery(ctx context.Context, k *Kafka, to Handler) *delivery {
	var call func()
	handle := message.HandlerFunc(func(*message.Message) ([]*message.Message, error) {
		call()
		return nil, nil
	})
	around := k.middlewares()
	for i := len(around) - 1; i >= 0; i-- {
		handle = around[i](handle)
	}
	return &delivery{ctx: ctx, kafka: k, to: to, chain: func(f func()) {
		call = f
		m := message.NewMessage("", nil)
		m.SetContext(ctx)
		_, _ = handle(m) // skip has counted what failed for good
	}}
}

// add takes a message. Events wait for flush, or for a watermark, or for a batch to be full.
func (d *delivery) add(m *message.Message) {
	switch kind := m.Metadata[kindKey]; kind {
	case kindEvent:
		e, err := decodeEvent(m)
		if err != nil {
			d.kafka.bad(err)
			return
		}
		if len(d.events) == 0 {
			d.oldest, _ = kafka.MessageTimestampFromCtx(m.Context())
		}
		if d.events = append(d.events, e); len(d.events) == MaxBatch {
			d.flush()
		}
	case kindWatermark:
		d.flush()
		d.chain(func() { d.to.Watermark(event.Position(m.Metadata[positionKey])) })
	default:
		d.kafka.bad(fmt.Errorf("%w: unknown kind %q", errMalformed, kind))
	}
}

// flush hands the events on that have come.
func (d *delivery) flush() {
	if len(d.events) == 0 || d.ctx.Err() != nil {
		return
	}
	d.chain(func() { d.to.Events(d.events) })
	d.kafka.seen.Delivered(len(d.events), max(0, time.Since(d.oldest)))
	d.events = nil // a handler may keep what it was given
}
