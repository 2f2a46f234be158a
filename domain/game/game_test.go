package game_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/domain/games/chess"
)

// table is a game under test: commands go in, the events are stored and folded as a server would.
type table struct {
	t      testing.TB
	s      *game.State
	log    []event.Recorded
	env    game.Env
	nextID int
}

func newTable(t testing.TB, spec clock.Spec) *table {
	t.Helper()
	tb := &table{t: t, s: game.New("testgame0001"), env: game.Env{Seats: []game.Measured{{Absent: game.Present}, {Absent: game.Present}}}}
	tb.ok("ann", 0, game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic, Clock: spec})
	return tb
}

// started is a game of ann (white) and bob (black), at version 4.
func started(t testing.TB, spec clock.Spec) *table {
	t.Helper()
	tb := newTable(t, spec)
	tb.ok("bob", 0, game.Sit{Seat: "black"})
	return tb
}

func (tb *table) try(player string, basis uint64, w game.Wish) ([]game.Event, error) {
	return game.Decide(tb.s, game.Command{ID: "x", Player: player, Basis: basis, Wish: w}, tb.env)
}

// ok carries a command out and folds what it caused, through the stored bytes.
func (tb *table) ok(player string, basis uint64, w game.Wish) []game.Event {
	tb.t.Helper()
	events, err := tb.try(player, basis, w)
	if err != nil {
		tb.t.Fatalf("%s of %s at version %d: %v", w.Name(), player, tb.s.Version, err)
	}
	tb.nextID++
	meta := event.Meta{Command: fmt.Sprint("c-", tb.nextID), Player: player, At: int64(1000 * tb.nextID), Server: "s", Up: int64(10 * tb.nextID)}
	for _, step := range game.Record(tb.s, chess.Rules{}, events, meta) {
		folded, err := game.Fold(tb.s, step.Recorded, games.Kinds)
		if err != nil {
			tb.t.Fatal(err)
		}
		if string(game.Save(folded.After)) != string(game.Save(step.After)) {
			tb.t.Fatalf("folding version %d gives another state than recording it", step.Version())
		}
		tb.s = folded.After
		tb.log = append(tb.log, step.Recorded)
	}
	return events
}

func (tb *table) refused(player string, basis uint64, w game.Wish, kind domain.Kind) *domain.Error {
	tb.t.Helper()
	events, err := tb.try(player, basis, w)
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Kind != kind {
		tb.t.Errorf("%s of %s at version %d (basis %d): %v, %v; want %s", w.Name(), player, tb.s.Version, basis, events, err, kind)
		return &domain.Error{}
	}
	return refusal
}

func (tb *table) moves(ucis ...string) {
	tb.t.Helper()
	for _, uci := range ucis {
		p := tb.s.Seats[tb.s.Index(tb.s.Turn()[0])]
		tb.ok(p.Player, tb.s.Version, move(uci))
	}
}

func (tb *table) elapsed(white, black int64) {
	tb.env.Seats[0].Elapsed, tb.env.Seats[1].Elapsed = white, black
}

func (tb *table) ended(reason string, winner game.Seat, white, black int) {
	tb.t.Helper()
	r := tb.s.Result
	if tb.s.Status != game.Over || r.Reason != reason || r.Winner != winner || r.Scores["white"] != white || r.Scores["black"] != black {
		tb.t.Errorf("status %s, result %+v; want %s for %q", tb.s.Status, r, reason, winner)
	}
}

func move(uci string) game.Move {
	m, _ := json.Marshal(uci)
	return game.Move{M: m}
}

var (
	untimed = clock.Spec{Type: clock.None}
	blitz   = clock.Spec{Type: clock.Fischer, Initial: 60_000, Increment: 2_000}
)

