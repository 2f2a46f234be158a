package bus

import (
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
)

// A handler that panics is tried again a few times, quickly, because the partition waits behind it.
const (
	retries    = 3
	retryFirst = 10 * time.Millisecond
	retryMost  = 200 * time.Millisecond
)

// handling is what happens around a handler, on either bus.
type handling struct {
	observer Observer
	logger   *slog.Logger
	mill     watermill.LoggerAdapter
}

// quiet is the logger for Watermill, which tells at info level what is of interest to its developers only.
func quiet(logger *slog.Logger) watermill.LoggerAdapter {
	return watermill.NewSlogLoggerWithLevelMapping(logger, map[slog.Level]slog.Level{
		slog.LevelInfo:       slog.LevelDebug,
		slog.LevelDebug:      watermill.LevelTrace,
		watermill.LevelTrace: watermill.LevelTrace,
	})
}

// middlewares stand between a message and its handler, outermost first. Their order matters: Recoverer is innermost so
// that a panic becomes an error that Retry sees, and skip is outermost because a message that stays unacknowledged is
// redelivered in a hot loop and blocks its partition.
func (h *handling) middlewares() []message.HandlerMiddleware {
	return []message.HandlerMiddleware{
		h.skip,
		middleware.Retry{
			MaxRetries:          retries,
			InitialInterval:     retryFirst,
			MaxInterval:         retryMost,
			Multiplier:          3,
			ResetContextOnRetry: true,
			Logger:              h.mill,
		}.Middleware,
		middleware.Recoverer,
	}
}

// skip acknowledges what could not be handled after all retries.
func (h *handling) skip(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		produced, err := next(m)
		if err != nil && m.Context().Err() == nil {
			h.bad(err)
			err = nil
		}
		return produced, err
	}
}

func (h *handling) bad(err error) {
	h.observer.BadMessage()
	h.logger.Error("a bus message was skipped; readers will see a gap and read the store", "error", err)
}
