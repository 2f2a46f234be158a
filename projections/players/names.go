package players

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/projections"
)

// maxNames is how many names are kept; when there are more, all are forgotten and read again.
const maxNames = 200_000

// Names tells what people are called. Safe for concurrent use.
type Names struct {
	log  projections.Log
	slog *slog.Logger

	mu    sync.RWMutex
	known map[string]named
}

// named is a name and the version of the event that gave it; the newest wins, in whatever order they are learnt.
type named struct {
	name    string
	version uint64
}

// New starts with nothing in memory. Run keeps it up to date.
func New(log projections.Log, logger *slog.Logger) *Names {
	return &Names{log: log, slog: logger, known: make(map[string]named)}
}

// Name is what a person is called, empty if that is not known or was erased. A name that is not in memory costs one read
// of the person's stream.
func (n *Names) Name(id string) string {
	n.mu.RLock()
	known, ok := n.known[id]
	n.mu.RUnlock()
	if ok {
		return known.name
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var newest named
	for rec, err := range n.log.ReadStream(ctx, event.PlayerStream(id), 1) {
		if err != nil {
			n.slog.Warn("a name could not be read", "player", id, "error", err)
			return ""
		}
		newest = n.read(rec, newest)
	}
	n.put(id, newest)
	return newest.name
}

// Run learns the names that are given from now on, until ctx ends.
func (n *Names) Run(ctx context.Context) error {
	head, err := n.log.Head(ctx)
	if err != nil {
		return err
	}
	return n.log.SubscribeAll(ctx, head, func(batch []event.Recorded) error {
		for _, rec := range batch {
			if id, ok := rec.Stream.Player(); ok {
				n.put(id, n.read(rec, named{}))
			}
		}
		return nil
	})
}

// read gives the name of an event, or what was known before if the event gives none.
func (n *Names) read(rec event.Recorded, before named) named {
	name, ok, err := player.Name(rec)
	if err != nil {
		n.slog.Error("a name can't be read", "stream", rec.Stream, "version", rec.Version, "error", err)
	}
	if err != nil || !ok {
		return before
	}
	return named{name, rec.Version}
}

func (n *Names) put(id string, newest named) {
	n.mu.Lock()
	defer n.mu.Unlock()
	known, ok := n.known[id]
	if ok && known.version >= newest.version {
		return
	}
	if len(n.known) >= maxNames {
		clear(n.known)
	}
	n.known[id] = newest
}
