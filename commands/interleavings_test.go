package commands_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
)

// The interleavings of the design's decisions page, by their numbers there.

func refusedAs(t *testing.T, err error, kind domain.Kind) *domain.Error {
	t.Helper()
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Kind != kind {
		t.Fatalf("got %v, want a refusal %s", err, kind)
	}
	return refusal
}

func must(t *testing.T, r game.Receipt, err error) game.Receipt {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var shuffle = []string{"g1f3", "g8f6", "f3g1", "f6g8"}

// A1: two servers host one game for its whole length; each learns from the bus what the other has committed.
func TestA1TwoHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		started := time.Now()
		s1, s2 := w.server(t, "s1", commands.Config{}), w.server(t, "s2", commands.Config{})
		id := chessGame(t, s1, blitz)
		var white, black collector
		_, stop1, err := s1.Follow(t.Context(), id, &white)
		if err != nil {
			t.Fatal(err)
		}
		defer stop1()
		_, stop2, err := s2.Follow(t.Context(), id, &black)
		if err != nil {
			t.Fatal(err)
		}
		defer stop2()
		hosts := []*commands.Application{s1, s2}
		players := []string{"ann", "bob"}
		version := uint64(4)
		for ply := range 40 {
			mover, other := hosts[ply%2], hosts[1-ply%2]
			time.Sleep(100 * time.Millisecond)
			r, err := mover.Do(t.Context(), id, game.Command{ID: fmt.Sprint("m-", ply), Player: players[ply%2], Basis: version,
				Wish: move(shuffle[ply%4])}, game.Arrival{Live: time.Since(started).Milliseconds()})
			if err != nil && ply >= 16 { // the fivefold repetition has ended the game
				refusedAs(t, err, domain.GameOver)
				break
			}
			must(t, r, err)
			version = r.Version
			if ply%3 != 0 { // the bus may lose some: the next append or event reveals it
				recs := w.stream(id)
				other.Learn(recs[version-1 : version])
			} else {
				recs := w.stream(id)
				other.Learn(recs)
			}
			synctest.Wait()
		}
		want := w.stream(id)[4:]
		for name, c := range map[string]*collector{"s1": &white, "s2": &black} {
			if got := c.versions(); len(got) != len(want) || got[0] != 5 || !slices.IsSorted(got) {
				t.Errorf("%s showed %v, want 5..%d", name, got, 4+len(want))
			}
		}
	})
}

