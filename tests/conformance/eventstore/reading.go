package eventstore

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/plygames/ply/domain/event"
)

func comeBack(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	var want []event.Recorded
	for _, texts := range [][]string{{"one"}, {"two", "three"}, {"four"}} {
		events := script.Say(texts...)
		s.must(events)
		want = append(want, events...)
		s.holds(script.Stream, want)
	}
	s.h.settle()
	for i, e := range s.stream(script.Stream) {
		if e.Position == "" {
			s.Errorf("event %d was read without a position", i)
		}
	}
}

func missingStream(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	if n := len(s.stream(script.Stream)); n != 0 {
		s.Errorf("a stream nobody wrote to has %d events", n)
	}
	script.Say("never written")
	s.refused(script.Say("second"), "the stream does not exist")
	if n := len(s.stream(script.Stream)); n != 0 {
		s.Errorf("after a refused append the stream has %d events", n)
	}
}

func readFrom(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	events := script.Say(strings.Split(strings.Repeat("x", 20), "")...)
	s.must(events)
	for _, from := range []uint64{0, 1, 2, 10, 19, 20, 21, 1000} {
		want := events
		if from > 1 {
			want = events[min(int(from)-1, len(events)):]
		}
		s.same("read from a version", s.streamFrom(script.Stream, from), want)
	}
}

func breakOff(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	before := s.head()
	events := script.Say("a", "b", "c")
	s.must(events)
	for range s.store.ReadStream(s.ctx, script.Stream, 1) {
		break
	}
	for range s.store.ReadAll(s.ctx, before) {
		break
	}
	s.holds(script.Stream, events)
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	for _, err := range s.store.ReadStream(ctx, script.Stream, 1) {
		if err != nil {
			break
		}
	}
	s.holds(script.Stream, events)
}

func readersOwn(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	events := script.Say("a", "b")
	want := make([]event.Recorded, len(events))
	for i, e := range events {
		e.Meta, e.Data = bytes.Clone(e.Meta), bytes.Clone(e.Data)
		want[i] = e
	}
	s.must(events)
	for _, e := range s.stream(script.Stream) {
		clear(e.Meta)
		clear(e.Data)
	}
	s.holds(script.Stream, want)
}

func anyBytes(t TB, h Harness) {
	s, script := newStage(t, h), NewScript()
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	events := []event.Recorded{
		script.Next([]byte(`{}`), bytes),
		script.Next([]byte("{ \"b\" : 1.0 ,\n\t\"a\":\"\\u0041\u2028\" }"), []byte(`{"spaces" :  "kept"}`)),
		script.Next([]byte(`{"a":1,"a":2}`), []byte(`{}`)),
	}
	s.must(events)
	s.holds(script.Stream, events)
}

func largeEvents(t TB, h Harness) {
	s := newStage(t, h)
	random := rand.NewChaCha8([32]byte{1})
	var scripts []Script
	var want []event.Recorded
	before := s.head()
	// 900 KiB is near what a real server takes in one append.
	for _, size := range []int{100 << 10, 900 << 10, 1, 900 << 10} {
		script := NewScript()
		data := make([]byte, size)
		_, _ = random.Read(data) // never fails
		events := []event.Recorded{script.Next([]byte(`{}`), data)}
		s.must(events)
		s.h.settle() // so that the order between streams is that of the appends
		s.holds(script.Stream, events)
		scripts, want = append(scripts, script), append(want, events...)
	}
	s.same("read all", s.all(before, of(scripts...)), want)
}

func similarNames(t TB, h Harness) {
	s := newStage(t, h)
	base := NewScript().Stream
	names := []event.Stream{
		base, base + "-", base + "0", base + "00", base[:len(base)-1], base + event.Stream(strings.Repeat("n", 200)),
	}
	history := map[event.Stream][]event.Recorded{}
	for round := range 3 {
		for i, name := range names {
			script := ScriptOf(name)
			if past := history[name]; len(past) > 0 {
				script = resume(past)
			}
			events := script.Say(strings.Split(strings.Repeat("x", 1+(round+i)%3), "")...)
			s.must(events)
			history[name] = slices.Concat(history[name], events)
		}
	}
	for _, name := range names {
		s.holds(name, history[name])
	}
}

// resume goes on where a history ends.
func resume(past []event.Recorded) Script {
	script := ScriptOf(past[0].Stream)
	for _, e := range past {
		script.Version++
		script.Hash = event.Next(script.Hash, e.Type, e.Meta, e.Data)
	}
	return script
}
