package outage_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// outage is how long the server is away.
const outage = 5 * time.Second

// running is a game whose first two moves are made, so that white's clock runs.
type running struct {
	*testing.T
	ctx          context.Context
	server       *harness.Server
	id           string
	white, black *client.Game
}

func start(t *testing.T, initial int64) *running {
	t.Helper()
	ctx := harness.Within(t, 2*time.Minute)
	r := &running{T: t, ctx: ctx, server: harness.Start(t)}
	var people [2]*client.Client
	for i, name := range []string{"Ann", "Bob"} {
		guest, err := r.server.Client().Guest(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		people[i] = guest
	}
	made, err := people[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white",
		Clock: &client.Clock{Type: "fischer", Initial: initial}})
	if err != nil {
		t.Fatal(err)
	}
	r.id = made.Game
	if _, err := people[1].Sit(ctx, r.id, "black", made.Invites["black"]); err != nil {
		t.Fatal(err)
	}
	if r.white, err = people[0].Play(ctx, r.id, nil); err != nil {
		t.Fatal(err)
	}
	if r.black, err = people[1].Play(ctx, r.id, nil); err != nil {
		t.Fatal(err)
	}
	r.move(r.white, "e2e4")
	r.move(r.black, "e7e5")
	return r
}

func (r *running) move(player *client.Game, uci string) uint64 {
	r.Helper()
	receipt, err := player.Do(r.ctx, client.Move(uci))
	if err != nil {
		r.Fatal(err)
	}
	for _, p := range []*client.Game{r.white, r.black} {
		if _, err := p.Wait(r.ctx, func(s client.State) bool { return s.V >= receipt.V }); err != nil {
			r.Fatal(err)
		}
	}
	return receipt.V
}

// timed is what this test reads of an event.
type timed struct {
	T       string `json:"t"`
	V       uint64 `json:"v"`
	Reason  string `json:"reason"`
	Seat    string `json:"seat"`
	Charged int64  `json:"charged"`
	Elapsed int64  `json:"elapsed"`
	Winner  string `json:"winner"`
	Clock   struct {
		Left map[string]int64 `json:"left"`
	} `json:"clock"`
}

func (r *running) events() (events []timed) {
	r.Helper()
	err := r.server.Client().Events(r.ctx, r.id, 0, func(m client.Message) error {
		var e timed
		if err := json.Unmarshal(m.Raw, &e); err != nil {
			return err
		}
		events = append(events, e)
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	return events
}

// pass lets wall time go by: an outage is nothing but time.
func pass(d time.Duration) { <-time.After(d) }

// TestKilled: the server is killed while white thinks, and is away for 5 s. White is charged what it had used before, the
// record says so, and the game goes on.
func TestKilled(t *testing.T) {
	t.Parallel()
	r := start(t, 60_000)
	before := time.Now()
	pass(2 * time.Second)
	r.server.Kill9()
	used := time.Since(before).Milliseconds()
	pass(outage)
	r.server.Restart()
	r.move(r.white, "g1f3")
	events := r.events()
	adjusted := events[6]
	if adjusted.T != "clock-adjusted" || adjusted.Reason != "failover" || adjusted.Seat != "white" {
		t.Fatalf("the first event after the outage is %+v", adjusted)
	}
	// The mark of life is refreshed each second: up to that much, and what it takes to write it, goes uncharged.
	if adjusted.Charged > used || adjusted.Charged < used-2_500 {
		t.Errorf("charged %d ms of the %d used before the outage", adjusted.Charged, used)
	}
	if left := adjusted.Clock.Left["white"]; left != 60_000-adjusted.Charged {
		t.Errorf("left %d after being charged %d", left, adjusted.Charged)
	}
	moved := events[7]
	if moved.T != "move" || moved.Clock.Left["black"] != 60_000 || moved.Clock.Left["white"] > adjusted.Clock.Left["white"] {
		t.Errorf("the move after it: %+v", moved)
	}
	if total := 60_000 - moved.Clock.Left["white"]; total > used+outage.Milliseconds() {
		t.Errorf("white was charged %d ms in all: the outage is among them", total)
	}
	if holes := r.white.Holes() + r.black.Holes(); holes != 0 {
		t.Errorf("%d holes", holes)
	}
}

// TestStopped: the process is stopped for 5 s and goes on: its games stood still, and there is nothing to record.
func TestStopped(t *testing.T) {
	t.Parallel()
	r := start(t, 60_000)
	r.server.Pause()
	pass(outage)
	r.server.Resume()
	r.move(r.white, "g1f3")
	events := r.events()
	moved := events[len(events)-1]
	if len(events) != 7 || moved.T != "move" {
		t.Fatalf("%d events, the last is %+v", len(events), moved)
	}
	// The live clock takes at most 250 ms of a pause; the rest is the test's own time.
	if moved.Elapsed >= outage.Milliseconds()-1_000 {
		t.Errorf("elapsed %d ms: the pause was charged", moved.Elapsed)
	}
}

// TestFlagAfterRestart: nobody comes back after the outage; the flag falls all the same.
func TestFlagAfterRestart(t *testing.T) {
	t.Parallel()
	r := start(t, 3_000)
	r.white.Close()
	r.black.Close()
	r.server.Kill9()
	pass(outage)
	r.server.Restart()
	// What was left, the grace for sockets that another server may hold, and the policy's pace: protocol section 13 allows 12 s.
	harness.Eventually(t, 15*time.Second, "the flag falls", func() bool {
		s, err := r.server.Client().Look(r.ctx, r.id, 0)
		return err == nil && s.Status == "ended"
	})
	events := r.events()
	if last := events[len(events)-1]; last.T != "ended" || last.Reason != "timeout" || last.Winner != "black" || last.Clock.Left["white"] != 0 {
		t.Errorf("the end is %+v", last)
	}
	if adjusted := events[6]; adjusted.T != "clock-adjusted" || adjusted.Charged >= outage.Milliseconds() {
		t.Errorf("the first event after the outage is %+v", adjusted)
	}
}
