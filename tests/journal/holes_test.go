package journal_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/tests/conformance/eventstore"
)

// Server A reads head 2 of a cold game and pauses; B appends 3, which is moved to the store, and the head is forgotten; A
// wakes. It must not bring head 2 back.
func TestAStaleSeedIsRefused(t *testing.T) {
	r := newRig(t)
	b := r.still(r.store)
	script := game()
	first := script.Say("1", "2")
	r.must(b.Store.Append(t.Context(), script.Stream, 0, first))

	asleep := newGate("read")
	a := r.still(&gated{EventStore: r.store, after: asleep.hold})
	fork := script
	late := make(chan error, 1)
	go func() { late <- put(a, fork.Say("3 by A")) }()
	asleep.wait(t)

	third := script.Say("3 by B")
	r.must(put(b, third))
	r.must(b.Flush(t.Context(), script.Stream))
	if forgot, err := b.Keys.Evict(t.Context(), script.Stream, 0); !forgot || err != nil {
		t.Fatalf("the head was not forgotten: %v", err)
	}
	close(asleep.open)
	r.mustBe(<-late, commands.ErrConflict)

	fourth := script.Say("4")
	r.must(put(a, fourth))
	r.must(a.Flush(t.Context(), script.Stream))
	r.stored(script.Stream, slices.Concat(first, third, fourth))
}

// Redis is down, or does not answer: a move is refused or unknown, and never goes around it to the store.
func TestNothingFallsThrough(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	first := script.Say("1")
	r.must(put(j, first)) // in the tail only

	r.redis.Kill9()
	second := script.Say("2")
	r.eventually("the lost connection is known", func() bool {
		err := put(j, second)
		return err != nil && isUnavailable(err)
	})
	if _, err := collect(j.ReadStream(t.Context(), script.Stream, 1)); !isUnavailable(err) {
		t.Fatalf("reading without Redis: %v", err)
	}
	r.stored(script.Stream, nil)

	r.redis.Restart()
	r.eventually("the repetition tells", func() bool { return put(j, second) == nil })
	r.redis.Pause()
	third := script.Say("3")
	r.mustBe(put(j, third), commands.ErrUnknown)
	r.redis.Resume()
	r.stored(script.Stream, nil)
	r.eventually("the repetition tells", func() bool { return put(j, third) == nil })
	r.must(j.Flush(t.Context(), script.Stream))
	r.stored(script.Stream, slices.Concat(first, second, third))
}

// A flusher has written 3 of 3-6 and died. The next one is refused by the store, because half of its events are there;
// this is no reason to drop the others.
func TestAPartialOverlapDropsNothing(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	all := script.Say("1", "2")
	r.must(put(j, all))
	r.must(j.Flush(t.Context(), script.Stream)) // from now on it believes to know the store's head
	for _, events := range [][]string{{"3"}, {"4", "5"}, {"6"}} {
		more := script.Say(events...)
		r.must(put(j, more))
		all = append(all, more...)
	}
	r.must(r.store.Append(t.Context(), script.Stream, 2, all[2:3]))
	r.mustBe(r.store.Append(t.Context(), script.Stream, 2, all[2:]), commands.ErrConflict) // this is what it will be told
	r.must(j.Flush(t.Context(), script.Stream))
	r.stored(script.Stream, all)
	if left, err := j.Keys.Dirty(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("still in Redis: %v, %v", left, err)
	}
}

