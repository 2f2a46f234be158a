package game_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// seek is a game of ann's that may be paired, at version 2.
func seek(t testing.TB) *table {
	t.Helper()
	tb := &table{t: t, s: game.New("testgame0001"), env: game.Env{Seats: []game.Measured{{Absent: game.Present}, {Absent: game.Present}}}}
	tb.ok("ann", 0, game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic,
		Pair: json.RawMessage(`{}`), Clock: clock.Spec{Type: clock.None}})
	return tb
}

var keepForBob = game.Keep{Seat: "black", Player: "bob", From: "testgame0002"}

// The stored bytes of what pairing records, for ever.
func TestGoldenPairing(t *testing.T) {
	tb := seek(t)
	tb.ok("", 0, keepForBob)
	tb.ok("", 0, game.Release{From: "testgame0002"})
	tb.ok("", 0, game.Pair{Next: "testgame0003"})
	golden := []string{
		`created.v1 {"kind":"chess","creator":"ann","clock":{"type":"none"},"access":"open","pair":{},"watch":"public"}`,
		`seated.v1 {"seat":"white","player":"ann"}`,
		`seat-kept.v1 {"seat":"black","player":"bob","from":"testgame0002"}`,
		`seat-released.v1 {"seat":"black"}`,
		`ended.v1 {"reason":"paired","next":"testgame0003"}`,
	}
	for i, rec := range tb.log {
		if got := fmt.Sprintf("%s %s", rec.Type, rec.Data); got != golden[i] {
			t.Errorf("version %d:\n got %s\nwant %s", i+1, got, golden[i])
		}
	}
	if tb.s.Status != game.Over || tb.s.Next != "testgame0003" || tb.s.Result.Reason != game.Paired {
		t.Errorf("after it: %s %+v, next %q", tb.s.Status, tb.s.Result, tb.s.Next)
	}
	drawn, err := game.Decide(game.New("testgame0001"), game.Command{ID: "x", Player: "ann", Wish: game.Create{Rules: chess.Rules{}, Kind: "chess",
		Seat: game.RandomSeat, Access: game.AccessOpen, Watch: game.WatchPublic, Clock: untimed}}, game.Env{})
	if created, _ := drawn[0].(game.Created); err != nil || !created.AnySeat {
		t.Errorf("that the seat was drawn is not recorded: %+v, %v", drawn, err)
	}
}

// A kept seat is the one player's for whom it is kept, and the game waits for them.
func TestKeptSeat(t *testing.T) {
	tb := seek(t)
	tb.ok("", 0, keepForBob)
	tb.refused("cid", 0, game.Sit{Seat: "black"}, domain.GameFull)
	tb.refused("cid", 0, game.Sit{Seat: game.AnySeat}, domain.GameFull)
	tb.refused("cid", 0, game.Abort{}, domain.NotAPlayer)
	tb.refused("bob", 0, game.Abort{}, domain.NotAPlayer)
	tb.refused("ann", 2, game.Abort{}, domain.Busy)
	tb.refused("", 0, game.Keep{Seat: "black", Player: "cid", From: "testgame0003"}, domain.GameFull)
	tb.refused("", 0, game.Pair{Next: "testgame0003"}, domain.Busy)
	if events, err := tb.try("", 0, keepForBob); err != nil || len(events) != 0 {
		t.Errorf("kept again: %v, %v", events, err)
	}
	tb.env.Seats[0].Absent = game.GhostAfter
	if events, _ := tb.try("", 0, game.Check{}); len(events) != 0 {
		t.Errorf("withdrawn while somebody is on the way: %v", events)
	}
	if events, err := tb.try("", 0, game.Release{From: "testgame0003"}); err != nil || len(events) != 0 {
		t.Errorf("given back by another game: %v, %v", events, err)
	}
	tb.ok("bob", 0, game.Sit{Seat: game.AnySeat})
	if tb.s.Status != game.Ready {
		t.Errorf("status %s after both have come", tb.s.Status)
	}
	tb.refused("", 0, keepForBob, domain.AlreadyJoined)
	tb.refused("", 0, game.Keep{Seat: "black", Player: "cid", From: "testgame0003"}, domain.GameFull)
	tb.refused("", 0, game.Pair{Next: "testgame0003"}, domain.GameFull)
	if events, err := tb.try("", 0, game.Release{From: "testgame0002"}); err != nil || len(events) != 0 {
		t.Errorf("given back although taken: %v, %v", events, err)
	}
}

