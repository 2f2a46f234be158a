package commands_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
)

// Two servers choose for one person: of each choice one is made, and the other server learns it.
func TestChooseSeek(t *testing.T) {
	w := newWorld()
	a, b := w.server(t, "a", commands.Config{}), w.server(t, "b", commands.Config{})
	choose := func(s *commands.Application, choices uint64, game string) bool {
		t.Helper()
		done, err := s.Choose(t.Context(), "ann", choices, player.Chosen{Game: game, Version: 2})
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	want := func(s *commands.Application, choices uint64, game string) {
		t.Helper()
		c, n, err := s.Chosen(t.Context(), "ann")
		if err != nil || n != choices || c.Game != game {
			t.Errorf("chosen: %+v after %d choices, %v; want %s after %d", c, n, err, game, choices)
		}
	}
	want(a, 0, "")
	want(b, 0, "")
	if !choose(a, 0, "one") || choose(b, 0, "two") {
		t.Fatal("two servers made the same choice")
	}
	want(b, 1, "one")
	if !choose(b, 1, "two") || choose(a, 1, "three") || choose(a, 1, "three") {
		t.Fatal("a choice was made twice")
	}
	want(a, 2, "two")

	for name, written := range map[string]bool{"lost": false, "written": true} {
		_, before, _ := a.Chosen(t.Context(), "ann")
		w.setFault(func(s event.Stream) (error, bool) {
			if !strings.HasPrefix(string(s), "seeker-") {
				return nil, false
			}
			return commands.ErrUnknown, written
		})
		if done, err := a.Choose(t.Context(), "ann", before, player.Chosen{Game: name, Version: 3}); done || err == nil {
			t.Errorf("%s: a choice of unknown outcome was made: %v", name, err)
		}
		w.setFault(nil)
		if again := choose(a, before, "four"); again == written {
			t.Errorf("%s: chosen again: %t", name, again)
		}
		c, n, err := a.Chosen(t.Context(), "ann")
		if wanted := map[bool]string{true: name, false: "four"}[written]; err != nil || n != before+1 || c.Game != wanted {
			t.Errorf("%s: %+v after %d choices, %v", name, c, n, err)
		}
	}
	fresh := w.server(t, "c", commands.Config{})
	one, _, _ := a.Chosen(t.Context(), "ann")
	if two, _, err := fresh.Chosen(t.Context(), "ann"); err != nil || !reflect.DeepEqual(one, two) {
		t.Errorf("a new server knows %+v, not %+v: %v", two, one, err)
	}
}