// A1: without the bus, the host that is behind finds out by its own failed append, and decides on the newest state.
func TestA1ConflictCatchesUp(t *testing.T) {
	w := newWorld()
	s1, s2 := w.server(t, "s1", commands.Config{}), w.server(t, "s2", commands.Config{})
	id := chessGame(t, s1, clock.Spec{Type: clock.None})
	if _, err := s2.State(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	r, err := s1.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
	must(t, r, err)
	var c collector
	_, stop, err := s2.Follow(t.Context(), id, &c)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, err = s2.Do(t.Context(), id, game.Command{ID: "2", Player: "ann", Basis: 4, Wish: move("d2d4")}, game.Arrival{})
	if refusal := refusedAs(t, err, domain.VersionConflict); refusal.Version != 5 {
		t.Errorf("told version %d, want 5", refusal.Version)
	}
	if got := c.versions(); !slices.Equal(got, []uint64{5}) {
		t.Errorf("followers of the host that was behind saw %v, want [5]", got)
	}
}

// A1: a host that the bus has told nothing yet refuses nothing, and shows nothing, that another host has overtaken. A
// refusal with retry:false is final, and a read must not go back behind an acknowledgement.
func TestA1NothingStale(t *testing.T) {
	w := newWorld()
	s1, s2 := w.server(t, "s1", commands.Config{Shared: true}), w.server(t, "s2", commands.Config{Shared: true})
	id := chessGame(t, s1, clock.Spec{Type: clock.None})
	if _, err := s2.State(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	do := func(on *commands.Application, c game.Command) (game.Receipt, error) {
		return on.Do(t.Context(), id, c, game.Arrival{})
	}
	r, err := do(s1, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")})
	must(t, r, err)
	// Black saw version 5 on s1, and comes to s2, where the board still stands at 4: neither the wrong turn nor a basis
	// ahead of the game is true.
	r, err = do(s2, game.Command{ID: "1", Player: "bob", Basis: 5, Wish: move("e7e5")})
	must(t, r, err)
	if s, err := s1.State(t.Context(), id); err != nil || s.Version != 6 {
		t.Errorf("s1 shows version %d (%v), acknowledged is 6", s.Version, err)
	}
	_, err = do(s1, game.Command{ID: "2", Player: "bob", Basis: 6, Wish: move("d7d5")})
	if refusal := refusedAs(t, err, domain.NotYourTurn); refusal.Version != 6 {
		t.Errorf("refused as of version %d, want 6", refusal.Version)
	}
}

// A2: an append whose outcome is unknown was written. The retry on another server is a duplicate of what is in the log,
// not of what that server would have decided.
func TestA2UnknownButWritten(t *testing.T) {
	w := newWorld()
	s1, s2 := w.server(t, "s1", commands.Config{}), w.server(t, "s2", commands.Config{})
	id := chessGame(t, s1, blitz)
	w.setFault(func(event.Stream) (error, bool) { return commands.ErrUnknown, true })
	c := game.Command{ID: "x", Player: "ann", Basis: 4, Wish: move("e2e4")}
	_, err := s1.Do(t.Context(), id, c, game.Arrival{})
	refusedAs(t, err, domain.Unknown)
	w.setFault(nil)
	r, err := s2.Do(t.Context(), id, c, game.Arrival{})
	if must(t, r, err); !r.Duplicate || r.Version != 5 {
		t.Errorf("got %+v, want the duplicate of version 5", r)
	}
	if n := len(w.stream(id)); n != 5 {
		t.Errorf("the log has %d events, want 5", n)
	}
}

// A2, A18: while an outcome is unknown the same bytes are retried, and nothing else is decided on that game.
func TestA18UncertainGame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		app := w.server(t, "s1", commands.Config{})
		id := chessGame(t, app, blitz)
		var follower collector
		_, stop, err := app.Follow(t.Context(), id, &follower)
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		w.setFault(func(event.Stream) (error, bool) { return commands.ErrUnknown, false })
		c := game.Command{ID: "x", Player: "ann", Basis: 4, Wish: move("e2e4")}
		_, err = app.Do(t.Context(), id, c, game.Arrival{})
		refusedAs(t, err, domain.Unknown)
		_, err = app.Do(t.Context(), id, c, game.Arrival{})
		refusedAs(t, err, domain.Unknown)
		_, err = app.Do(t.Context(), id, game.Command{ID: "y", Player: "ann", Basis: 4, Wish: move("d2d4")}, game.Arrival{})
		refusedAs(t, err, domain.Unavailable)
		w.setFault(nil)
		time.Sleep(5 * time.Second) // virtual: the background retry finds out
		synctest.Wait()
		r, err := app.Do(t.Context(), id, c, game.Arrival{})
		if must(t, r, err); !r.Duplicate || r.Version != 5 {
			t.Errorf("got %+v, want the duplicate of version 5", r)
		}
		if got := follower.versions(); !slices.Equal(got, []uint64{5}) {
			t.Errorf("followers saw %v, want [5] once", got)
		}
	})
}

// A18: an outcome that turns out to be "no" leaves the game as others have made it.
func TestA18UncertainThenLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s1, s2 := w.server(t, "s1", commands.Config{}), w.server(t, "s2", commands.Config{})
		id := chessGame(t, s1, blitz)
		w.setFault(func(event.Stream) (error, bool) { return commands.ErrUnknown, false })
		_, err := s1.Do(t.Context(), id, game.Command{ID: "x", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
		refusedAs(t, err, domain.Unknown)
		w.setFault(nil)
		r, err := s2.Do(t.Context(), id, game.Command{ID: "y", Player: "ann", Basis: 4, Wish: move("d2d4")}, game.Arrival{})
		must(t, r, err)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		r, err = s1.Do(t.Context(), id, game.Command{ID: "z", Player: "bob", Basis: 5, Wish: move("d7d5")}, game.Arrival{})
		if must(t, r, err); r.Version != 6 {
			t.Errorf("got %+v, want version 6", r)
		}
	})
}