// An attempt that was called off is refused for ever, and touches no other attempt.
func TestPass(t *testing.T) {
	tb := seek(t)
	at := tb.s.Version
	tb.ok("", 0, game.Pass{At: at})
	if events, err := tb.try("", 0, game.Pass{At: at}); err != nil || len(events) != 0 {
		t.Errorf("passed over again: %v, %v", events, err)
	}
	old := game.Keep{Seat: "black", Player: "bob", From: "testgame0002", FromVersion: 2, At: at}
	tb.refused("", 0, old, domain.VersionConflict)
	tb.refused("", 0, game.Pair{Next: "testgame0003", At: at}, domain.VersionConflict)
	fresh := old
	fresh.At, fresh.FromVersion = tb.s.Version, 4
	tb.ok("", 0, fresh)
	if events, err := tb.try("", 0, fresh); err != nil || len(events) != 0 {
		t.Errorf("kept again: %v, %v", events, err)
	}
	tb.refused("", 0, old, domain.VersionConflict)
	for _, other := range []game.Release{{From: "testgame0002", FromVersion: 2}, {From: "testgame0002"}} {
		if events, err := tb.try("", 0, other); err != nil || len(events) != 0 {
			t.Errorf("given back by another attempt: %v, %v", events, err)
		}
	}
	tb.ok("", 0, game.Release{From: "testgame0002", FromVersion: 4})
	tb.ok("", 0, game.Pair{Next: "testgame0003", At: tb.s.Version})
	tb.refused("", 0, game.Pass{At: tb.s.Version}, domain.GameOver)
	met := seek(t)
	met.ok("bob", 0, game.Sit{Seat: "black"})
	met.refused("", 0, game.Pass{At: met.s.Version}, domain.GameFull)
}

// Only games that ask to be paired are, and nobody is moved out of a game in which two have met.
func TestPairRefused(t *testing.T) {
	plain := newTable(t, untimed)
	plain.refused("", 0, keepForBob, domain.GameFull)
	plain.refused("", 0, game.Pair{Next: "testgame0003"}, domain.Forbidden)
	over := seek(t)
	over.ok("ann", 2, game.Abort{})
	over.refused("", 0, keepForBob, domain.GameOver)
	over.refused("", 0, game.Pair{Next: "testgame0003"}, domain.GameOver)
	nowhere := &table{t: t, s: game.New("testgame0001"), env: game.Env{Seats: make([]game.Measured, 2)}}
	nowhere.refused("", 0, keepForBob, domain.NotFound)
	nowhere.ok("ann", 0, game.Create{Rules: chess.Rules{}, Kind: "chess", Access: game.AccessOpen, Watch: game.WatchPublic,
		Pair: json.RawMessage(`{}`), Clock: untimed})
	nowhere.refused("", 0, game.Pair{Next: "testgame0003"}, domain.Forbidden)
}

// Who waits in an open game and goes is not waited for; who invited may come back whenever they like.
func TestGhost(t *testing.T) {
	check := func(tb *table, absent int64) []game.Event {
		t.Helper()
		tb.env.Seats[0].Absent = absent
		events, err := tb.try("", 0, game.Check{})
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	open := newTable(t, untimed)
	for _, absent := range []int64{game.Present, 0, game.GhostAfter - 1} {
		if events := check(open, absent); len(events) != 0 {
			t.Errorf("absent for %d ms: %v", absent, events)
		}
	}
	events := check(open, game.GhostAfter)
	if ended, _ := events[0].(game.Ended); len(events) != 1 || ended.Reason != game.Withdrawn || ended.Scores != nil {
		t.Errorf("a ghost: %v", events)
	}
	met := started(t, untimed)
	if events := check(met, 10*game.GhostAfter); len(events) != 0 {
		t.Errorf("withdrawn after the start: %v", events)
	}
	for _, wish := range []game.Create{
		{Seat: "white", Access: game.AccessInvite}, // an invitation
		{Access: game.AccessOpen},                  // an organiser's
	} {
		wish.Rules, wish.Kind, wish.Watch, wish.Clock = chess.Rules{}, "chess", game.WatchPublic, untimed
		tb := &table{t: t, s: game.New("testgame0001"), env: game.Env{Seats: make([]game.Measured, 2)}}
		tb.ok("ann", 0, wish)
		if events := check(tb, 10*game.GhostAfter); len(events) != 0 {
			t.Errorf("%+v is withdrawn: %v", wish, events)
		}
	}
}

// A challenge is declined by the one who is challenged, as long as it stands.
func TestDecline(t *testing.T) {
	tb := &table{t: t, s: game.New("testgame0001"), env: game.Env{Seats: make([]game.Measured, 2)}}
	tb.ok("ann", 0, game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessInvite, Watch: game.WatchPublic,
		Clock: untimed, Reserved: map[game.Seat]string{"black": "bob"}})
	tb.refused("cid", 2, game.Abort{}, domain.NotAPlayer)
	tb.refused("bob", 2, game.Resign{}, domain.NotAPlayer)
	tb.ok("bob", 2, game.Abort{})
	if tb.s.Status != game.Over || tb.s.Result.Reason != game.Aborted || tb.s.Result.Scores != nil {
		t.Errorf("declined: %s, %+v", tb.s.Status, tb.s.Result)
	}
	tb.refused("bob", 3, game.Abort{}, domain.GameOver)
}
