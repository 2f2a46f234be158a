package commands_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// While a host does not know the outcome of an append, another goes on with the game. What is read of it meanwhile holds
// all that was acknowledged, and afterwards nothing that the bus has told is missing. Seeds 25 and 269 of the simulation.
func TestOthersGoOnInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s1, s2 := w.server(t, "s1", commands.Config{Shared: true}), w.server(t, "s2", commands.Config{Shared: true})
		id := chessGame(t, s1, clock.Spec{Type: clock.None})
		var c collector
		_, stop, err := s1.Follow(t.Context(), id, &c)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()

		w.setFault(func(event.Stream) (error, bool) { return commands.ErrUnknown, true })
		_, err = s1.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
		refusedAs(t, err, domain.Unknown)
		w.setFault(nil)
		r, err := s2.Do(t.Context(), id, game.Command{ID: "2", Player: "bob", Basis: 5, Wish: move("e7e5")}, game.Arrival{})
		must(t, r, err)

		s1.Learn(w.stream(id)[5:])
		s, err := s1.State(t.Context(), id)
		if err != nil || s.Version != 6 {
			t.Fatalf("%v %v; the game was acknowledged up to version 6", s, err)
		}
		if len(c.versions()) != 0 {
			t.Fatalf("shown %v before the outcome was known", c.versions())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := c.versions(); !slices.Equal(got, []uint64{5, 6}) {
			t.Errorf("shown %v, want 5 and 6", got)
		}
	})
}

// A store that did not answer when the bus told of an event is asked again.
func TestLearnAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s1, s2 := w.server(t, "s1", commands.Config{Shared: true}), w.server(t, "s2", commands.Config{Shared: true})
		id := chessGame(t, s1, clock.Spec{Type: clock.None})
		var c collector
		_, stop, err := s2.Follow(t.Context(), id, &c)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		r, err := s1.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
		must(t, r, err)

		w.setUnreadable(true)
		s2.Learn(w.stream(id)[4:])
		time.Sleep(3 * time.Second)
		if len(c.versions()) != 0 {
			t.Fatal("the store could not be read")
		}
		w.setUnreadable(false)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := c.versions(); !slices.Equal(got, []uint64{5}) {
			t.Errorf("shown %v, want 5", got)
		}
	})
}
