package eventstoredb

import (
	"fmt"
	"log/slog"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// clientLog sends what the client says to our log. It says nothing of payloads. Most of it is about calls whose errors
// we report ourselves, hence debug for all but warnings and errors, and those are warnings: the adapter goes on.
func clientLog(log *slog.Logger) esdb.LoggingFunc {
	return func(level esdb.LogLevel, format string, args ...any) {
		if len(args) == 1 {
			if packed, ok := args[0].([]any); ok { // the client forgets to unpack them in places
				args = packed
			}
		}
		message := fmt.Sprintf(format, args...)
		switch level {
		case esdb.LogWarn, esdb.LogError:
			log.Warn("event store client", "says", message)
		default:
			log.Debug("event store client", "says", message)
		}
	}
}
