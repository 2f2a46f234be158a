package bus

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
)

// subscription reads all partitions, through as many sessions as it takes.
type subscription struct {
	k     *Kafka
	name  string
	lanes []*lane
	asked time.Time   // when it should have been positioned
	late  atomic.Bool // nobody waits for that any more
}

// Subscribe implements Subscriber.
func (k *Kafka) Subscribe(ctx context.Context, name string, to Handler) error {
	return k.SubscribePartitions(ctx, name, merge(to, k.c.Partitions))
}

// SubscribePartitions implements Subscriber. When Kafka can't be reached for longer than Config.Patience it returns nil
// all the same and goes on in the background, from about now on, since a server has to start without Kafka too: its
// watched games are stale by then, and the first watermark has them compared with the store.
func (k *Kafka) SubscribePartitions(ctx context.Context, name string, to func(partition int) Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(k.life, cancel)
	s := &subscription{k: k, name: name, asked: time.Now()}
	positioned, ended := make(chan struct{}), make(chan error, 1)
	if !k.spawn(func() {
		defer unhook()
		defer cancel()
		for n := range k.c.Partitions {
			l, handler := newLane(n), to(n)
			s.lanes = append(s.lanes, l)
			k.running.Go(func() { l.work(ctx, k, handler) })
		}
		ended <- s.run(ctx, positioned)
	}) {
		cancel()
		return errClosed
	}
	patience := time.NewTimer(k.c.Patience)
	defer patience.Stop()
	select {
	case <-positioned:
		return nil
	case err := <-ended:
		return fmt.Errorf("subscribe %s to kafka: %w", name, err)
	case <-patience.C:
		s.late.Store(true) // before the caller goes on: what is published from now on must arrive
		k.logger.Warn("kafka can't be subscribed to yet; trying again in the background", "subscription", name, "brokers", k.c.Brokers)
		return nil
	}
}

// run runs session after session until ctx ends. positioned is closed by the first one that is.
func (s *subscription) run(ctx context.Context, positioned chan struct{}) error {
	if err := s.k.Connected(ctx); err != nil {
		return err
	}
	wait, complained := againFirst, time.Time{}
	for first := true; ; {
		began := time.Now()
		err := s.session(ctx, func() {
			if first {
				first = false
				close(positioned)
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(began) > againMost {
			wait = againFirst
		}
		if !first {
			s.k.seen.Resubscribed()
		}
		if time.Since(complained) > complain {
			complained = time.Now()
			s.k.logger.Warn("kafka: subscribing again", "subscription", s.name, "error", err)
		}
		pause(ctx, wait)
		wait = min(2*wait, againMost)
	}
}

// session is one connection of a subscription.
type session struct {
	*subscription
	client sarama.Client // for offsets
}

// session subscribes and takes messages until ctx ends or something has to be done about it. ready is called when it is
// positioned.
func (s *subscription) session(ctx context.Context, ready func()) error {
	l := newLine()
	defer l.cut()
	defer context.AfterFunc(ctx, l.cut)()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	settings := consumerSettings(s.k.c.NodeName, l)
	if err := CheckConsumer(settings); err != nil {
		return err
	}
	client, err := sarama.NewClient(s.k.c.Brokers, settings)
	if err != nil {
		return err
	}
	defer func() { l.cut(); _ = client.Close() }()
	current := &session{s, client}
	from, err := kafka.NewSubscriber(kafka.SubscriberConfig{
		Brokers:               s.k.c.Brokers,
		Unmarshaler:           unmarshaler{kafka.DefaultMarshaler{}},
		OverwriteSaramaConfig: settings,
		ReconnectRetrySleep:   clientBackoff,
		Tracer:                start{current},
	}, s.k.mill)
	if err != nil {
		return err
	}
	messages, err := from.Subscribe(ctx, s.k.c.Topic)
	if err != nil {
		return err
	}
	// Closing may wait for a moment; nobody shall wait for that.
	defer s.k.running.Go(func() {
		_ = from.Close() // it always answers nil
	})
	ready()

	stuck := make(chan error, 1)
	watching, unwatch := context.WithCancel(ctx)
	defer unwatch()
	s.k.running.Go(func() { current.watch(watching, stuck) })
	for {
		select {
		case m, ok := <-messages:
			if !ok {
				return fmt.Errorf("the subscriber ended")
			}
			partition, _ := kafka.MessagePartitionFromCtx(m.Context())
			offset, _ := kafka.MessagePartitionOffsetFromCtx(m.Context())
			if !s.lanes[partition].take(ctx, m, offset) {
				return ctx.Err()
			}
		case err := <-stuck:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