// A flusher falls asleep between its look at the store and its append, others do everything and go on, it wakes: harmless.
func TestASleepingFlusherIsHarmless(t *testing.T) {
	for _, call := range []string{"append", "read"} {
		t.Run("before its "+call, func(t *testing.T) {
			r := newRig(t)
			script := game()
			all := script.Say("1", "2")
			asleep := newGate(call)
			a, b := r.still(&gated{EventStore: r.store, before: asleep.hold}), r.still(r.store)
			r.must(put(b, all))
			woke := make(chan error, 1)
			go func() { woke <- a.Flush(t.Context(), script.Stream) }()
			asleep.wait(t)

			for range 3 {
				more := script.Say("x", "y")
				r.must(put(b, more))
				all = append(all, more...)
				r.must(b.Flush(t.Context(), script.Stream))
				if forgot, err := b.Keys.Evict(t.Context(), script.Stream, 0); !forgot || err != nil {
					t.Fatalf("the head was not forgotten: %v", err)
				}
			}
			last := script.Say("not moved yet")
			r.must(put(b, last))
			close(asleep.open)
			r.must(<-woke)
			all = append(all, last...)
			if got, err := collect(b.ReadStream(t.Context(), script.Stream, 1)); err != nil || !slices.Equal(ids(got), ids(all)) {
				t.Fatalf("%d events of %d, %v", len(got), len(all), err)
			}
			r.must(b.Flush(t.Context(), script.Stream))
			r.stored(script.Stream, all)
		})
	}
}

// Somebody went around the journal: the store holds another event at a version that was acknowledged here. The game is
// halted for all servers, the acknowledged event is kept, an alarm is raised.
func TestADifferentEventHaltsTheGame(t *testing.T) {
	r := newRig(t)
	a, b := r.still(r.store), r.still(r.store)
	script := game()
	first := script.Say("1")
	r.must(put(a, first))
	r.must(a.Flush(t.Context(), script.Stream))
	fork := script
	foreign := fork.Say("2, past the journal")
	r.must(r.store.Append(t.Context(), script.Stream, 1, foreign))
	ours := script.Say("2")
	r.must(put(b, ours))
	if err := b.Flush(t.Context(), script.Stream); err == nil {
		t.Fatal("flushed over another event")
	}
	if !r.seen.alarmed("journal: game halted") {
		t.Error("no alarm")
	}
	r.mustBe(put(a, script.Say("3")), commands.ErrUnavailable)
	r.mustBe(put(b, script.Say("4")), commands.ErrUnavailable)
	if _, err := collect(b.ReadStream(t.Context(), script.Stream, 1)); !isUnavailable(err) {
		t.Errorf("a reader must not be shown either history: %v", err)
	}
	tail, err := a.Keys.Read(t.Context(), script.Stream, 0, 10)
	if err != nil || len(tail.Entries) != 1 || tail.Entries[0].ID != ours[0].ID {
		t.Fatalf("the acknowledged event is not kept: %+v, %v", tail, err)
	}
	r.stored(script.Stream, slices.Concat(first, foreign))

	other := game() // other games go on
	r.must(put(a, other.Say("1")))
	r.must(a.Flush(t.Context(), other.Stream))
}

func isUnavailable(err error) bool { return errors.Is(err, commands.ErrUnavailable) }

// resume goes on where a history ends.
func resume(past []event.Recorded) eventstore.Script {
	script := eventstore.ScriptOf(past[0].Stream)
	for _, e := range past {
		script.Version++
		script.Hash = event.Next(script.Hash, e.Type, e.Meta, e.Data)
	}
	return script
}

// doubtful is a store whose first append to a game is made and not answered.
type doubtful struct {
	commands.EventStore
	meanwhile func()
	calls     [][]event.ID
}

func (d *doubtful) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	err := d.EventStore.Append(ctx, stream, expected, events)
	if d.calls = append(d.calls, ids(events)); len(d.calls) == 1 {
		d.meanwhile()
		return commands.ErrUnknown
	}
	return err
}

// While the outcome of an append to the store is not known, the very same events are sent again, though more have come:
// a longer batch at the same version would be refused, and a flusher that is told "conflict" knows nothing.
func TestAChunkIsFrozenUntilItsOutcomeIsKnown(t *testing.T) {
	r := newRig(t)
	writer := r.still(r.store)
	script := game()
	first := script.Say("1", "2")
	second := script.Say("3")
	r.must(put(writer, first))
	store := &doubtful{EventStore: r.store, meanwhile: func() { r.must(put(writer, second)) }}
	r.must(r.still(store).Flush(t.Context(), script.Stream))
	if len(store.calls) != 3 || !slices.Equal(store.calls[0], ids(first)) || !slices.Equal(store.calls[1], ids(first)) || !slices.Equal(store.calls[2], ids(second)) {
		t.Errorf("sent %d appends of %v", len(store.calls), store.calls)
	}
	r.stored(script.Stream, slices.Concat(first, second))
}

