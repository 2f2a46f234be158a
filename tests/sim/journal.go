package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// keys is the journal's Redis as one process sees it: the model that tests/journal holds against the real one.
type keys struct {
	from *process
	to   *redis
}

var _ journal.Keys = keys{}

func (k keys) call(key string, do func() (any, error)) call {
	return call{key: key, from: k.from, to: &k.to.process, lost: commands.ErrUnknown, do: do}
}

func (k keys) Append(ctx context.Context, s event.Stream, expected uint64, events []event.Recorded, seed *journal.Seed) (journal.Answer, error) {
	return ask[journal.Answer](ctx, k.call(fmt.Sprintf("journal %s %d %s", s, expected, events[len(events)-1].ID), func() (any, error) {
		return k.to.journal.Append(ctx, s, expected, events, seed)
	}))
}

func (k keys) Read(ctx context.Context, s event.Stream, from uint64, limit int) (journal.Tail, error) {
	return ask[journal.Tail](ctx, k.call(fmt.Sprintf("tail of %s from %d", s, from), func() (any, error) {
		return k.to.journal.Read(ctx, s, from, limit)
	}))
}

func (k keys) Trim(ctx context.Context, s event.Stream, upTo uint64) (int, error) {
	return ask[int](ctx, k.call(fmt.Sprintf("trim %s to %d", s, upTo), func() (any, error) { return k.to.journal.Trim(ctx, s, upTo) }))
}

func (k keys) Evict(ctx context.Context, s event.Stream, idle time.Duration) (bool, error) {
	return ask[bool](ctx, k.call("forget "+string(s), func() (any, error) { return k.to.journal.Evict(ctx, s, idle) }))
}

func (k keys) Halt(ctx context.Context, s event.Stream, why string) error {
	_, err := ask[bool](ctx, k.call("halt "+string(s), func() (any, error) { return true, k.to.journal.Halt(ctx, s, why) }))
	return err
}

func (k keys) Dirty(ctx context.Context) ([]event.Stream, error) {
	return ask[[]event.Stream](ctx, k.call("what is dirty", func() (any, error) { return k.to.journal.Dirty(ctx) }))
}

func (k keys) Idle(ctx context.Context, idle time.Duration, most int) ([]event.Stream, error) {
	return ask[[]event.Stream](ctx, k.call("what is idle", func() (any, error) { return k.to.journal.Idle(ctx, idle, most) }))
}

func (k keys) Halted(ctx context.Context) (map[event.Stream]string, error) {
	return ask[map[event.Stream]string](ctx, k.call("what is halted", func() (any, error) { return k.to.journal.Halted(ctx) }))
}

// flush moves what is in the journal to the store now and then, and forgets idle games at any time. The journal's own loop
// would draw its pauses from a source of chance that is not the seed; what it calls is called here.
func (w *world) flush(ctx context.Context, h *host, run chan struct{}, j *journal.Journal) {
	pause := w.between(5*time.Millisecond, 150*time.Millisecond)
	if w.chance(20) && !w.calm {
		pause = w.between(time.Second, 6*time.Second)
	}
	forgets := w.chance(300)
	w.after(pause, h.name+" flushes", func() {
		h.reach(run, func() {
			go func() {
				streams, _ := j.Keys.Dirty(ctx)
				for _, s := range streams {
					_ = j.Flush(ctx, s)
				}
				if forgets {
					streams, _ = j.Keys.Idle(ctx, 0, 1000)
					for _, s := range streams {
						_, _ = j.Keys.Evict(ctx, s, 0)
					}
				}
				w.post(h.name+" has flushed", func() { h.reach(run, func() { w.flush(ctx, h, run, j) }) })
			}()
		})
	})
}

// unflushed tells what is in the journal only, or was halted.
func (w *world) unflushed() string {
	if !w.plan.journal {
		return ""
	}
	if dirty, _ := w.redis.journal.Dirty(context.Background()); len(dirty) > 0 {
		return fmt.Sprintf("%s is not in the store", dirty[0])
	}
	if halted, _ := w.redis.journal.Halted(context.Background()); len(halted) > 0 {
		return fmt.Sprintf("halted: %v", halted)
	}
	return ""
}
