package journal_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// Redis is killed and started again under load: what was acknowledged is in the store in the end.
func TestKilledRedisLosesNothing(t *testing.T) {
	r := newRig(t)
	const writers, kills = 16, 4
	journals := []*journal.Journal{r.server(nil), r.server(nil)} // two servers, which flush each other's games
	var acks atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var playing sync.WaitGroup
	acked, errs := make([][]event.Recorded, writers), make([]error, writers)
	for w := range writers {
		playing.Go(func() {
			script := game()
			for n := 0; ctx.Err() == nil; n++ {
				events := script.Say(make([]string, 1+n%2)...)
				for { // the same events until the outcome is known, on either server
					err := put(journals[(w+n)%2], events)
					if err == nil {
						break
					}
					if !isUnavailable(err) && !isUnknown(err) {
						errs[w] = err
						return
					}
					if ctx.Err() != nil {
						return
					}
				}
				acked[w] = append(acked[w], events...)
				acks.Add(1)
			}
		})
	}
	for range kills {
		target := acks.Load() + 400
		r.eventually("moves are acknowledged", func() bool { return acks.Load() >= target })
		r.redis.Kill9()
		r.redis.Restart()
	}
	target := acks.Load() + 400
	r.eventually("moves are acknowledged again", func() bool { return acks.Load() >= target })
	stop()
	playing.Wait()
	for w := range writers {
		r.must(errs[w])
		stream := acked[w][0].Stream
		r.eventually("everything is in the store", func() bool { return len(r.store.read(stream, 1)) >= len(acked[w]) })
		if got := r.store.read(stream, 1)[:len(acked[w])]; !slices.Equal(ids(got), ids(acked[w])) {
			t.Fatalf("%s differs from what was acknowledged", stream)
		}
	}
	t.Logf("%d acknowledged appends, %d kills", acks.Load(), kills)
}

// Two flushers on the same games at once, while others append: nothing doubled, nothing lost.
func TestTwoFlushersAtOnce(t *testing.T) {
	r := newRig(t)
	a, b, writer := r.still(r.store), r.still(r.store), r.still(r.store)
	script := game()
	var want []event.Recorded
	done := make(chan struct{})
	var flushing sync.WaitGroup
	for _, j := range []*journal.Journal{a, b} {
		flushing.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := j.Flush(context.Background(), script.Stream); err != nil {
					t.Errorf("flush: %v", err)
					return
				}
			}
		})
	}
	for range 300 {
		events := script.Say("x", "y")
		r.must(put(writer, events))
		want = append(want, events...)
	}
	close(done)
	flushing.Wait()
	r.must(a.Flush(t.Context(), script.Stream))
	r.stored(script.Stream, want)
}

// What a dead server has left behind is found by the next start, and by those that run.
func TestLeftoversOfDeadServers(t *testing.T) {
	r := newRig(t)
	dead := r.still(r.store) // it never flushes
	before, after := game(), game()
	first := before.Say("1", "2")
	r.must(put(dead, first))
	r.server(nil)
	r.eventuallyStored(before.Stream, first)
	second := after.Say("1")
	r.must(put(dead, second))
	r.eventuallyStored(after.Stream, second)
}

// The store is away for a while: moves go on, wait in Redis, and go to the store in large appends afterwards.
func TestStoreIsAway(t *testing.T) {
	r := newRig(t)
	store := &away{EventStore: r.store}
	j, err := journal.Open(t.Context(), store, r.client, journal.Options{Config: journal.Config{
		FlushEvery: time.Millisecond, ScanEvery: 20 * time.Millisecond, CloseWithin: 50 * time.Millisecond, Observer: r.seen,
	}})
	r.must(err)
	t.Cleanup(func() { _ = j.Close() })
	store.set(true)
	script := game()
	var want []event.Recorded
	for range 700 {
		events := script.Say("x")
		r.must(put(j, events))
		want = append(want, events...)
	}
	if got, err := collect(j.ReadStream(t.Context(), script.Stream, 1)); err != nil || len(got) != len(want) {
		t.Fatalf("%d events of %d are read, %v", len(got), len(want), err)
	}
	r.stored(script.Stream, nil)
	if err := j.Close(); err == nil {
		t.Error("a journal that could not move everything closed without a word")
	}
	if err := put(j, script.Say("after the end")); !isUnavailable(err) {
		t.Errorf("append after Close: %v", err)
	}
	store.set(false)
	r.server(nil)
	r.eventuallyStored(script.Stream, want)
	if n := r.seen.largestFlush(); n != 500 {
		t.Errorf("the largest append to the store had %d events, want 500", n)
	}
}