// A3: ids are known for ever: after a snapshot, after eviction, on another server, after the end.
func TestA3DuplicateForEver(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{SnapshotEvery: 3})
	id := chessGame(t, app, clock.Spec{Type: clock.None})
	first := game.Command{ID: "m-0", Player: "ann", Basis: 4, Wish: move("e2e4")}
	r, err := app.Do(t.Context(), id, first, game.Arrival{})
	must(t, r, err)
	for i, uci := range []string{"e7e5", "g1f3", "b8c6", "f1b5"} {
		r, err = app.Do(t.Context(), id, game.Command{ID: fmt.Sprint("n-", i), Player: []string{"bob", "ann"}[i%2],
			Basis: r.Version, Wish: move(uci)}, game.Arrival{})
		must(t, r, err)
	}
	again := func(app *commands.Application, when string) {
		t.Helper()
		later := first
		later.Basis = 7 // another basis is the same content
		r, err := app.Do(t.Context(), id, later, game.Arrival{})
		if must(t, r, err); !r.Duplicate || r.Version != 5 {
			t.Errorf("%s: got %+v, want the duplicate of version 5", when, r)
		}
		other := first
		other.Wish = move("d2d4")
		_, err = app.Do(t.Context(), id, other, game.Arrival{})
		refusedAs(t, err, domain.CommandIDReused)
	}
	again(app, "hot")
	if err := app.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	next := w.server(t, "s2", commands.Config{})
	again(next, "after a restart")
	if w.counted("snapshot used") == 0 {
		t.Error("the snapshot was not used")
	}
	r, err = next.Do(t.Context(), id, game.Command{ID: "r", Player: "bob", Wish: game.Resign{}}, game.Arrival{})
	must(t, r, err)
	again(next, "after the end")
}

