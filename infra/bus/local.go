package bus

import (
	"context"
	"log/slog"

	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
)

// topic has the name that the Kafka topic has in a cluster.
const topic = "ply.events"

// Local is the in-process bus. Publish waits for all subscribers, and ends early only when the bus is closed; with no
// subscriber, what is published is gone.
type Local struct {
	publisher
	subscriber
	channel *gochannel.GoChannel
	stop    context.CancelFunc
}

var _ Bus = (*Local)(nil)

// NewLocal makes a bus inside this process. Close it.
//
// Go channels of Watermill keep the order of messages only if Publish waits for the subscribers' acknowledgement:
// without it every message is sent by a goroutine of its own.
func NewLocal(observer Observer, logger *slog.Logger) *Local {
	mill := quiet(logger)
	channel := gochannel.NewGoChannel(gochannel.Config{BlockPublishUntilSubscriberAck: true}, mill)
	life, stop := context.WithCancel(context.Background())
	return &Local{
		publisher:  publisher{to: channel, topic: topic},
		subscriber: subscriber{life: life, from: channel, topic: topic, handling: handling{observer, logger, mill}},
		channel:    channel,
		stop:       stop,
	}
}

// Partitions is one: everything is in order.
func (l *Local) Partitions() int { return 1 }

// PartitionOf is the only one.
func (l *Local) PartitionOf(string) int { return 0 }

// SubscribePartitions subscribes the handler of the only partition.
func (l *Local) SubscribePartitions(ctx context.Context, name string, to func(partition int) Handler) error {
	return l.Subscribe(ctx, name, to(0))
}

// Close ends all subscriptions and every Publish that waits, and waits for the handlers. The subscriptions end first:
// a router whose messages cease without its context ending takes that for a failure.
func (l *Local) Close() error {
	l.stop()
	err := l.channel.Close()
	l.running.Wait()
	return err
}
