package commands_test

import (
	"context"
	"errors"
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
)

// emptier notes what it was asked to empty.
type emptier struct {
	stream event.Stream
	below  uint64
	times  int
	fail   error
}

func (e *emptier) Empty(_ context.Context, stream event.Stream, below uint64) error {
	e.stream, e.below = stream, below
	e.times++
	return e.fail
}

func (m *memory) person(id string) []event.Recorded {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]event.Recorded(nil), m.streams[event.PlayerStream(id)]...)
}

func TestErase(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{})
	e := &emptier{}
	if err := app.Erase(t.Context(), "ann", e); !isKind(err, domain.NotFound) || e.times != 0 {
		t.Errorf("somebody who was never named: %v, emptied %d times", err, e.times)
	}
	for _, name := range []string{"Ann", "Anna"} {
		if err := app.Remember(t.Context(), "ann", name); err != nil {
			t.Fatal(err)
		}
	}
	// The event is there but the emptying fails: asked again, only the latter is done.
	e.fail = commands.ErrUnavailable
	if err := app.Erase(t.Context(), "ann", e); !isKind(err, domain.Unavailable) {
		t.Errorf("a failed emptying: %v", err)
	}
	e.fail = nil
	for range 2 {
		if err := app.Erase(t.Context(), "ann", e); err != nil {
			t.Fatal(err)
		}
	}
	stored := w.person("ann")
	if len(stored) != 3 || stored[2].Type != player.ErasedType || e.stream != stored[0].Stream || e.below != 3 || e.times != 3 {
		t.Errorf("%d events, emptied %+v", len(stored), e)
	}
	// No server records a name again.
	for _, server := range []*commands.Application{app, w.server(t, "s2", commands.Config{})} {
		for _, name := range []string{"Ann", "Anna", "Eve"} {
			if err := server.Remember(t.Context(), "ann", name); err != nil {
				t.Errorf("%v", err)
			}
		}
	}
	if n := len(w.person("ann")); n != 3 {
		t.Errorf("%d events after all", n)
	}
}

// An append whose outcome is not known is told as such, and nothing is emptied before the event is certain.
func TestEraseUnknown(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{})
	if err := app.Remember(t.Context(), "ann", "Ann"); err != nil {
		t.Fatal(err)
	}
	e := &emptier{}
	w.setFault(func(event.Stream) (error, bool) { return commands.ErrUnknown, true })
	if err := app.Erase(t.Context(), "ann", e); !isKind(err, domain.Unknown) || e.times != 0 {
		t.Errorf("%v, emptied %d times", err, e.times)
	}
	w.setFault(nil)
	if err := app.Erase(t.Context(), "ann", e); err != nil || e.below != 2 || len(w.person("ann")) != 2 {
		t.Errorf("%v, %+v", err, e)
	}
}

func isKind(err error, kind domain.Kind) bool {
	var refusal *domain.Error
	return errors.As(err, &refusal) && refusal.Kind == kind
}
