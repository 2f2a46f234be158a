package journal_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// world runs several servers with the product's own code over the model of Redis and a store in memory, one step at a
// time in a random order: a step is one call of Redis or of the store. Actors pause for long, crash, and lose answers;
// calls that were given up happen later. Everything follows from the seed.
type world struct {
	random *rand.Rand
	redis  *model
	store  *memory
	faults planted

	actors []*actor
	later  []func() // calls that were given up and are still under way
	steps  int
	calm   bool // no more faults

	names []event.Stream
	next  uint64 // for event ids
	acked map[event.Stream][]event.ID
	seen  map[event.Stream][]event.ID // what any reader was shown
	whole map[event.ID][]event.Recorded
	acks  int
	wrong []string
}

// planted are faults that the checks must find.
type planted struct {
	anySeed      bool // seeds are believed whatever the generation
	fallThrough  bool // Redis does not answer, so the store is written to
	conflictDrop bool // a conflict is read as "somebody else's events won", and the tail is trimmed
	unknownDrop  bool // an unknown outcome is read as success
	lagging      bool // the store's reads do not show all that it has confirmed, as those of a follower
}

var errCrashed = fmt.Errorf("%w: this process is dead", commands.ErrUnknown)

// actor is one thread of one process, a coroutine that stops before each call.
type actor struct {
	w       *world
	journal *journal.Journal
	body    func(context.Context, *actor)
	next    func() (struct{}, bool)
	kill    func()
	yield   func(struct{}) bool
	dead    bool
	resumes int // the step before which it sleeps
}

type actorKey struct{}

func acting(ctx context.Context) *actor { return ctx.Value(actorKey{}).(*actor) }

// step lets others go on; false if the process died meanwhile.
func (a *actor) step() bool {
	if !a.dead && !a.yield(struct{}{}) {
		a.dead = true
	}
	return !a.dead
}

func (w *world) spawn(j *journal.Journal, body func(context.Context, *actor)) {
	a := &actor{w: w, journal: j, body: body}
	a.next, a.kill = iter.Pull(func(yield func(struct{}) bool) {
		a.yield = yield
		body(context.WithValue(context.Background(), actorKey{}, a), a)
		a.dead = true
	})
	w.actors = append(w.actors, a)
}

// process starts a server: one that plays and one that flushes, over one journal.
func (w *world) process() {
	var store commands.EventStore = simStore{w, w.store}
	if w.faults.conflictDrop || w.faults.unknownDrop {
		store = credulous{store, w.faults}
	}
	j := journal.New(journal.Config{Keys: simKeys{w}, Store: store, Wait: func(ctx context.Context, _ time.Duration) error {
		if !acting(ctx).step() {
			return errCrashed
		}
		return nil
	}})
	w.spawn(j, (*world).plays(w))
	w.spawn(j, (*world).flushes(w))
}

// credulous is a store that the planted flusher believes too much.
type credulous struct {
	commands.EventStore
	planted
}

func (c credulous) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	err := c.EventStore.Append(ctx, stream, expected, events)
	if c.conflictDrop && errors.Is(err, commands.ErrConflict) || c.unknownDrop && errors.Is(err, commands.ErrUnknown) {
		return nil
	}
	return err
}

// fate decides what happens to a call: it is done and answered, not done, done without an answer, or done later.
func fate[T any](ctx context.Context, w *world, call func() (T, error)) (none T, err error) {
	if !acting(ctx).step() {
		return none, errCrashed
	}
	if w.calm {
		return call()
	}
	switch w.random.IntN(40) {
	case 0:
		return none, fmt.Errorf("%w: not sent", commands.ErrUnavailable)
	case 1:
		_, _ = call()
		return none, fmt.Errorf("%w: the answer was lost", commands.ErrUnknown)
	case 2:
		w.later = append(w.later, func() { _, _ = call() })
		return none, fmt.Errorf("%w: no answer", commands.ErrUnknown)
	}
	return call()
}

