package journal_test

import (
	"context"
	"errors"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// plays is a server's games: it decides on what it knows, appends, and repeats what was not answered.
func (w *world) plays() func(context.Context, *actor) {
	return func(ctx context.Context, a *actor) {
		known := map[event.Stream]uint64{}
		var mine [][]event.Recorded // acknowledged here
		for range 12 {
			stream := w.names[w.random.IntN(len(w.names))]
			if at, ok := known[stream]; !ok || w.random.IntN(3) == 0 {
				if at, ok = w.reads(ctx, a, stream, at); !ok {
					continue
				}
				known[stream] = at
			}
			events := w.wish(stream, known[stream], 1+w.random.IntN(3))
			err := w.appends(ctx, a, events)
			if a.dead {
				return
			}
			switch {
			case err == nil:
				w.acknowledge(events)
				mine = append(mine, events)
				known[stream] += uint64(len(events))
			case errors.Is(err, commands.ErrConflict) || errors.Is(err, commands.ErrUnknown):
				delete(known, stream)
			}
			if len(mine) > 0 && w.random.IntN(4) == 0 { // a client repeats an old command
				again := mine[w.random.IntN(len(mine))]
				if err := w.appends(ctx, a, again); errors.Is(err, commands.ErrConflict) {
					w.fail("%s %d.. was acknowledged and is now a conflict: %v", again[0].Stream, again[0].Version, err)
				}
			}
		}
	}
}

// appends sends the very same events until the outcome is known, as the write side does.
func (w *world) appends(ctx context.Context, a *actor, events []event.Recorded) error {
	stream, expected := events[0].Stream, events[0].Version-1
	var err error
	for range 20 {
		err = a.journal.Append(ctx, stream, expected, events)
		if w.faults.fallThrough && errors.Is(err, commands.ErrUnavailable) {
			err = simStore{w, w.store}.Append(ctx, stream, expected, events)
		}
		if a.dead || !errors.Is(err, commands.ErrUnknown) {
			break
		}
	}
	return err
}

// reads checks that a reader sees everything that was acknowledged before, without holes, and nothing else at its place.
func (w *world) reads(ctx context.Context, a *actor, stream event.Stream, at uint64) (uint64, bool) {
	before := uint64(len(w.acked[stream]))
	for e, err := range a.journal.ReadStream(ctx, stream, at+1) {
		if err != nil {
			return 0, false
		}
		if e.Version != at+1 {
			w.fail("a reader of %s was shown %d behind %d", stream, e.Version, at)
		}
		at = e.Version
		w.note("shown", w.seen, e)
	}
	if at < before {
		w.fail("a reader of %s was shown %d versions when %d were acknowledged", stream, at, before)
	}
	return at, true
}

// flushes is a server's flusher, and forgets heads that are idle for a moment.
func (w *world) flushes() func(context.Context, *actor) {
	return func(ctx context.Context, a *actor) {
		for range 25 {
			stream := w.names[w.random.IntN(len(w.names))]
			if w.random.IntN(3) == 0 {
				_, _ = a.journal.Keys.Evict(ctx, stream, 0)
			} else {
				_ = a.journal.Flush(ctx, stream)
			}
			if a.dead {
				return
			}
		}
	}
}

// run plays one history and gives what was wrong with it.
func (w *world) run() []string {
	for range 3 {
		w.process()
	}
	for ; w.steps < 3000 && len(w.actors) > 0; w.steps++ {
		if len(w.later) > 0 && w.random.IntN(20) == 0 {
			i := w.random.IntN(len(w.later))
			call := w.later[i]
			w.later = append(w.later[:i], w.later[i+1:]...)
			call()
			continue
		}
		i := w.random.IntN(len(w.actors))
		a := w.actors[i]
		switch dice := w.random.IntN(1000); {
		case a.resumes > w.steps:
			continue
		case dice < 20: // it stands still, with whatever it has read in hand
			a.resumes = w.steps + w.random.IntN(400)
			continue
		case dice < 23 && w.steps < 1000: // it dies; another takes its place
			a.kill()
			w.actors = append(w.actors[:i], w.actors[i+1:]...)
			w.process()
			continue
		}
		if _, goOn := a.next(); !goOn {
			w.actors = append(w.actors[:i], w.actors[i+1:]...)
		}
	}
	for _, a := range w.actors {
		a.kill()
	}
	for _, call := range w.later { // all that was still under way arrives at last
		call()
	}
	w.end()
	return w.wrong
}

// end flushes everything with a fresh server and holds the store against what was promised.
func (w *world) end() {
	w.calm = true
	var store commands.EventStore = w.store
	if w.faults.conflictDrop || w.faults.unknownDrop {
		store = credulous{store, w.faults}
	}
	last := journal.New(journal.Config{Keys: w.redis, Store: store})
	for _, name := range w.names {
		if err := last.Flush(context.Background(), name); err != nil {
			w.fail("what is in Redis can't be moved to the store: %v", err)
		}
	}
	ids := map[event.ID]bool{}
	for _, name := range w.names {
		stored := w.store.streams[name]
		for i, e := range stored {
			if e.Version != uint64(i)+1 {
				w.fail("%s has version %d at place %d", name, e.Version, i+1)
			}
			if ids[e.ID] {
				w.fail("%s version %d is in the store twice", name, e.Version)
			}
			ids[e.ID] = true
		}
		for _, e := range stored {
			for _, sibling := range w.whole[e.ID] {
				if !ids[sibling.ID] {
					w.fail("%s version %d was appended together with %d, which is missing", name, e.Version, sibling.Version)
				}
			}
		}
		for what, ledger := range map[string]map[event.Stream][]event.ID{"acknowledged": w.acked, "shown": w.seen} {
			for i, id := range ledger[name] {
				switch {
				case id == event.ID{}:
				case i >= len(stored):
					w.fail("%s version %d was %s and is lost", name, i+1, what)
				case stored[i].ID != id:
					w.fail("%s version %d was %s and is another event in the store", name, i+1, what)
				}
			}
		}
	}
}
