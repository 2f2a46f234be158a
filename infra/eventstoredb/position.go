package eventstoredb

import (
	"fmt"
	"math"
	"strconv"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/plygames/ply/domain/event"
)

// positionLength is that of "0123456789abcdef/0123456789abcdef": commit and prepare, so that positions compare as
// strings.
const positionLength = 33

// formatPosition makes a server's position ours. Events of old explicit transactions have none in their streams.
func formatPosition(p esdb.Position) event.Position {
	if p.Commit == math.MaxUint64 {
		return ""
	}
	return event.Position(fmt.Sprintf("%016x/%016x", p.Commit, p.Prepare))
}

// parsePosition reads what formatPosition wrote.
func parsePosition(p event.Position) (esdb.Position, error) {
	if len(p) == positionLength && p[16] == '/' {
		commit, err := strconv.ParseUint(string(p[:16]), 16, 64)
		if err == nil {
			prepare, err := strconv.ParseUint(string(p[17:]), 16, 64)
			if err == nil && formatPosition(esdb.Position{Commit: commit, Prepare: prepare}) == p {
				return esdb.Position{Commit: commit, Prepare: prepare}, nil
			}
		}
	}
	return esdb.Position{}, fmt.Errorf("%w: %q is not a position of this store", ErrBehind, string(p))
}

// from is where a read or a subscription begins.
func from(after event.Position) (esdb.AllPosition, error) {
	if after == "" {
		return esdb.Start{}, nil
	}
	return parsePosition(after)
}
