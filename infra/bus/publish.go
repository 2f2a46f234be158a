package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

// maxRecord is the largest record, with headers. Events are a thousand times smaller.
const maxRecord = 1 << 20

// partitionKey says where a watermark goes. It is of use on the way only.
const partitionKey = "ply-partition"

// Publish hands the events to the brokers, each game's in order. While they are away it waits. What fails is sent again
// from the first event on that failed, by a new producer, so that the log may hold events twice, and then also out of
// order at first; readers go by the versions.
func (k *Kafka) Publish(ctx context.Context, events []event.Recorded) error {
	messages := make([]*message.Message, 0, min(len(events), AtOnce))
	for len(events) > 0 {
		messages = messages[:0]
		n := min(len(events), AtOnce)
		for i := range events[:n] {
			e := &events[i]
			if _, ok := e.Stream.Game(); !ok {
				return fmt.Errorf("publish on kafka: %q is not a game's stream", e.Stream)
			}
			if size(e) <= maxRecord {
				messages = append(messages, encodeEvent(e))
			} else {
				k.seen.Oversized()
				k.logger.Error("an event is too large for the bus; readers will see a gap and read the store", "stream", e.Stream, "version", e.Version)
			}
		}
		if err := k.send(ctx, messages); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// Watermark tells every partition that everything up to a position is out.
func (k *Kafka) Watermark(ctx context.Context, at event.Position) error {
	messages := make([]*message.Message, k.c.Partitions)
	for i := range messages {
		messages[i] = encodeWatermark(at)
		messages[i].Metadata.Set(partitionKey, strconv.Itoa(i))
	}
	return k.send(ctx, messages)
}

// size is at least what a record of the event takes.
func size(e *event.Recorded) int {
	return 512 + 2*len(e.Stream) + len(e.Position) + len(e.Type) + len(e.Meta) + len(e.Data)
}

func partitionIn(m *message.Message) (int32, error) {
	n, err := strconv.ParseInt(m.Metadata[partitionKey], 10, 32)
	if err != nil {
		return 0, fmt.Errorf("watermark for partition %q", m.Metadata[partitionKey])
	}
	return int32(n), nil
}

// send returns nil when the brokers have all messages. It ends early with ctx and with the bus.
func (k *Kafka) send(ctx context.Context, messages []*message.Message) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(k.life, cancel)()
	err := k.Connected(ctx)
	for wait := againFirst; err == nil && len(messages) > 0; wait = min(2*wait, againMost) {
		if err = ctx.Err(); err != nil {
			break
		}
		began := time.Now()
		failed := k.try(ctx, messages)
		if failed == nil {
			k.seen.Published(len(messages), time.Since(began))
			break
		}
		messages = messages[failed.First:]
		if ctx.Err() == nil {
			k.seen.Unpublished()
			k.logger.Warn("kafka did not take everything; sending it again", "left", len(messages), "error", failed.Err)
			pause(ctx, wait)
		}
	}
	switch {
	case err == nil:
		return nil
	case k.life.Err() != nil:
		return errClosed
	default:
		return fmt.Errorf("publish on kafka: %w", err)
	}
}

// try sends the messages once. It outlasts ctx only by what it takes to tear a connection down.
func (k *Kafka) try(ctx context.Context, messages []*message.Message) *unsent {
	select {
	case k.sending <- struct{}{}:
		defer func() { <-k.sending }()
	case <-ctx.Done():
		return &unsent{0, ctx.Err()}
	}
	if k.life.Err() != nil {
		return &unsent{0, errClosed}
	}
	if k.producer == nil {
		l := newLine()
		unhook := context.AfterFunc(ctx, l.cut)
		p, err := newProducer(k, l)
		if !unhook() && err == nil { // cut already
			p.close()
			err = ctx.Err()
		}
		if err != nil {
			return &unsent{0, err}
		}
		k.producer = p
	}
	p := k.producer
	unhook := context.AfterFunc(ctx, p.line.cut)
	slow := time.AfterFunc(complain, func() { k.logger.Warn("kafka has not answered for a while; waiting", "for", complain) })
	defer slow.Stop()
	err := p.Publish(k.c.Topic, messages...)
	if unhook() && err == nil {
		return nil
	}
	p.close()
	k.producer = nil
	if err == nil {
		return nil // just before the end
	}
	var failed *unsent
	if !errors.As(err, &failed) {
		failed = &unsent{0, err}
	}
	return failed
}
