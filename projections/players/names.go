package players

import (
	"context"
	"log/slog"
	"math"
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

	changed func(player string) // nil = nobody is told

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

// OnChange has f told of each person who turns out to be called otherwise than was said before, so that what has the old
// name in it can be dropped. Call it before the names are used. f is called without locks.
func (n *Names) OnChange(f func(player string)) { n.changed = f }

// Erase makes a person nameless here, for ever, whatever the store is still read to say.
func (n *Names) Erase(id string) { n.put(id, named{version: math.MaxUint64}) }

// Renew reads a person's name again, for it may have changed unheard. If the store does not answer it is read when it is
// needed next.
func (n *Names) Renew(id string) {
	n.mu.RLock()
	before, known := n.known[id]
	n.mu.RUnlock()
	if !known {
		n.tell(id) // what was forgotten here may still be shown somewhere
		return
	}
	if !n.read(id) {
		n.mu.Lock()
		if n.known[id].version == before.version {
			delete(n.known, id)
		}
		n.mu.Unlock()
		n.tell(id)
	}
}

func (n *Names) tell(id string) {
	if n.changed != nil {
		n.changed(id)
	}
}

// Name is what a person is called, empty if that is not known or was erased. A name that is not in memory costs one read
// of the person's stream.
func (n *Names) Name(id string) string {
	n.mu.RLock()
	known, ok := n.known[id]
	n.mu.RUnlock()
	switch {
	case !ok:
		newest, _ := n.ask(id)
		return newest.name
	case n.refresh > 0 && time.Since(known.asked) > n.refresh && n.claim(id):
		go n.read(id)
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

// read asks, and tells if that changes something. Not to be called while locks are held that whoever is told needs.
func (n *Names) read(id string) (ok bool) {
	n.mu.RLock()
	before, known := n.known[id]
	n.mu.RUnlock()
	newest, ok := n.ask(id)
	if ok && known && newest.name != before.name {
		n.tell(id)
	}
	return ok
}

// ask reads a person's stream; false if the store does not answer.
func (n *Names) ask(id string) (named, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	newest := named{asked: time.Now()}
	for rec, err := range n.log.ReadStream(ctx, event.PlayerStream(id), 1) {
		if err != nil {
			n.slog.Warn("a name could not be read", "player", id, "error", err)
			return named{}, false
		}
		newest = n.of(rec, newest)
	}
	return n.put(id, newest), true
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
				n.take(id, rec)
			}
		}
		return nil
	})
}

// take learns of an event of a person. Who is not known here has not been shown by any name, unless it was forgotten: an
// erasure is told in any case.
func (n *Names) take(id string, rec event.Recorded) {
	n.mu.RLock()
	before, known := n.known[id]
	n.mu.RUnlock()
	now := n.put(id, n.of(rec, named{}))
	if known && now.name != before.name || rec.Type == player.ErasedType {
		n.tell(id)
	}
}

// of gives the name of an event, or what was known before if the event gives none.
func (n *Names) of(rec event.Recorded, before named) named {
	name, ok, err := player.Name(rec)
	if err != nil {
		n.slog.Error("a name can't be read", "stream", rec.Stream, "version", rec.Version, "error", err)
	}
	if err != nil || !ok {
		return before
	}
	return named{name, rec.Version, time.Now()}
}

// put remembers a name unless a newer one is known, and gives the newest.
func (n *Names) put(id string, newest named) named {
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
	return newest
}