func TestSeats(t *testing.T) {
	tb := newTable(t, untimed)
	if tb.s.Version != 2 || tb.s.Status != game.Open {
		t.Fatalf("created: %+v", tb.s)
	}
	tb.refused("ann", 2, move("e2e4"), domain.NotStarted)
	tb.refused("ann", 0, game.Sit{Seat: "black"}, domain.AlreadyJoined)
	tb.refused("bob", 0, game.Sit{Seat: "green"}, domain.NotFound)
	tb.refused("bob", 0, game.Sit{Seat: "white"}, domain.GameFull)
	tb.refused("bob", 0, game.Resign{}, domain.NotAPlayer)
	tb.ok("bob", 0, game.Sit{Seat: game.AnySeat})
	if tb.s.Version != 4 || tb.s.Status != game.Ready || len(tb.s.Running()) != 0 {
		t.Fatalf("started: %+v", tb.s)
	}
	tb.refused("eve", 0, game.Sit{Seat: game.AnySeat}, domain.GameFull)
	tb.refused("eve", 0, game.Sit{Seat: "black"}, domain.GameFull)
}

func TestInvitationsAndReservations(t *testing.T) {
	create := game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessInvite, Watch: game.WatchPublic, Clock: untimed}
	tb := &table{t: t, s: game.New("invited00001")}
	tb.ok("ann", 0, create)
	tb.refused("bob", 0, game.Sit{Seat: "black"}, domain.Forbidden)
	tb.refused("bob", 0, game.Sit{Seat: game.AnySeat}, domain.Forbidden)
	tb.ok("bob", 0, game.Sit{Seat: "black", Invited: true})
	tb.refused("eve", 0, game.Sit{Seat: "black"}, domain.Forbidden) // before full
	tb.refused("eve", 0, game.Sit{Seat: "black", Invited: true}, domain.GameFull)

	create.Reserved = map[game.Seat]string{"black": "bob"}
	tb = &table{t: t, s: game.New("reserved0001")}
	tb.ok("ann", 0, create)
	tb.refused("eve", 0, game.Sit{Seat: "black", Invited: true}, domain.Forbidden)
	tb.ok("bob", 0, game.Sit{Seat: game.AnySeat})
}

