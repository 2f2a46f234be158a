package eventstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// Script writes the history of one stream as a server would: versions count up, ids are the heads of the hash chain.
// It is a plain value: a copy is a fork of history.
type Script struct {
	Stream  event.Stream
	Version uint64
	Hash    event.Hash
}

// NewScript begins a stream with a random name.
func NewScript() Script { return ScriptOf(event.GameStream(rand.Text()[:12])) }

// ScriptOf begins the given stream.
func ScriptOf(stream event.Stream) Script {
	return Script{Stream: stream, Hash: event.Genesis(stream)}
}

// Next gives the stream's next event with the given content.
func (s *Script) Next(meta, data []byte) event.Recorded {
	const kind = "tested.v1"
	s.Version++
	s.Hash = event.Next(s.Hash, kind, meta, data)
	return event.Recorded{
		Stream: s.Stream, Version: s.Version, ID: s.Hash.ID(), Type: kind, Meta: meta, Data: data,
	}
}

// Say gives the next events, one for each text.
func (s *Script) Say(texts ...string) []event.Recorded {
	events := make([]event.Recorded, len(texts))
	for i, text := range texts {
		meta := event.Meta{Command: rand.Text(), Player: "tester", At: 1, Server: "suite"}
		events[i] = s.Next(meta.Encode(), fmt.Appendf(nil, `{"text":%q}`, text))
	}
	return events
}

// stage is what a check works with.
type stage struct {
	TB
	ctx   context.Context
	h     Harness
	store commands.EventStore
}

func newStage(t TB, h Harness) *stage {
	ctx, cancel := context.WithTimeout(context.Background(), 3*h.patience())
	t.Cleanup(cancel)
	return &stage{TB: t, ctx: ctx, h: h, store: h.Store}
}

// must appends events that follow the stream's head.
func (s *stage) must(events []event.Recorded) {
	s.Helper()
	if err := s.append(events); err != nil {
		s.Fatalf("append of %s: %v", span(events), err)
	}
}

func (s *stage) append(events []event.Recorded) error {
	return s.store.Append(s.ctx, events[0].Stream, events[0].Version-1, events)
}

// refused appends events that must be a conflict.
func (s *stage) refused(events []event.Recorded, why string) {
	s.Helper()
	if err := s.append(events); !errors.Is(err, commands.ErrConflict) {
		s.Errorf("append of %s: %v; want a conflict: %s", span(events), err, why)
	}
}

// stream reads all of a stream.
func (s *stage) stream(stream event.Stream) []event.Recorded {
	s.Helper()
	return s.streamFrom(stream, 0)
}

func (s *stage) streamFrom(stream event.Stream, from uint64) []event.Recorded {
	s.Helper()
	var events []event.Recorded
	for e, err := range s.store.ReadStream(s.ctx, stream, from) {
		if err != nil {
			s.Fatalf("read %s from %d: %v", stream, from, err)
		}
		events = append(events, e)
	}
	return events
}

// holds checks that a stream has exactly these events.
func (s *stage) holds(stream event.Stream, want []event.Recorded) {
	s.Helper()
	s.same("stream "+string(stream), s.stream(stream), want)
}

// head is the end of the store.
func (s *stage) head() event.Position {
	s.Helper()
	s.h.settle()
	p, err := s.store.Head(s.ctx)
	if err != nil {
		s.Fatalf("head: %v", err)
	}
	return p
}

// all reads the global order behind a position, as far as it is about the given streams.
func (s *stage) all(after event.Position, only streams) []event.Recorded {
	s.Helper()
	s.h.settle()
	var events []event.Recorded
	for e, err := range s.store.ReadAll(s.ctx, after) {
		if err != nil {
			s.Fatalf("read all after %q: %v", string(after), err)
		}
		if only[e.Stream] {
			events = append(events, e)
		}
	}
	return events
}

// streams are the streams that a check looks at.
type streams map[event.Stream]bool

func of(scripts ...Script) streams {
	set := streams{}
	for _, s := range scripts {
		set[s.Stream] = true
	}
	return set
}

// same compares events by everything but their position.
func (s *stage) same(what string, got, want []event.Recorded) {
	s.Helper()
	for i := range min(len(got), len(want)) {
		if d := differ(got[i], want[i]); d != "" {
			s.Fatalf("%s: event %d of %d (%s version %d) differs in %s from the one expected (%s version %d)",
				what, i, len(got), got[i].Stream, got[i].Version, d, want[i].Stream, want[i].Version)
		}
	}
	if len(got) != len(want) {
		s.Fatalf("%s: %d events; want %d", what, len(got), len(want))
	}
}

func differ(a, b event.Recorded) string {
	var d []string
	for name, same := range map[string]bool{
		"stream": a.Stream == b.Stream, "version": a.Version == b.Version, "id": a.ID == b.ID, "type": a.Type == b.Type,
		"meta": bytes.Equal(a.Meta, b.Meta), "data": bytes.Equal(a.Data, b.Data),
	} {
		if !same {
			d = append(d, name)
		}
	}
	return strings.Join(d, ", ")
}

// await waits until something holds, and looks again whenever woken.
func (s *stage) await(what string, woken <-chan struct{}, holds func() bool) {
	s.Helper()
	late := time.NewTimer(s.h.patience())
	defer late.Stop()
	for !holds() {
		select {
		case <-woken:
		case <-late.C:
			s.Fatalf("waited %v in vain for: %s", s.h.patience(), what)
		}
	}
}

func span(events []event.Recorded) string {
	return fmt.Sprintf("%s %d..%d", events[0].Stream, events[0].Version, events[len(events)-1].Version)
}
