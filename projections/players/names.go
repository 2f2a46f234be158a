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
	log     projections.Log
	slog    *slog.Logger
	refresh time.Duration

	mu    sync.RWMutex
	known map[string]named
}

// named is a name and the version of the event that gave it; the newest wins, in whatever order they are learnt.
type named struct {
	name    string
	version uint64
	asked   time.Time // when the store was last asked
}

// New starts with nothing in memory. Names are kept up to date by Run. A server that does not read the whole store
// gives refresh instead: a name older than that is still shown, and read again in the background. 0 = never.
func New(log projections.Log, refresh time.Duration, logger *slog.Logger) *Names {
	return &Names{log: log, slog: logger, refresh: refresh, known: make(map[string]named)}
}

// Name is what a person is called, empty if that is not known or was erased. A name that is not in memory costs one read
// of the person's stream.
func (n *Names) Name(id string) string {
	n.mu.RLock()
	known, ok := n.known[id]
	n.mu.RUnlock()
	switch {
	case !ok:
		return n.ask(id).name
	case n.refresh > 0 && time.Since(known.asked) > n.refresh && n.claim(id):
		go n.ask(id)
	}
	return known.name
}

// claim makes sure that one asks for an old name, not all who see it.
func (n *Names) claim(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	known := n.known[id]
	if time.Since(known.asked) <= n.refresh {
		return false
	}
	known.asked = time.Now()
	n.known[id] = known
	return true
}

// ask reads a person's stream.
func (n *Names) ask(id string) named {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	newest := named{asked: time.Now()}
	for rec, err := range n.log.ReadStream(ctx, event.PlayerStream(id), 1) {
		if err != nil {
			n.slog.Warn("a name could not be read", "player", id, "error", err)
			return named{}
		}
		newest = n.read(rec, newest)
	}
	n.put(id, newest)
	return newest
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
	return named{name, rec.Version, time.Now()}
}

func (n *Names) put(id string, newest named) {
	n.mu.Lock()
	defer n.mu.Unlock()
	known, ok := n.known[id]
	if ok && known.version >= newest.version {
		known.asked = newest.asked
		newest = known
	}
	if len(n.known) >= maxNames {
		clear(n.known)
	}
	n.known[id] = newest
}