// behindhand is a store whose reads of games do not show the newest events for some times, as a follower's might.
type behindhand struct {
	commands.EventStore
	times int
}

func (b *behindhand) ReadStream(ctx context.Context, stream event.Stream, from uint64) iter.Seq2[event.Recorded, error] {
	events, err := collect(b.EventStore.ReadStream(ctx, stream, from))
	if _, isGame := stream.Game(); isGame && b.times > 0 && len(events) > 0 {
		b.times--
		events = events[:len(events)-1]
	}
	return func(yield func(event.Recorded, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(event.Recorded{}, err)
		}
	}
}

// The store does not show yet what it has confirmed and what has left the tail: the reader looks again, and says so when
// the gap stays, rather than show a history with a hole or an old end.
func TestAReaderLooksAgainAtAGap(t *testing.T) {
	for name, tail := range map[string]bool{"behind it a tail": true, "behind it nothing": false} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			writer := r.still(r.store)
			script := game()
			all := script.Say("1", "2", "3")
			r.must(put(writer, all))
			r.must(writer.Flush(t.Context(), script.Stream))
			if tail {
				more := script.Say("4")
				r.must(put(writer, more))
				all = append(all, more...)
			}
			got, err := collect(r.still(&behindhand{r.store, 2}).ReadStream(t.Context(), script.Stream, 1))
			if err != nil || !slices.Equal(ids(got), ids(all)) {
				t.Errorf("%d events of %d, %v", len(got), len(all), err)
			}
			got, err = collect(r.still(&behindhand{r.store, 1000}).ReadStream(t.Context(), script.Stream, 1))
			if !isUnavailable(err) || !slices.Equal(ids(got), ids(all[:2])) {
				t.Errorf("%d events, %v", len(got), err)
			}
		})
	}
}

// The port's rule for appends holds as well for a game that Redis has forgotten, where the store is compared with, and for
// one whose older events have left the tail.
func TestTheRuleOfAppendsOnColdGames(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	all := script.Say("1", "2", "3", "4")
	tail := script.Say("5", "6")
	r.must(put(j, all))
	fork := resume(all[:2])
	other := fork.Say("another 3", "another 4")
	ahead := resume(all)
	ahead.Say("5 is missing")
	for _, state := range []string{"forgotten", "older events are in the store only"} {
		for _, c := range []struct {
			what   string
			events []event.Recorded
			want   error
		}{
			{"repeated", all, nil},
			{"repeated in part", all[1:3], nil},
			{"other events", other, commands.ErrConflict},
			{"partly other events", []event.Recorded{all[1], other[0]}, commands.ErrConflict},
			{"ahead", ahead.Say("7", "8", "9"), commands.ErrConflict},
			{"over the end", slices.Concat(all[3:], tail, ahead.Say("10")), commands.ErrConflict},
		} {
			if state == "forgotten" {
				r.must(j.Flush(t.Context(), script.Stream))
				_, err := j.Keys.Evict(t.Context(), script.Stream, 0)
				r.must(err)
			}
			for i := range c.events { // the versions that the case is about, whatever the script counts
				c.events[i].Version = c.events[0].Version + uint64(i)
			}
			if err := put(j, c.events); !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", state, c.what, err, c.want)
			}
		}
		if state == "forgotten" {
			r.must(put(j, tail))
			r.must(put(j, slices.Concat(all[2:], tail))) // half in the store, half in the tail
		}
	}
	r.must(j.Flush(t.Context(), script.Stream))
	r.stored(script.Stream, slices.Concat(all, tail))
}
