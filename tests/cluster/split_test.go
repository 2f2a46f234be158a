package cluster_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/plygames/ply/tests/corpus"
	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/haproxy"
	"github.com/plygames/ply/transport/client"
)

// TestA1SplitForTheWholeGame: after a restart the proxy leaves old sockets where they are. White reloads the page and
// sits on another server than black for the rest of the game; nothing is missed and nobody flags wrongly.
func TestA1SplitForTheWholeGame(t *testing.T) {
	at := open(t, shape{journal: true, brokers: 1, play: 2})
	ctx := harness.Within(t, 5*time.Minute)
	games, err := corpus.Games()
	if err != nil {
		t.Fatal(err)
	}
	var line []string // long, and not over by the rules before its end
	for _, g := range games {
		if g.Start == "" && len(g.Moves) >= 60 && g.Result == "1-0" {
			line = g.Moves
			break
		}
	}
	nobody := at.nobody()
	var people [2]*client.Client
	for i, name := range []string{"Ann", "Bob"} {
		if people[i], err = nobody.Guest(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	made, err := people[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Clock: &client.Clock{Type: "fischer", Initial: 600_000}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people[1].Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		t.Fatal(err)
	}
	seats, seen := [2]*client.Game{}, [2][]uint64{}
	for i := range seats {
		if seats[i], err = people[i].Play(ctx, made.Game, func(m client.Message) {
			if m.Numbered() {
				seen[i] = append(seen[i], m.V)
			}
		}); err != nil {
			t.Fatal(err)
		}
		defer seats[i].Close()
	}
	home := at.homeOf(made.Game)
	other := 1 - home
	move := func(ply int) {
		t.Helper()
		r, err := seats[ply%2].Do(ctx, client.Move(line[ply]))
		if err != nil {
			t.Fatalf("ply %d: %v", ply+1, err)
		}
		if _, err := seats[1-ply%2].Wait(ctx, func(s client.State) bool { return s.V >= r.V }); err != nil {
			t.Fatalf("ply %d does not reach the other seat: %v", ply+1, err)
		}
	}
	for ply := range 10 {
		move(ply)
	}
	at.play[home].Kill9()
	harness.Eventually(t, 30*time.Second, "both seats have come to the other server", func() bool { return at.sockets(other) == 2 })
	at.play[home].Restart()
	at.proxy.Await("play", fmt.Sprintf("ws%d", home+1), haproxy.Up)
	if n := at.sockets(other); n != 2 {
		t.Fatalf("%d sockets stayed, want 2", n)
	}
	seats[0].Drop() // white reloads
	harness.Eventually(t, 30*time.Second, "white sits at home, black elsewhere", func() bool {
		return at.sockets(home) == 1 && at.sockets(other) == 1
	})
	for ply := 10; ply < len(line); ply++ {
		move(ply)
	}
	if at.sockets(home) != 1 || at.sockets(other) != 1 {
		t.Error("the seats did not stay apart: the test proves nothing")
	}
	if _, err := seats[1].Do(ctx, client.Plain("resign")); err != nil {
		t.Fatal(err)
	}
	for i, seat := range seats {
		s, err := seat.Wait(ctx, func(s client.State) bool { return s.Status == "ended" })
		if err != nil || s.Reason != "resign" || s.Winner != "white" || seat.Holes() != 0 {
			t.Errorf("seat %d sees %s won by %q, %d holes, %v", i, s.Reason, s.Winner, seat.Holes(), err)
		}
	}
	for i, versions := range seen {
		for j := 1; j < len(versions); j++ {
			if versions[j] != versions[j-1]+1 {
				t.Fatalf("seat %d was shown version %d behind %d", i, versions[j], versions[j-1])
			}
		}
	}
	at.onlyAdjustedOnce(ctx, made.Game)
}

// homeOf is the play server to which the proxy sends a game.
func (at *site) homeOf(game string) int {
	at.t.Helper()
	answer, err := http.Get(at.proxy.URL() + "/api/games/" + game)
	if err != nil {
		at.t.Fatal(err)
	}
	_ = answer.Body.Close()
	var home int
	if _, err := fmt.Sscanf(answer.Header.Get("Ply-Server"), "%d", &home); err != nil {
		at.t.Fatalf("answered by %q: %v", answer.Header.Get("Ply-Server"), err)
	}
	return home/1111 - 1
}

// sockets is how many players are at a play server.
func (at *site) sockets(server int) int {
	return int(at.play[server].Metric(`ply_sockets{kind="play"}`))
}

// onlyAdjustedOnce: the death of a host is recorded once, and charges nothing but time that was used before it.
func (at *site) onlyAdjustedOnce(ctx context.Context, game string) {
	at.t.Helper()
	adjusted := 0
	if err := at.nobody().Events(ctx, game, 0, func(m client.Message) error {
		if m.Type == "clock-adjusted" {
			adjusted++
		}
		return nil
	}); err != nil {
		at.t.Fatal(err)
	}
	if adjusted > 1 {
		at.t.Errorf("%d times adjusted, one server has died once", adjusted)
	}
}