// Close moves what this server has appended.
func TestCloseFlushes(t *testing.T) {
	r := newRig(t)
	j := r.server(func(o *journal.Options) { o.FlushEvery = 50 * time.Millisecond })
	script := game()
	events := script.Say("1", "2", "3")
	r.must(put(j, events))
	r.must(j.Close())
	r.stored(script.Stream, events)
}

// Idle heads are forgotten, and their games go on as if nothing had been.
func TestIdleHeadsAreForgotten(t *testing.T) {
	r := newRig(t)
	j := r.server(func(o *journal.Options) { o.IdleAfter, o.ScanEvery = time.Millisecond, 2*time.Millisecond })
	script := game()
	all := script.Say("1", "2")
	r.must(put(j, all))
	head := fmt.Sprintf("ply:journal:{%d}:head:%s", journal.Bucket(script.Stream), script.Stream)
	r.eventually("the head is forgotten", func() bool {
		n, err := r.client.Do(t.Context(), r.client.B().Exists().Key(head).Build()).AsInt64()
		return err == nil && n == 0
	})
	r.must(put(j, all[1:])) // a repetition is still one
	fork := game()
	fork.Stream = script.Stream
	r.mustBe(put(j, fork.Say("another 1")), commands.ErrConflict)
	more := script.Say("3")
	r.must(put(j, more))
	r.eventuallyStored(script.Stream, slices.Concat(all, more))
}

// A Redis that is full refuses moves, but lets what it holds go to the store.
func TestFullRedis(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	first := script.Say("1", "2")
	r.must(put(j, first))
	r.redis.Set("maxmemory", "1")
	second := script.Say("3")
	r.mustBe(put(j, second), commands.ErrUnavailable)
	r.must(j.Flush(t.Context(), script.Stream))
	r.stored(script.Stream, first)
	if left, err := j.Keys.Dirty(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("still in Redis: %v, %v", left, err)
	}
	r.redis.Set("maxmemory", "0")
	r.must(put(j, second))
}

// Redis forgets its scripts (NOSCRIPT), for example at a restart: nobody notices.
func TestScriptsAreSentAgain(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	r.must(put(j, script.Say("1")))
	r.must(r.client.Do(t.Context(), r.client.B().ScriptFlush().Build()).Error())
	r.must(put(j, script.Say("2")))
}

// Only games go through the journal: people's names do not need Redis.
func TestOtherStreamsGoStraightToTheStore(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	person := game()
	person.Stream = "player-p"
	events := person.Say("1")
	r.must(put(j, events))
	r.stored("player-p", events)
	r.redis.Kill9()
	more := person.Say("2")
	r.must(put(j, more))
	if got, err := collect(j.ReadStream(t.Context(), "player-p", 1)); err != nil || !slices.Equal(ids(got), ids(slices.Concat(events, more))) {
		t.Errorf("%d events, %v", len(got), err)
	}
}

// One append of a tail must fit into one append to the store.
func TestTooMuchAtOnce(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	for _, events := range [][]event.Recorded{script.Say(make([]string, 501)...), {script.Next(nil, make([]byte, 1<<20))}} {
		if err := put(j, events); err == nil || isUnknown(err) || isUnavailable(err) {
			t.Errorf("%d events: %v", len(events), err)
		}
	}
}

// What does not fit into one append to the store goes in several, at the ends of appends.
func TestLargeTails(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	var want []event.Recorded
	for range 6 {
		events := []event.Recorded{script.Next([]byte("{}"), make([]byte, 300<<10)), script.Next([]byte("{}"), []byte("{}"))}
		r.must(put(j, events))
		want = append(want, events...)
	}
	r.must(j.Flush(t.Context(), script.Stream))
	r.stored(script.Stream, want)
	if n := r.seen.largestFlush(); n != 6 { // three appends of 300 KiB
		t.Errorf("the largest append to the store had %d events, want 6", n)
	}
}

func isUnknown(err error) bool { return errors.Is(err, commands.ErrUnknown) }
