package commands_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// The interleavings of the design's decisions page that concern time: A6, A7, and which moment counts.

// A6: a server dies with a running clock. The next one charges what was used before the death, and nobody the outage.
func TestA6Takeover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		id, spent := runningGame(t, w, "s1")
		w.dies("s1", spent+7_000) // last known alive 7 s after bob's move put ann on turn
		time.Sleep(time.Hour)     // the outage
		s2 := w.server(t, "s2", commands.Config{})
		s, err := s2.State(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Version != 7 || s.Seats[0].Left != 60_000-7_000 || s.Seats[1].Left != 60_000 {
			t.Fatalf("version %d, left %v; want version 7 and 7 s charged to white alone", s.Version, s.Times())
		}
		adjusted, _, err := game.Decode(w.stream(id)[6])
		if got, ok := adjusted.(game.ClockAdjusted); err != nil || !ok || got.Reason != game.Failover || got.Charged != 7_000 {
			t.Errorf("recorded %+v, %v", adjusted, err)
		}
		// From then on the time of the second server counts; the client's basis from before the death still holds.
		time.Sleep(2 * time.Second)
		r, err := s2.Do(t.Context(), id, game.Command{ID: "a2", Player: "ann", Basis: 6, Wish: move("g1f3")}, game.Arrival{Live: 2_000})
		if must(t, r, err); r.Version != 8 {
			t.Fatalf("got %+v", r)
		}
		s, _ = s2.State(t.Context(), id)
		if s.Seats[0].Left != 60_000-7_000-2_000 {
			t.Errorf("white has %d ms, want 51,000", s.Seats[0].Left)
		}
	})
}

// A6: the other server still runs: there was no outage, and nothing is appended.
func TestA6NoTakeoverFromTheLiving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		id, _ := runningGame(t, w, "s1")
		s2 := w.server(t, "s2", commands.Config{})
		s, err := s2.State(t.Context(), id)
		if err != nil || s.Version != 6 {
			t.Errorf("version %d, %v; want 6", s.Version, err)
		}
	})
}

// A6: a game that comes to another server while its host seems alive: what the host has measured counts on, so that
// nobody gains time by changing servers. If the host turns out to be dead, that is recorded before the next decision.
func TestA6FromTheSeeminglyAlive(t *testing.T) {
	for name, c := range map[string]struct {
		dies    bool
		version uint64 // of the move
		elapsed int64
	}{"it lives": {false, 7, 7_000}, "it was dead": {true, 8, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				id, spent := runningGame(t, w, "s1")
				w.mu.Lock()
				w.alive["s1"] = mark{up: spent + 5_000, running: true}
				w.mu.Unlock()
				started := time.Now()
				s2 := w.server(t, "s2", commands.Config{})
				if s, err := s2.State(t.Context(), id); err != nil || s.Version != 6 {
					t.Fatalf("version %d, %v; want 6", s.Version, err)
				}
				time.Sleep(2 * time.Second)
				if c.dies {
					w.dies("s1", spent+5_000)
				}
				r, err := s2.Do(t.Context(), id, game.Command{ID: "a2", Player: "ann", Basis: 6, Wish: move("g1f3")},
					game.Arrival{Live: time.Since(started).Milliseconds()})
				if must(t, r, err); r.Version != c.version {
					t.Fatalf("moved at version %d, want %d", r.Version, c.version)
				}
				played, _, err := game.Decode(w.stream(id)[c.version-1])
				if got, ok := played.(game.MovePlayed); err != nil || !ok || got.Elapsed != c.elapsed {
					t.Errorf("recorded %+v, %v; want %d ms", played, err, c.elapsed)
				}
				if s, _ := s2.State(t.Context(), id); s.Seats[0].Left != 60_000-7_000 {
					t.Errorf("white has %d ms, want 53,000", s.Seats[0].Left)
				}
			})
		})
	}
}

// runningGame plays the two untimed moves, so that white's clock runs; up is the server's live clock at that event.
func runningGame(t *testing.T, w *world, incarnation string) (id string, up int64) {
	t.Helper()
	app := w.server(t, incarnation, commands.Config{})
	id = chessGame(t, app, blitz)
	for i, uci := range []string{"e2e4", "e7e5"} {
		r, err := app.Do(t.Context(), id, game.Command{ID: fmt.Sprint("a", i), Player: []string{"ann", "bob"}[i],
			Basis: uint64(4 + i), Wish: move(uci)}, game.Arrival{})
		must(t, r, err)
	}
	s, err := app.State(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Close(context.Background()); err != nil { // no process, no timers
		t.Fatal(err)
	}
	return id, s.Seats[0].Origin.Up
}

// A7: the flag of a seat falls by the server's own timer: at once if its socket is here, else after a grace.
func TestA7FlagFalls(t *testing.T) {
	for name, absent := range map[string]int64{"present": game.Present, "absent": 1, "on another server": game.Present} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.absent["white"] = absent
				w.away["white"] = name == "on another server"
				app := w.server(t, "s1", commands.Config{})
				id := chessGame(t, app, blitz)
				for i, uci := range []string{"e2e4", "e7e5"} {
					r, err := app.Do(t.Context(), id, game.Command{ID: fmt.Sprint("a", i), Player: []string{"ann", "bob"}[i],
						Basis: uint64(4 + i), Wish: move(uci)}, game.Arrival{})
					must(t, r, err)
				}
				fall := 60 * time.Second
				if name != "present" {
					fall += 5 * time.Second
				}
				time.Sleep(fall - time.Millisecond)
				synctest.Wait()
				if n := len(w.stream(id)); n != 6 {
					t.Fatalf("%d events a millisecond before the flag falls", n)
				}
				time.Sleep(2 * time.Millisecond)
				synctest.Wait()
				s, err := app.State(t.Context(), id)
				if err != nil || s.Result.Reason != game.TimedOut || s.Result.Winner != "black" || s.Seats[0].Left != 0 {
					t.Errorf("result %+v, left %v, %v", s.Result, s.Times(), err)
				}
				_, err = app.Do(t.Context(), id, game.Command{ID: "late", Player: "ann", Basis: 6, Wish: move("g1f3")}, game.Arrival{Live: 61_000})
				if refusal := refusedAs(t, err, domain.GameOver); refusal.Reason != game.TimedOut || refusal.Winner != "black" {
					t.Errorf("told %+v", refusal)
				}
			})
		})
	}
}

// A move that arrived after the flag loses, though the server's timer had not fired yet; one that arrived before and waited
// in a queue counts.
func TestArrivalDecides(t *testing.T) {
	for arrival, over := range map[int64]bool{59_999: false, 60_000: true} {
		t.Run(fmt.Sprint(arrival), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				app := w.server(t, "s1", commands.Config{})
				id := chessGame(t, app, blitz)
				for i, uci := range []string{"e2e4", "e7e5"} {
					r, err := app.Do(t.Context(), id, game.Command{ID: fmt.Sprint("a", i), Player: []string{"ann", "bob"}[i],
						Basis: uint64(4 + i), Wish: move(uci)}, game.Arrival{})
					must(t, r, err)
				}
				_, err := app.Do(t.Context(), id, game.Command{ID: "m", Player: "ann", Basis: 6, Wish: move("g1f3")}, game.Arrival{Live: arrival})
				if over {
					refusedAs(t, err, domain.GameOver)
				} else if err != nil {
					t.Error(err)
				}
			})
		})
	}
}
