package bus

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"github.com/plygames/ply/domain/event"
)

// A handler that panics is tried again a few times, quickly, because the partition waits behind it.
const (
	retries    = 3
	retryFirst = 10 * time.Millisecond
	retryMost  = 200 * time.Millisecond
	closeWait  = 5 * time.Second
)

// subscriber runs one Watermill router for each subscription.
type subscriber struct {
	life     context.Context // ends all subscriptions
	running  sync.WaitGroup
	from     message.Subscriber
	topic    string
	observer Observer
	logger   *slog.Logger
	mill     watermill.LoggerAdapter
}

var _ Subscriber = (*subscriber)(nil)

// Subscribe starts a router with one handler and waits until it is positioned.
//
// The order of the middlewares matters: Recoverer is innermost so that a panic becomes an error that Retry sees, and
// skip is outermost because a message that stays unacknowledged is redelivered in a hot loop and blocks its partition.
func (s *subscriber) Subscribe(ctx context.Context, name string, to Handler) error {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: closeWait}, s.mill)
	if err != nil {
		return fmt.Errorf("subscribe to the bus: %w", err)
	}
	router.AddMiddleware(
		s.skip,
		middleware.Retry{
			MaxRetries:          retries,
			InitialInterval:     retryFirst,
			MaxInterval:         retryMost,
			Multiplier:          3,
			ResetContextOnRetry: true,
			Logger:              s.mill,
		}.Middleware,
		middleware.Recoverer,
	)
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

// skip acknowledges what could not be handled after all retries.
func (s *subscriber) skip(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		produced, err := next(m)
		if err != nil && m.Context().Err() == nil {
			s.bad(err)
			err = nil
		}
		return produced, err
	}
}

func (s *subscriber) bad(err error) {
	s.observer.BadMessage()
	s.logger.Error("a bus message was skipped; readers will see a gap and read the store", "error", err)
}

// shared keeps a router from closing the Watermill subscriber that all routers share.
type shared struct{ message.Subscriber }

// Close does nothing: the bus closes the subscriber.
func (shared) Close() error { return nil }
