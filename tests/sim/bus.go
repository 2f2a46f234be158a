package sim

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/relay"
)

// partitions of the bus.
const partitions = 2

// kafka is a model of the bus: numbered messages in partitions, kept for ever. Readers get them late, some again, and now
// and then one not at all, which the real one does when it is recovered from a copy that lagged.
type kafka struct {
	process
	logs [partitions][]message
	tail []*reader
}

// message is some events, or a watermark.
type message struct {
	events []event.Recorded
	at     event.Position
}

func newKafka(w *world) *kafka {
	k := &kafka{process: process{w: w, name: "kafka"}}
	k.begin()
	return k
}

func partitionOf(game string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(game))
	return int(h.Sum32() % partitions)
}

// publisher is the bus as a relay sees it.
type publisher struct {
	from *process
	to   *kafka
}

var _ relay.Publisher = publisher{}

// Publish tries until the bus has said that it has the events, as the adapter does.
func (p publisher) Publish(ctx context.Context, events []event.Recorded) error {
	events = slices.Clone(events)
	for {
		_, err := ask[bool](ctx, call{
			key: fmt.Sprintf("publish %d to %s", len(events), events[len(events)-1].Position), from: p.from, to: &p.to.process,
			lost: commands.ErrUnknown, calm: p.from.w.plan.embedded,
			do: func() (any, error) { return true, p.to.take(events) },
		})
		switch {
		case err == nil || ctx.Err() != nil || errors.Is(err, errDead):
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		case <-p.from.died:
			return errDead
		}
	}
}

// Watermark is tried once.
func (p publisher) Watermark(ctx context.Context, at event.Position) error {
	_, err := ask[bool](ctx, call{
		key: "watermark " + string(at), from: p.from, to: &p.to.process, lost: commands.ErrUnknown,
		calm: p.from.w.plan.embedded, do: func() (any, error) {
			p.to.w.post("kafka has a watermark", func() {
				for n := range p.to.logs {
					p.to.add(n, message{at: at})
				}
			})
			return true, nil
		},
	})
	return err
}

func (k *kafka) take(events []event.Recorded) error {
	k.w.post(fmt.Sprintf("kafka has %s", events[len(events)-1].Position), func() {
		var parts [partitions][]event.Recorded
		for _, e := range events {
			id, _ := e.Stream.Game()
			n := partitionOf(id)
			parts[n] = append(parts[n], e)
		}
		for n, part := range parts {
			if len(part) > 0 {
				k.add(n, message{events: part})
			}
		}
	})
	return nil
}

// add appends a message. Called by the world.
func (k *kafka) add(n int, m message) {
	k.logs[n] = append(k.logs[n], m)
	for _, r := range k.tail {
		if r.partition == n {
			r.wake()
		}
	}
}

// reader is one partition as one run of a server reads it.
type reader struct {
	k         *kafka
	by        *process
	run       chan struct{}
	partition int
	next      int
	due       bool
	handler   bus.Handler
}

// subscribe begins at the end.
func (k *kafka) subscribe(by *process, partition int, to bus.Handler) {
	k.tail = append(k.tail, &reader{k: k, by: by, run: by.died, partition: partition, next: len(k.logs[partition]), handler: to})
}

// forget drops the readers of a run that is over.
func (k *kafka) forget(run chan struct{}) {
	k.tail = slices.DeleteFunc(k.tail, func(r *reader) bool { return r.run == run })
}

func (r *reader) wake() {
	if r.due {
		return
	}
	r.due = true
	w := r.k.w
	takes := w.between(0, 5*time.Millisecond)
	if w.chance(15) && !w.plan.embedded {
		takes = w.between(20*time.Millisecond, 2*time.Second)
	}
	w.after(takes, fmt.Sprintf("%s reads partition %d", r.by.name, r.partition), r.read)
}

func (r *reader) read() {
	r.due = false
	w := r.k.w
	if r.by.died != r.run || !r.by.up {
		return
	}
	if r.by.paused || !r.k.up || r.k.paused || w.parted(r.by, &r.k.process) || w.parted(&r.k.process, r.by) {
		r.due = true
		w.after(100*time.Millisecond, fmt.Sprintf("%s looks for partition %d", r.by.name, r.partition), r.read)
		return
	}
	if r.next > 0 && w.chance(20) && !w.plan.embedded { // a rebalance: some again
		r.next -= w.random.IntN(min(r.next, 3) + 1)
	}
	log := r.k.logs[r.partition]
	for range 1 + w.random.IntN(4) {
		if r.next >= len(log) {
			return
		}
		m := log[r.next]
		r.next++
		switch {
		case m.events == nil:
			r.handler.Watermark(m.at)
		case w.chance(10) && !w.calm && !w.plan.embedded:
			w.note(r.by.name + " misses a message of the bus")
			w.lossy = true
		default:
			r.handler.Events(m.events)
		}
	}
	if r.next < len(log) {
		r.wake()
	}
}