// simKeys are the model behind a bad network.
type simKeys struct{ w *world }

func (k simKeys) Read(ctx context.Context, s event.Stream, from uint64, limit int) (journal.Tail, error) {
	return fate(ctx, k.w, func() (journal.Tail, error) { return k.w.redis.Read(ctx, s, from, limit) })
}

func (k simKeys) Append(ctx context.Context, s event.Stream, expected uint64, events []event.Recorded, seed *journal.Seed) (journal.Answer, error) {
	return fate(ctx, k.w, func() (journal.Answer, error) { return k.w.redis.Append(ctx, s, expected, events, seed) })
}

func (k simKeys) Trim(ctx context.Context, s event.Stream, upTo uint64) (int, error) {
	return fate(ctx, k.w, func() (int, error) { return k.w.redis.Trim(ctx, s, upTo) })
}

func (k simKeys) Evict(ctx context.Context, s event.Stream, idle time.Duration) (bool, error) {
	return fate(ctx, k.w, func() (bool, error) { return k.w.redis.Evict(ctx, s, idle) })
}

func (k simKeys) Halt(ctx context.Context, s event.Stream, why string) error {
	_, err := fate(ctx, k.w, func() (int, error) { return 0, k.w.redis.Halt(ctx, s, why) })
	return err
}

func (k simKeys) Dirty(ctx context.Context) ([]event.Stream, error) {
	return fate(ctx, k.w, func() ([]event.Stream, error) { return k.w.redis.Dirty(ctx) })
}

func (k simKeys) Idle(ctx context.Context, idle time.Duration, most int) ([]event.Stream, error) {
	return fate(ctx, k.w, func() ([]event.Stream, error) { return k.w.redis.Idle(ctx, idle, most) })
}

func (k simKeys) Halted(ctx context.Context) (map[event.Stream]string, error) {
	return k.w.redis.Halted(ctx)
}

// simStore is the store behind a bad network.
type simStore struct {
	w *world
	*memory
}

func (s simStore) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	_, err := fate(ctx, s.w, func() (int, error) { return 0, s.memory.Append(ctx, stream, expected, events) })
	return err
}

func (s simStore) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		events, err := fate(ctx, s.w, func() ([]event.Recorded, error) {
			events := s.memory.read(stream, from)
			if s.w.faults.lagging {
				events = events[:len(events)-s.w.random.IntN(len(events)+1)]
			}
			return events, nil
		})
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

// wish makes events that nobody else makes.
func (w *world) wish(stream event.Stream, expected uint64, n int) []event.Recorded {
	events := make([]event.Recorded, n)
	for i := range events {
		w.next++
		events[i] = event.Recorded{Stream: stream, Version: expected + 1 + uint64(i), Type: "tested.v1"}
		binary.BigEndian.PutUint64(events[i].ID[:], w.next)
		w.whole[events[i].ID] = events
	}
	return events
}

func (w *world) fail(format string, args ...any) {
	if len(w.wrong) < 10 {
		w.wrong = append(w.wrong, fmt.Sprintf("step %d: ", w.steps)+fmt.Sprintf(format, args...))
	}
}

// note keeps an event id at its version in a ledger, and fails if another is there.
func (w *world) note(what string, ledger map[event.Stream][]event.ID, e event.Recorded) {
	ids := ledger[e.Stream]
	for uint64(len(ids)) < e.Version {
		ids = append(ids, event.ID{})
	}
	if have := ids[e.Version-1]; have != (event.ID{}) && have != e.ID {
		w.fail("%s: %s version %d was %s and is %s", what, e.Stream, e.Version, have, e.ID)
	}
	ids[e.Version-1] = e.ID
	ledger[e.Stream] = ids
}

func (w *world) acknowledge(events []event.Recorded) {
	w.acks++
	for _, e := range events {
		w.note("acknowledged", w.acked, e)
	}
}
