package game_test

import (
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

func TestClockFigures(t *testing.T) {
	tb := started(t, blitz)
	tb.elapsed(20_000, 0)
	tb.moves("e2e4") // untimed
	tb.elapsed(0, 25_000)
	tb.moves("e7e5") // untimed
	if tb.s.Seats[0].Left != 60_000 || tb.s.Seats[1].Left != 60_000 {
		t.Fatalf("first moves were charged: %v", tb.s.Times())
	}
	if run := tb.s.Running(); len(run) != 1 || run[0] != "white" {
		t.Fatalf("running %v, want white", run)
	}
	tb.elapsed(10_000, 0)
	tb.env.Seats[0].Lag = 300
	e := tb.ok("ann", tb.s.Version, move("g1f3"))[0].(game.MovePlayed)
	// 10 s used, 0.3 s forgiven, 2 s gained.
	if e.Elapsed != 10_000 || e.Lag != 300 || e.Comp != 300 || e.Left["white"] != 60_000-10_000+300+2_000 || e.Left["black"] != 60_000 {
		t.Errorf("recorded %+v", e)
	}
}

func TestDelayClock(t *testing.T) {
	tb := started(t, clock.Spec{Type: clock.Delay, Initial: 60_000, Delay: 5_000})
	tb.moves("e2e4", "e7e5")
	tb.elapsed(4_000, 0)
	tb.moves("g1f3")
	tb.elapsed(0, 7_000)
	tb.moves("b8c6")
	if tb.s.Seats[0].Left != 60_000 || tb.s.Seats[1].Left != 58_000 {
		t.Errorf("left %v, want 60,000 and 58,000", tb.s.Times())
	}
	tb.elapsed(64_999, 0)
	if events, _ := tb.try("", 0, game.Check{}); len(events) != 0 {
		t.Error("the flag falls before initial + delay")
	}
	tb.elapsed(65_000, 0)
	if events, _ := tb.try("", 0, game.Check{}); len(events) != 1 {
		t.Error("the flag does not fall at initial + delay")
	}
}

func TestFlag(t *testing.T) {
	tb := started(t, blitz)
	tb.moves("e2e4", "e7e5")
	tb.elapsed(59_999, 0)
	if in, ok := game.Due(tb.s, tb.env); !ok || in != 1 {
		t.Errorf("due in %d, %v", in, ok)
	}
	tb.elapsed(60_000, 0)
	tb.env.Seats[0].Lag = 100 // a move that was on its way for 0.1 s may still come
	if events, _ := tb.try("", 0, game.Check{}); len(events) != 0 {
		t.Error("the flag falls although lag would be forgiven")
	}
	tb.elapsed(60_100, 0)
	ended := tb.ok("", 0, game.Check{})[0].(game.Ended)
	tb.ended(game.TimedOut, "black", 0, 2)
	if ended.Left["white"] != 0 {
		t.Errorf("left %v", ended.Left)
	}
}

func TestFirstMoveIsDue(t *testing.T) {
	tb := started(t, blitz)
	tb.elapsed(29_999, 0)
	if events, _ := tb.try("", 0, game.Check{}); len(events) != 0 {
		t.Error("over before the 30 s are")
	}
	tb.moves("e2e4")
	tb.elapsed(0, 30_000)
	tb.ok("", 0, game.Check{})
	tb.ended(game.NoStart, "", 0, 0)
	for _, spec := range []clock.Spec{untimed, {Type: clock.Days, Days: 2}} {
		tb := started(t, spec)
		tb.elapsed(60_000, 0)
		if events, _ := tb.try("", 0, game.Check{}); len(events) != 0 {
			t.Errorf("%s: %v", spec.Type, events)
		}
	}
}

func TestDays(t *testing.T) {
	tb := started(t, clock.Spec{Type: clock.Days, Days: 2})
	tb.moves("e2e4", "e7e5")
	tb.elapsed(clock.Day, 0)
	tb.moves("g1f3")
	if tb.s.Seats[0].Left != 2*clock.Day {
		t.Errorf("left %d after a move in time", tb.s.Seats[0].Left)
	}
	tb.elapsed(0, 2*clock.Day)
	tb.ok("", 0, game.Check{})
	tb.ended(game.TimedOut, "white", 2, 0)
}

func TestAddTime(t *testing.T) {
	tb := started(t, blitz)
	tb.refused("ann", 4, game.AddTime{}, domain.NotStarted)
	tb.moves("e2e4")
	origin := tb.s.Seats[1].Origin
	tb.ok("ann", 0, game.AddTime{})
	if tb.s.Seats[1].Left != 75_000 || tb.s.Seats[1].Origin != origin {
		t.Errorf("seat %+v", tb.s.Seats[1])
	}
	tb = started(t, untimed)
	tb.moves("e2e4")
	tb.refused("ann", 0, game.AddTime{}, domain.Forbidden)
}

func TestAdjust(t *testing.T) {
	tb := started(t, blitz)
	tb.moves("e2e4", "e7e5")
	since := tb.s.Seats[0].Since
	tb.ok("", 0, game.Adjust{Seat: "white", Charged: 7_000, Reason: game.Failover})
	p := tb.s.Seats[0]
	if p.Left != 53_000 || p.Origin.Version != tb.s.Version || p.Since != since {
		t.Errorf("seat %+v: want 53,000 ms, measured from now, the basis unchanged", p)
	}
	tb.ok("", 0, game.Adjust{Seat: "white", Charged: 90_000, Reason: game.Failover})
	if left := tb.s.Seats[0].Left; left != 0 {
		t.Errorf("left %d, want 0", left)
	}
}

// The quota of scalachess: 60 + 40*2 = 140 s -> gain 71 cs; starts at 3 gains, at most 7.
func TestLagQuota(t *testing.T) {
	const gain = 710
	q := blitz.StartQuota()
	if q != 3*gain {
		t.Fatalf("starts at %d", q)
	}
	if got := q.Forgive(5_000, 10_000); got != 3*gain {
		t.Errorf("forgives %d of 5,000", got)
	}
	if got := q.Forgive(5_000, 100); got != 100 {
		t.Errorf("forgives %d of 100 elapsed", got)
	}
	if q = blitz.AfterMove(q, 3*gain); q != gain {
		t.Errorf("after an exhausted quota: %d", q)
	}
	for range 20 {
		q = blitz.AfterMove(q, 0)
	}
	if q != 7*gain {
		t.Errorf("grows to %d", q)
	}
}
