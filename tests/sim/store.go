package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

// store is the process that keeps the events: the embedded store's own code over a disk that loses what was not synced.
type store struct {
	process
	disk  *disk
	db    *pebble.Store
	runs  int
	close chan struct{} // closed when no store of a dead run is open any more
}

func (w *world) newStore(name string) *store {
	return &store{process: process{w: w, name: name}, disk: newDisk(w)}
}

// boot opens the store. The log's syncs are held only from then on: what opening does can't be left half done here,
// tests/crash is there for that.
func (s *store) boot(incarnation string) {
	db, err := pebble.Open(pebble.Config{
		Dir: "data", FS: s.disk, CacheBytes: 1 << 20, LogBytes: 1 << 20, RecentMax: 256, HeadsMax: 64, Incarnation: incarnation,
	})
	if err != nil {
		s.w.fail("%s does not open: %v", s.name, err)
		return
	}
	s.db = db
	s.runs++
	s.begin()
	s.disk.set(func() { s.disk.slow = true })
}

// crash ends the run; what uses it is closed first. What the disk holds then is the next run's.
func (s *store) crash(first ...func()) {
	dead := s.db
	next := s.disk.crash(s.w.chance(500))
	s.disk = next
	s.die()
	s.w.bury(func() {
		for _, do := range first {
			do()
		}
		_ = dead.Close()
	})
}

// port is the store as one process sees it over the network. It is what infra/eventstoredb promises.
type port struct {
	from *process
	to   *store
	calm bool
}

var _ commands.EventStore = (*port)(nil)

func (p *port) call(key string, lost error, repeat bool, do func() (any, error)) call {
	return call{key: key, from: p.from, to: &p.to.process, lost: lost, repeat: repeat, calm: p.calm, do: do}
}

func (p *port) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	key := fmt.Sprintf("append %s %d %s", stream, expected, events[len(events)-1].ID)
	c := p.call(key, commands.ErrUnknown, true, func() (any, error) {
		return true, p.to.db.Append(context.Background(), stream, expected, events)
	})
	_, err := ask[bool](ctx, c)
	return err
}

func (p *port) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return p.read(ctx, fmt.Sprintf("read %s from %d", stream, from), func() iter.Seq2[event.Recorded, error] {
		return p.to.db.ReadStream(context.Background(), stream, from)
	})
}

func (p *port) ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	return p.read(ctx, "read all after "+string(after), func() iter.Seq2[event.Recorded, error] {
		return p.to.db.ReadAll(context.Background(), after)
	})
}

func (p *port) read(ctx context.Context, key string, seq func() iter.Seq2[event.Recorded, error]) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		events, err := ask[[]event.Recorded](ctx, p.call(key, commands.ErrUnavailable, false, func() (any, error) {
			return collect(seq())
		}))
		if err != nil {
			yield(event.Recorded{}, err)
			return
		}
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func collect(seq iter.Seq2[event.Recorded, error]) (events []event.Recorded, err error) {
	for e, err := range seq {
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

var errEnough = errors.New("enough for one message")

// SubscribeAll asks again and again for what is new. A message that is lost ends the subscription.
func (p *port) SubscribeAll(ctx context.Context, after event.Position, handle func([]event.Recorded) error) error {
	for {
		db := p.to.db
		c := p.call("subscribe after "+string(after), commands.ErrUnavailable, false, func() (any, error) {
			var found []event.Recorded
			err := db.SubscribeAll(context.Background(), after, func(batch []event.Recorded) error {
				found = append(found, batch...)
				return errEnough
			})
			if errors.Is(err, errEnough) {
				err = nil
			}
			return found, err
		})
		c.waits = true
		events, err := ask[[]event.Recorded](ctx, c)
		if err != nil {
			return err
		}
		if err := handle(events); err != nil {
			return err
		}
		after = events[len(events)-1].Position
	}
}

func (p *port) Head(ctx context.Context) (event.Position, error) {
	return ask[event.Position](ctx, p.call("head", commands.ErrUnavailable, false, func() (any, error) {
		return p.to.db.Head(context.Background())
	}))
}

type proof struct {
	id    event.ID
	found bool
}

// EventAt implements relay.Prover.
func (p *port) EventAt(ctx context.Context, at event.Position) (event.ID, bool, error) {
	v, err := ask[proof](ctx, p.call("event at "+string(at), commands.ErrUnavailable, false, func() (any, error) {
		id, found, err := p.to.db.EventAt(context.Background(), at)
		return proof{id, found}, err
	}))
	return v.id, v.found, err
}