// A3: a refusal is not remembered; a late copy with the same basis is refused all the same.
func TestA3RefusalIsFinalForItsBasis(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{})
	id := chessGame(t, app, clock.Spec{Type: clock.None})
	early := game.Command{ID: "x", Player: "bob", Basis: 4, Wish: move("e7e5")}
	_, err := app.Do(t.Context(), id, early, game.Arrival{})
	refusedAs(t, err, domain.NotYourTurn)
	r, err := app.Do(t.Context(), id, game.Command{ID: "m", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
	must(t, r, err)
	_, err = app.Do(t.Context(), id, early, game.Arrival{})
	refusedAs(t, err, domain.VersionConflict)
	early.Basis = 5
	r, err = app.Do(t.Context(), id, early, game.Arrival{})
	if must(t, r, err); r.Duplicate {
		t.Error("a command that was refused before is a duplicate")
	}
}

// A9: a snapshot is believed only if the stream has its last event. All others cost time, never truth.
func TestA9Snapshots(t *testing.T) {
	w := newWorld()
	app := w.server(t, "s1", commands.Config{})
	id := chessGame(t, app, clock.Spec{Type: clock.None})
	r, err := app.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
	must(t, r, err)
	truth, err := app.State(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	ahead := func() []byte { // of a future that a restore took back
		steps := game.Record(truth, truth.Rules, []game.Event{game.DrawOffered{Seat: "white"}}, event.Meta{})
		return game.Save(steps[0].After)
	}
	foreign := func() []byte { // another history of the same length
		s := game.New(id)
		for _, rec := range w.stream(id) {
			e, _, _ := game.Decode(rec)
			if _, ok := e.(game.MovePlayed); ok {
				e = game.MovePlayed{Seat: "white", M: move("d2d4").M}
			}
			rules, _ := games.Kinds("chess")
			s = game.Record(s, rules, []game.Event{e}, event.Meta{At: 1})[0].After
		}
		return game.Save(s)
	}
	otherGame := func() []byte {
		s := *truth
		s.ID = "another"
		return game.Save(&s)
	}
	good := game.Save(truth)
	for name, snapshot := range map[string][]byte{
		"ahead of the store": ahead(), "foreign history": foreign(), "other game": otherGame(),
		"bit flipped": append(append([]byte{}, good[:100]...), append([]byte{good[100] ^ 1}, good[101:]...)...),
		"truncated":   good[:len(good)/2], "empty": {}, "other schema": []byte("{}"),
	} {
		t.Run(name, func(t *testing.T) {
			w.put(id, snapshot)
			before := w.counted("snapshot rejected")
			fresh := w.server(t, "fresh "+name, commands.Config{})
			s, err := fresh.State(t.Context(), id)
			if err != nil || s.Version != 5 || s.Chain != truth.Chain {
				t.Fatalf("loaded %+v, %v", s, err)
			}
			if w.counted("snapshot rejected") != before+1 {
				t.Error("the snapshot was not rejected")
			}
			r, err := fresh.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
			if must(t, r, err); !r.Duplicate {
				t.Error("a command id was forgotten")
			}
		})
	}
	t.Run("good", func(t *testing.T) {
		w.put(id, good)
		s, err := w.server(t, "good", commands.Config{}).State(t.Context(), id)
		if err != nil || s.Chain != truth.Chain || w.counted("snapshot used") != 1 {
			t.Errorf("loaded %+v, %v", s, err)
		}
	})
}

// A14: a server that meets an event it can't read does not host that game, and says so.
func TestA14UnreadableEvent(t *testing.T) {
	w := newWorld()
	s1 := w.server(t, "s1", commands.Config{})
	id := chessGame(t, s1, clock.Spec{Type: clock.None})
	s, _ := s1.State(t.Context(), id)
	rec := game.Record(s, s.Rules, []game.Event{game.DrawOffered{Seat: "white"}}, event.Meta{})[0].Recorded
	rec.Type = "move-played.v9"
	rec.ID = event.Next(s.Chain, rec.Type, rec.Meta, rec.Data).ID()
	if err := w.Append(t.Context(), rec.Stream, 4, []event.Recorded{rec}); err != nil {
		t.Fatal(err)
	}
	_, err := w.server(t, "s2", commands.Config{}).State(t.Context(), id)
	refusedAs(t, err, domain.Unavailable)
	var follower collector
	_, stop, err := s1.Follow(t.Context(), id, &follower)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, err = s1.Do(t.Context(), id, game.Command{ID: "1", Player: "ann", Basis: 4, Wish: move("e2e4")}, game.Arrival{})
	refusedAs(t, err, domain.Unavailable)
	if follower.lost == nil {
		t.Error("followers were not told")
	}
	if w.counted("alarm unreadable game") != 2 {
		t.Error("no alarm")
	}
}

// A16: both seats ask for a rematch at once, in any order and on two servers: one game, both in it, sides swapped.
func TestA16RematchAtOnce(t *testing.T) {
	for round := range 50 {
		w := newWorld()
		hosts := []*commands.Application{w.server(t, "s1", commands.Config{}), w.server(t, "s2", commands.Config{})}
		id := chessGame(t, hosts[0], blitz)
		r, err := hosts[0].Do(t.Context(), id, game.Command{ID: "a", Player: "ann", Basis: 4, Wish: game.Abort{}}, game.Arrival{})
		must(t, r, err)
		var wg sync.WaitGroup
		next := make([]string, 2)
		for i, player := range []string{"ann", "bob"} {
			wg.Go(func() {
				for range 2 { // and each of them twice
					r, err := hosts[(i+round)%2].Do(t.Context(), id, game.Command{ID: "r", Player: player, Basis: 5, Wish: game.Rematch{}}, game.Arrival{})
					if err != nil {
						t.Error(err)
					}
					next[i] = r.Game
				}
			})
		}
		wg.Wait()
		if next[0] != next[1] || next[0] != commands.RematchID(id) {
			t.Fatalf("rematches %v", next)
		}
		s, err := w.server(t, "s3", commands.Config{}).State(t.Context(), next[0])
		if err != nil || s.Status != game.Ready || s.Seats[0].Player != "bob" || s.Seats[1].Player != "ann" || s.Setup.Parent != id {
			t.Fatalf("the next game is %+v, %v", s, err)
		}
		if len(w.told) != 1 {
			t.Fatalf("announced %v", w.told)
		}
	}
}

// Of two different moves for one turn, sent at once to two servers, exactly one is in the log.
func TestOneMoveWins(t *testing.T) {
	for range 100 {
		w := newWorld()
		hosts := []*commands.Application{w.server(t, "s1", commands.Config{}), w.server(t, "s2", commands.Config{})}
		id := chessGame(t, hosts[0], clock.Spec{Type: clock.None})
		var wg sync.WaitGroup
		var accepted atomic.Int32
		for i, uci := range []string{"e2e4", "d2d4"} {
			wg.Go(func() {
				_, err := hosts[i].Do(context.Background(), id, game.Command{ID: uci, Player: "ann", Basis: 4, Wish: move(uci)}, game.Arrival{})
				var refusal *domain.Error
				switch {
				case err == nil:
					accepted.Add(1)
				case !errors.As(err, &refusal) || (refusal.Kind != domain.VersionConflict && refusal.Kind != domain.NotYourTurn):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if accepted.Load() != 1 || len(w.stream(id)) != 5 {
			t.Fatalf("%d accepted, %d events", accepted.Load(), len(w.stream(id)))
		}
	}
}
