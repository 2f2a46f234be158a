package bus

import (
	"context"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

// publisher writes batches to one topic of a Watermill publisher that returns from Publish after the acknowledgement.
type publisher struct {
	to    message.Publisher
	topic string
}

var _ Publisher = (*publisher)(nil)

// Publish writes the events in batches of at most MaxBatch. An error may mean that part of them is out.
func (p *publisher) Publish(ctx context.Context, events []event.Recorded) error {
	for len(events) > 0 {
		n := min(len(events), MaxBatch)
		if err := p.send(ctx, encodeEvents(events[:n])); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// Watermark writes a position behind everything published before it.
func (p *publisher) Watermark(ctx context.Context, at event.Position) error {
	return p.send(ctx, encodeWatermark(at))
}

func (p *publisher) send(ctx context.Context, m *message.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.to.Publish(p.topic, m); err != nil {
		return fmt.Errorf("publish on the bus: %w", err)
	}
	return nil
}