func TestCreateRefusals(t *testing.T) {
	good := game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessInvite, Watch: game.WatchPublic, Clock: blitz}
	for name, change := range map[string]func(*game.Create){
		"seat":              func(c *game.Create) { c.Seat = "green" },
		"access":            func(c *game.Create) { c.Access = "closed" },
		"watch":             func(c *game.Create) { c.Watch = "maybe" },
		"delay":             func(c *game.Create) { c.Delay = game.MaxDelay + 1 },
		"negative delay":    func(c *game.Create) { c.Delay = -1 },
		"clock type":        func(c *game.Create) { c.Clock.Type = "sand" },
		"initial":           func(c *game.Create) { c.Clock.Initial = 999 },
		"initial too long":  func(c *game.Create) { c.Clock.Initial = 86_400_001 },
		"increment":         func(c *game.Create) { c.Clock.Increment = 600_001 },
		"days":              func(c *game.Create) { c.Clock = clock.Spec{Type: clock.Days, Days: 15} },
		"own seat reserved": func(c *game.Create) { c.Reserved = map[game.Seat]string{"white": "bob"} },
		"no such seat":      func(c *game.Create) { c.Reserved = map[game.Seat]string{"green": "bob"} },
		"two seats for one": func(c *game.Create) { c.Reserved = map[game.Seat]string{"black": "ann"} },
		"rated, no clock":   func(c *game.Create) { c.Rated, c.Clock = true, untimed },
		"pair without open": func(c *game.Create) { c.Pair = json.RawMessage(`{}`) },
		"setup":             func(c *game.Create) { c.Setup = json.RawMessage(`{"fen":"8/8/8/8/8/8/8/8 w - - 0 1"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			tb := &table{t: t, s: game.New("refused00001")}
			tb.refused("ann", 0, c, domain.InvalidField)
		})
	}
	tb := &table{t: t, s: game.New("guest0000001")}
	good.Rated = true
	_, err := game.Decide(tb.s, game.Command{ID: "x", Player: "ann", Guest: true, Wish: good}, game.Env{})
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.Kind != domain.InvalidField {
		t.Errorf("rated game of a guest: %v", err)
	}
}

func TestRandomSeatIsOneOfTheFree(t *testing.T) {
	seen := map[game.Seat]bool{}
	for i := range byte(8) {
		s := game.New("random000001")
		events, err := game.Decide(s, game.Command{ID: "x", Player: "ann", Wish: game.Create{Rules: chess.Rules{}, Kind: "chess",
			Seat: game.RandomSeat, Access: game.AccessOpen, Watch: game.WatchPublic, Clock: untimed}}, game.Env{Seed: game.Seed{7: i}})
		if err != nil {
			t.Fatal(err)
		}
		seen[events[1].(game.Seated).Seat] = true
	}
	if !seen["white"] || !seen["black"] {
		t.Errorf("seats %v", seen)
	}
}

func TestBasis(t *testing.T) {
	tb := started(t, untimed)
	tb.refused("ann", 5, move("e2e4"), domain.VersionConflict) // ahead of the game
	tb.refused("ann", 3, move("e2e4"), domain.VersionConflict) // before started
	tb.moves("e2e4")                                           // v5
	tb.refused("bob", 4, move("e7e5"), domain.VersionConflict)
	tb.ok("bob", 5, game.DrawOffer{}) // v6
	tb.ok("bob", 5, move("e7e5"))     // v7: the position has not changed since 5
	tb.refused("ann", 5, game.DrawAccept{}, domain.VersionConflict)
	tb.ok("ann", 6, game.DrawAccept{}) // its own offer survives bob's move
	tb.ended(game.Agreement, "", 1, 1)
}

func TestOrderOfRefusals(t *testing.T) {
	tb := started(t, untimed)
	tb.moves("e2e4")
	tb.refused("eve", 99, move("e2e4"), domain.NotAPlayer)
	tb.refused("ann", 4, move("e2e9"), domain.VersionConflict) // before not_your_turn
	tb.refused("ann", 5, move("e2e9"), domain.NotYourTurn)     // before illegal_move
	tb.refused("bob", 5, move("e2e9"), domain.IllegalMove)
	tb.refused("bob", 5, game.DrawAccept{}, domain.NoOffer)
	tb.ok("bob", 0, game.Resign{})
	tb.ended(game.Resigned, "white", 2, 0)
	over := tb.refused("bob", 99, move("e7e5"), domain.GameOver) // before version_conflict
	if over.Reason != game.Resigned || over.Winner != "white" {
		t.Errorf("told %+v", over)
	}
}

func TestAbort(t *testing.T) {
	tb := newTable(t, untimed)
	tb.refused("bob", 0, game.Abort{}, domain.NotAPlayer)
	tb.ok("ann", 0, game.Abort{})
	tb.ended(game.Withdrawn, "", 0, 0)
	if tb.s.Result.Scores != nil {
		t.Error("scores of a withdrawn game")
	}
	tb = started(t, untimed)
	tb.refused("ann", 0, game.Resign{}, domain.NotStarted)
	tb.moves("e2e4")
	tb.refused("ann", 0, game.Abort{}, domain.Forbidden)
	tb.ok("bob", 0, game.Abort{})
	tb.ended(game.Aborted, "", 0, 0)
}

func TestDrawOffers(t *testing.T) {
	tb := started(t, untimed)
	tb.refused("ann", 4, game.DrawOffer{}, domain.NotStarted)
	tb.moves("e2e4")
	tb.ok("ann", 5, game.DrawOffer{})
	tb.refused("ann", 6, game.DrawOffer{}, domain.TooEarly)
	tb.refused("ann", 6, game.DrawAccept{}, domain.NoOffer) // her own
	tb.ok("bob", 6, game.DrawDecline{})
	tb.refused("bob", 7, game.DrawDecline{}, domain.NoOffer)
	tb.refused("ann", 7, game.DrawOffer{}, domain.TooEarly) // no own move between
	tb.moves("e7e5", "g1f3")
	tb.ok("ann", 9, game.DrawOffer{})
	tb.moves("b8c6") // the offer lapses without an event
	tb.refused("bob", tb.s.Version, game.DrawAccept{}, domain.NoOffer)
	tb.ok("bob", tb.s.Version, game.DrawOffer{})
	tb.ok("ann", tb.s.Version, game.DrawOffer{}) // crosses: accepts
	tb.ended(game.Agreement, "", 1, 1)
}

func TestTakebacks(t *testing.T) {
	tb := started(t, blitz)
	tb.moves("e2e4")
	tb.refused("bob", 5, game.TakebackOffer{}, domain.TooEarly) // has not moved
	tb.ok("ann", 5, game.TakebackOffer{})
	if tb.s.Takeback.Plies != 1 {
		t.Errorf("plies %d, want 1", tb.s.Takeback.Plies)
	}
	tb.refused("ann", 6, game.TakebackOffer{}, domain.TooEarly)
	tb.ok("bob", 6, game.TakebackAccept{})
	if tb.s.Version != 7 || tb.s.Turn()[0] != "white" || tb.s.Status != game.Live {
		t.Errorf("after the takeback: version %d, turn %v, %s", tb.s.Version, tb.s.Turn(), tb.s.Status)
	}
	tb.refused("ann", 5, move("d2d4"), domain.VersionConflict)
	tb.moves("d2d4", "d7d5")
	tb.ok("ann", tb.s.Version, game.TakebackOffer{})
	if tb.s.Takeback.Plies != 2 {
		t.Errorf("plies %d, want 2", tb.s.Takeback.Plies)
	}
	tb.ok("bob", tb.s.Version, game.TakebackDecline{})
	tb.refused("bob", tb.s.Version, game.TakebackAccept{}, domain.NoOffer)
	tb.ok("bob", tb.s.Version, game.TakebackOffer{})
	tb.moves("c2c4") // lapses
	tb.refused("ann", tb.s.Version, game.TakebackAccept{}, domain.NoOffer)
}

func TestDrawClaim(t *testing.T) {
	tb := started(t, untimed)
	tb.moves("g1f3", "g8f6", "f3g1", "f6g8", "g1f3", "g8f6", "f3g1")
	tb.refused("bob", tb.s.Version, game.DrawClaim{}, domain.TooEarly)
	tb.moves("f6g8")
	tb.refused("bob", tb.s.Version, game.DrawClaim{}, domain.NotYourTurn)
	tb.ok("ann", tb.s.Version, game.DrawClaim{})
	tb.ended("threefold", "", 1, 1)
}

func TestMateEndsInTheSameAppend(t *testing.T) {
	tb := started(t, untimed)
	tb.moves("f2f3", "e7e5", "g2g4")
	events := tb.ok("bob", tb.s.Version, move("d8h4"))
	if len(events) != 2 {
		t.Fatalf("%d events, want move and ended", len(events))
	}
	tb.ended("mate", "black", 0, 2)
}

func TestClaimsOnTheAbsent(t *testing.T) {
	tb := started(t, blitz) // 60 + 40*2 s < 480 s: 30 s after gone
	tb.moves("e2e4")
	tb.refused("ann", 5, game.ClaimVictory{}, domain.TooEarly)
	tb.env.Seats[1].Absent = game.GoneAfter - 1
	if r := tb.refused("ann", 5, game.ClaimVictory{}, domain.TooEarly); r.After != 0 {
		t.Errorf("after %d while not gone", r.After)
	}
	tb.env.Seats[1].Absent = game.GoneAfter + 10_000
	if r := tb.refused("ann", 5, game.ClaimDraw{}, domain.TooEarly); r.After != 20_000 {
		t.Errorf("after %d, want 20,000", r.After)
	}
	tb.env.Seats[1].Absent = game.GoneAfter + 30_000
	tb.ok("ann", 5, game.ClaimVictory{})
	tb.ended(game.Abandoned, "white", 2, 0)
	for spec, want := range map[clock.Spec]int64{
		{Type: clock.Fischer, Initial: 480_000}:                   60_000,
		{Type: clock.Fischer, Initial: 79_999, Increment: 10_000}: 30_000,
		{Type: clock.Fischer, Initial: 80_000, Increment: 10_000}: 60_000,
		{Type: clock.Delay, Initial: 479_999, Delay: 600_000}:     30_000,
		{Type: clock.None}: 30_000,
	} {
		if ms, ok := game.ClaimAfter(started(t, spec).s); !ok || ms != want {
			t.Errorf("%+v: %d, want %d", spec, ms, want)
		}
	}
	if _, ok := game.ClaimAfter(started(t, clock.Spec{Type: clock.Days, Days: 1}).s); ok {
		t.Error("a game of days can be claimed")
	}
}
