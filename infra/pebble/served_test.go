package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

func mustWrite(t testing.TB, s *pebble.Store, events ...[]event.Recorded) uint64 {
	t.Helper()
	position, err := s.Write(context.Background(), slices.Concat(events...))
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.Ordinal(position)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// names are what a sequence has, as stream@version.
func names(events []event.Recorded) (list []string) {
	for _, e := range events {
		list = append(list, fmt.Sprintf("%s@%d", e.Stream, e.Version))
	}
	return list
}

// TestWrite: events of several streams in one step, all or none, and no repetitions.
func TestWrite(t *testing.T) {
	s := mustOpen(t, onMem(vfs.NewMem()))
	ctx := context.Background()
	a, b := newScript("a"), newScript("b")
	if n := mustWrite(t, s, a.next(2), b.next(1)); n != 1 {
		t.Errorf("the first event has ordinal %d", n)
	}
	again := newScript("a").next(2)
	_, err := s.Write(ctx, again)
	mustBe(t, err, commands.ErrConflict)
	mustBe(t, s.Append(ctx, again[0].Stream, 0, again), nil) // Append knows it

	good, wrong := a.next(1), newScript("b").next(1)
	for _, events := range [][]event.Recorded{slices.Concat(good, wrong), slices.Concat(wrong, good)} {
		_, err = s.Write(ctx, events)
		mustBe(t, err, commands.ErrConflict)
	}
	if n := length(t, s, a.stream); n != 2 {
		t.Errorf("%d events; half of a write was done", n)
	}
	if n := mustWrite(t, s, good, b.next(2)); n != 4 {
		t.Errorf("the first event has ordinal %d; want 4", n)
	}
	mustBe(t, appendTo(s, a.next(1)), nil)
	all, err := collect(s.ReadAll(ctx, ""))
	want := []string{"game-a@1", "game-a@2", "game-b@1", "game-a@3", "game-b@2", "game-b@3", "game-a@4"}
	if !slices.Equal(names(all), want) || err != nil {
		t.Errorf("the global order is %v, %v; want %v", names(all), err, want)
	}
	c := newScript("c").next(2)
	for what, events := range map[string][]event.Recorded{
		"none": nil, "a hole": {c[1], c[0]}, "apart": {c[0], newScript("d").next(1)[0], c[1]},
	} {
		if _, err := s.Write(ctx, events); !errors.Is(err, pebble.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = s.Write(ended, c)
	mustBe(t, err, commands.ErrUnavailable)
	if err := s.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
}

// TestWritesInOneBatch: rivals over two streams that meet in one group commit.
func TestWritesInOneBatch(t *testing.T) {
	disk := &stallingDisk{FS: vfs.NewMem(), arrived: make(chan struct{}, 1)}
	s := mustOpen(t, onMem(disk))
	mustAppend(t, s, newScript("warm-up").next(1))
	<-disk.arrived
	disk.gate.Lock()
	go func() { _ = appendTo(s, newScript("in-hand").next(1)) }()
	<-disk.arrived
	const rivals = 8
	answers := make(chan error, 2*rivals)
	for i := range rivals {
		first, second := newScript("a").next(1+i), newScript("b").next(1)
		go func() {
			_, err := s.Write(context.Background(), slices.Concat(first, second))
			answers <- err
		}()
		go func() {
			_, err := s.Write(context.Background(), slices.Concat(second, first))
			answers <- err
		}()
	}
	disk.gate.Unlock()
	won := 0
	for range 2 * rivals {
		if err := <-answers; err == nil {
			won++
		} else {
			mustBe(t, err, commands.ErrConflict)
		}
	}
	if won != 1 || length(t, s, "game-b") != 1 {
		t.Errorf("%d of the rivals won; the stream has %d events", won, length(t, s, "game-b"))
	}
}

func TestBackwards(t *testing.T) {
	s := mustOpen(t, onMem(vfs.NewMem()))
	ctx := context.Background()
	a, b := newScript("a"), newScript("b")
	for range 400 {
		mustAppend(t, s, a.next(1))
		mustAppend(t, s, b.next(2))
	}
	for from, want := range map[uint64]int{0: 400, 1: 1, 7: 7, 16: 16, 17: 17, 300: 300, 400: 400, 401: 400, ^uint64(0): 400} {
		up, err := collect(s.ReadStream(ctx, a.stream, 1))
		if err != nil {
			t.Fatal(err)
		}
		down, err := collect(s.ReadStreamBack(ctx, a.stream, from))
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(down)
		if !slices.Equal(names(down), names(up[:want])) || down[0].Position != up[0].Position || string(down[want-1].Data) != string(up[want-1].Data) {
			t.Errorf("from %d: %d events; want %d", from, len(down), want)
		}
	}
	if none, err := collect(s.ReadStreamBack(ctx, "game-none", 0)); len(none) != 0 || err != nil {
		t.Errorf("a missing stream has %v, %v", none, err)
	}
	up, err := collect(s.ReadAll(ctx, ""))
	if err != nil {
		t.Fatal(err)
	}
	for before, want := range map[uint64]int{0: 1200, 1: 0, 2: 1, 17: 16, 600: 599, 1200: 1199} {
		down, err := collect(s.ReadAllBack(ctx, s.Nth(before)))
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(down)
		if !slices.Equal(names(down), names(up[:want])) {
			t.Errorf("before %d: %d events; want %d", before, len(down), want)
		}
	}
	_, err = collect(s.ReadAllBack(ctx, s.Nth(1201)))
	mustBe(t, err, pebble.ErrPosition)
	for e := range s.ReadAllBack(ctx, "") {
		if e.Position != up[1199].Position {
			t.Errorf("the last is %v", e)
		}
		break
	}
}

func TestLookups(t *testing.T) {
	disk := &stallingDisk{FS: vfs.NewMem(), arrived: make(chan struct{}, 1)}
	s := mustOpen(t, onMem(disk))
	ctx := context.Background()
	a := newScript("a")
	events := a.next(2)
	mustAppend(t, s, events)
	if has, err := s.Has(ctx, a.stream); !has || err != nil {
		t.Errorf("%v, %v", has, err)
	}
	if has, err := s.Has(ctx, "game-none"); has || err != nil {
		t.Errorf("%v, %v", has, err)
	}
	if _, found, err := s.Last(ctx, "game-none"); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if id, found, err := s.EventAt(ctx, s.Nth(2)); id != events[1].ID || !found || err != nil {
		t.Errorf("%v, %v, %v", id, found, err)
	}
	for _, p := range []event.Position{"", s.Nth(3), "no"} {
		if _, found, err := s.EventAt(ctx, p); found || err != nil {
			t.Errorf("at %q: %v, %v", p, found, err)
		}
	}
	if n, err := s.Ordinal(s.Nth(77)); n != 77 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	// What is not durable is not the last.
	<-disk.arrived
	disk.gate.Lock()
	done := make(chan error, 1)
	go func() { done <- appendTo(s, a.next(1)) }()
	<-disk.arrived
	if last, found, err := s.Last(ctx, a.stream); last.Version != 2 || !found || err != nil {
		t.Errorf("%+v, %v, %v", last, found, err)
	}
	disk.gate.Unlock()
	mustBe(t, <-done, nil)
	if last, _, _ := s.Last(ctx, a.stream); last.Version != 3 {
		t.Errorf("%+v", last)
	}
}

// TestStamps: a stamp comes back on every way of reading, and events without one are stored as they always were.
func TestStamps(t *testing.T) {
	disk := vfs.NewMem()
	ctx := context.Background()
	s, err := pebble.Open(onMem(disk))
	if err != nil {
		t.Fatal(err)
	}
	a := newScript("a")
	mustAppend(t, s, a.next(1))
	stamped := a.next(1)
	stamped[0].Stamp = 1<<63 + 5
	mustWrite(t, s, stamped)
	for range 2 {
		last, _, err := s.Last(ctx, a.stream)
		if err != nil || last.Stamp != stamped[0].Stamp || string(last.Data) != string(stamped[0].Data) {
			t.Errorf("%+v, %v", last, err)
		}
		for what, seq := range map[string][]event.Recorded{
			"stream": whole(collect(s.ReadStream(ctx, a.stream, 1))), "all": whole(collect(s.ReadAll(ctx, ""))), "feed": feed(t, s, 2),
		} {
			if len(seq) != 2 || seq[0].Stamp != 0 || seq[1].Stamp != stamped[0].Stamp {
				t.Errorf("%s: %+v", what, seq)
			}
		}
		if err := s.Verify(ctx, nil); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = pebble.Open(onMem(disk)); err != nil {
			t.Fatal(err)
		}
	}
	defer func() { _ = s.Close() }()

	// Through the server come events that are nobody's chain; those of games must be one all the same.
	foreign := []event.Recorded{{Stream: "anything", Version: 1, ID: event.ID{1}, Type: "x", Stamp: 4}}
	mustWrite(t, s, foreign)
	if err := s.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
	foreign[0].Stream = "game-forged"
	mustWrite(t, s, foreign)
	if err := s.Verify(ctx, nil); err == nil {
		t.Error("verify believes a game without a chain")
	}
}

func whole(events []event.Recorded, err error) []event.Recorded {
	if err != nil {
		panic(err)
	}
	return events
}

// feed takes the first n events of a subscription.
func feed(t testing.TB, s *pebble.Store, n int) (events []event.Recorded) {
	t.Helper()
	enough := errors.New("enough")
	err := s.SubscribeAll(context.Background(), "", func(batch []event.Recorded) error {
		if events = append(events, batch...); len(events) >= n {
			return enough
		}
		return nil
	})
	mustBe(t, err, enough)
	return events
}
