package bus

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

const closeWait = 5 * time.Second

// subscriber runs one Watermill router for each subscription.
type subscriber struct {
	handling
	life    context.Context // ends all subscriptions
	running sync.WaitGroup
	from    message.Subscriber
	topic   string
}

// Subscribe starts a router with one handler and waits until it is positioned.
func (s *subscriber) Subscribe(ctx context.Context, name string, to Handler) error {
	if s.life.Err() != nil { // a router that can't subscribe leaves a goroutine behind
		return errClosed
	}
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: closeWait}, s.mill)
	if err != nil {
		return fmt.Errorf("subscribe to the bus: %w", err)
	}
	router.AddMiddleware(s.middlewares()...)
	router.AddConsumerHandler(name, s.topic, shared{s.from}, func(m *message.Message) error { return s.handle(m, to) })

	ctx, stop := context.WithCancel(ctx)
	unhook := context.AfterFunc(s.life, stop)
	failed := make(chan error, 1)
	s.running.Go(func() {
		defer unhook()
		defer stop()
		failed <- router.Run(ctx)
	})
	select {
	case <-router.Running():
		return nil
	case err := <-failed:
		return fmt.Errorf("subscribe to the bus: %w", err)
	}
}

// handle hands one message on. A message that nobody can read is a gap, not an error: asking again would not help.
func (s *subscriber) handle(m *message.Message, to Handler) error {
	switch kind := m.Metadata.Get(kindKey); kind {
	case kindEvents:
		events, err := decodeEvents(m.Payload)
		if err != nil {
			s.bad(err)
			return nil
		}
		to.Events(events)
	case kindWatermark:
		to.Watermark(event.Position(m.Metadata.Get(positionKey)))
	default:
		s.bad(fmt.Errorf("%w: unknown kind %q", errMalformed, kind))
	}
	return nil
}

// shared keeps a router from closing the Watermill subscriber that all routers share.
type shared struct{ message.Subscriber }

// Close does nothing: the bus closes the subscriber.
func (shared) Close() error { return nil }
