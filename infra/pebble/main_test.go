package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mustOpen opens a store that is closed with the test.
func mustOpen(t testing.TB, config pebble.Config) *pebble.Store {
	t.Helper()
	s, err := pebble.Open(config)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// onMem is a store on a disk in memory.
func onMem(fs vfs.FS) pebble.Config { return pebble.Config{Dir: "data", FS: fs} }

// script writes the history of a stream.
type script struct {
	stream  event.Stream
	version uint64
	hash    event.Hash
}

func newScript(name string) *script {
	stream := event.GameStream(name)
	return &script{stream: stream, hash: event.Genesis(stream)}
}

func (s *script) next(n int) []event.Recorded {
	events := make([]event.Recorded, n)
	for i := range events {
		meta := event.Meta{Command: "c", Player: "p", At: 1, Server: "s", Up: 1}.Encode()
		data := fmt.Appendf(nil, `{"san":"Nf3","elapsed":%d}`, 1000+s.version)
		s.version++
		s.hash = event.Next(s.hash, "move-played.v1", meta, data)
		events[i] = event.Recorded{
			Stream: s.stream, Version: s.version, ID: s.hash.ID(), Type: "move-played.v1", Meta: meta, Data: data,
		}
	}
	return events
}

func appendTo(s *pebble.Store, events []event.Recorded) error {
	return s.Append(context.Background(), events[0].Stream, events[0].Version-1, events)
}

func mustAppend(t testing.TB, s *pebble.Store, events []event.Recorded) {
	t.Helper()
	if err := appendTo(s, events); err != nil {
		t.Fatal(err)
	}
}

func collect(seq iter.Seq2[event.Recorded, error]) (events []event.Recorded, err error) {
	for e, err := range seq {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// length is how many events a stream has.
func length(t testing.TB, s *pebble.Store, stream event.Stream) int {
	t.Helper()
	events, err := collect(s.ReadStream(context.Background(), stream, 1))
	if err != nil {
		t.Fatal(err)
	}
	return len(events)
}

func mustBe(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v; want %v", err, want)
	}
}

// eventually tries until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	late := time.After(time.Minute)
	for tick := time.NewTicker(time.Millisecond); !so(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}
