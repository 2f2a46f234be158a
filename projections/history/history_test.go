package history_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/history"
	"github.com/plygames/ply/projections/internal/trial"
)

const id = "k3JqT9xBv2Lm"

// past is a game whose versions 1 to 4 happened at 1000, and 5 to 8 at 2000, 3000, 4000, 5000.
func past(t *testing.T) (*history.History, *trial.Log, *trial.Play) {
	t.Helper()
	log := trial.NewLog()
	play := trial.Started(log, id, 1000, game.Created{})
	for n := range 4 {
		play.At = int64(n+2) * 1000
		play.Move(n)
	}
	return &history.History{Log: log, Kinds: trial.Kinds}, log, play
}

func TestSteps(t *testing.T) {
	h, _, _ := past(t)
	for _, c := range []struct {
		name           string
		from, to, stop uint64
		want           []uint64
	}{
		{"all", 0, 0, 0, []uint64{1, 2, 3, 4, 5, 6, 7, 8}},
		{"the last ones", 6, 0, 0, []uint64{7, 8}},
		{"a part", 2, 5, 0, []uint64{3, 4, 5}},
		{"beyond the end", 6, 99, 0, []uint64{7, 8}},
		{"nothing left", 8, 0, 0, nil},
		{"from beyond", 99, 0, 0, nil},
		{"to before from", 5, 3, 0, nil},
		{"stopped", 0, 0, 3, []uint64{1, 2, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []uint64
			err := h.Steps(t.Context(), id, c.from, c.to, func(step game.Step) bool {
				got = append(got, step.Version())
				return step.Version() != c.stop
			})
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestAt(t *testing.T) {
	h, _, _ := past(t)
	for version := range uint64(11) {
		s, err := h.At(t.Context(), id, version)
		switch {
		case version == 0 || version > 8:
			if !errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
				t.Errorf("version %d: %v", version, err)
			}
		case err != nil || s.Version != version:
			t.Errorf("version %d: %+v, %v", version, s, err)
		}
	}
	if s, err := h.Newest(t.Context(), id); err != nil || s.Version != 8 {
		t.Errorf("newest: %+v, %v", s, err)
	}
}

func TestUntil(t *testing.T) {
	h, _, play := past(t)
	for cutoff, want := range map[int64]uint64{999: 0, 1000: 4, 1999: 4, 2000: 5, 4500: 7, 9999: 8} {
		s, err := h.Until(t.Context(), id, cutoff)
		if want == 0 {
			if !errors.Is(err, &domain.Error{Kind: domain.NotFound}) {
				t.Errorf("cutoff %d: %v", cutoff, err)
			}
			continue
		}
		if err != nil || s.Version != want {
			t.Errorf("cutoff %d: %+v, %v; want version %d", cutoff, s, err, want)
		}
	}
	play.End()
	if s, err := h.Until(t.Context(), id, 0); err != nil || s.Version != 9 {
		t.Errorf("an ended game is known in full, got %+v, %v", s, err)
	}
}

func TestErrors(t *testing.T) {
	h, log, play := past(t)
	reads := map[string]func() error{
		"steps":  func() error { return h.Steps(t.Context(), id, 0, 0, func(game.Step) bool { return true }) },
		"at":     func() error { _, err := h.At(t.Context(), id, 8); return err },
		"newest": func() error { _, err := h.Newest(t.Context(), id); return err },
		"until":  func() error { _, err := h.Until(t.Context(), id, 9999); return err },
	}
	each := func(what string, kind domain.Kind, unreadable bool) {
		for name, read := range reads {
			err := read()
			if !errors.Is(err, &domain.Error{Kind: kind}) || history.Unreadable(err) != unreadable {
				t.Errorf("%s, %s: %v", what, name, err)
			}
		}
	}
	log.Down(true)
	each("store down", domain.Unavailable, false)
	log.Down(false)
	rec := play.Move(1)[0]
	rec.Version++
	log.Append(event.Recorded{Stream: rec.Stream, Version: rec.Version, ID: rec.ID, Type: rec.Type, Meta: rec.Meta, Data: rec.Data})
	delete(reads, "at") // stops before what can't be read
	each("chain broken", domain.Unavailable, true)
	h = &history.History{Log: trial.NewLog(), Kinds: trial.Kinds}
	each("no such game", domain.NotFound, false)
}
