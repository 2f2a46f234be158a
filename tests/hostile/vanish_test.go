package hostile_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/network"
)

// TestVanished: the network between the server and a crowd goes away, and nobody is told: no FIN, no RST, nothing is
// acknowledged any more. Those who are still there play on, opponents learn who is gone, and nothing of the crowd remains.
// With -bad=10000 watchers are among them, who are pinged more rarely.
func TestVanished(t *testing.T) {
	n := harness.NewNetwork(t)
	var places [2]network.Place
	for i, name := range []string{"server", "away"} {
		place, err := n.Add(name)
		if err != nil {
			t.Fatal(err)
		}
		places[i] = place
	}
	s := startSiteAt(t, places[0])

	const tables, sockets = 8, 5 // as many as one player may have
	each := map[string]int{"lost seats": tables * sockets, "silence": 20, "slow requests": 20}
	if *bad >= 10_000 {
		each["lost watchers"] = 200
	}
	lost := map[string]int{"play": each["lost seats"], "watch": each["lost watchers"]}
	seats := make([]seat, tables)
	var first table
	for i := range seats {
		g := s.newTable(t, "")
		seats[i] = seat{g.id, g.white}
		if i == 0 {
			first = g
		}
	}
	s.http.CloseIdleConnections()
	before := s.metrics(t)

	w := s.attack(t, places[1], orders{Game: first.id, Plain: true, Each: each, Seats: seats})
	harness.Eventually(t, patience, "the crowd is there", func() bool {
		return w.sum(func(c *tally) *atomic.Int64 { return &c.Admitted }) >= int64(lost["play"]+lost["watch"])
	})
	opponent := dial(t, s, "")
	opponent.upgrade("/play/"+first.id, first.black)
	opponent.line("live")
	if err := n.CutBoth("server", "away"); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	s.honest.move(t)
	opponent.line("gone")
	opponent.hangUp()
	t.Logf("the opponent is told after %v", time.Since(begun))
	for kind, many := range lost {
		counter := closedFor(kind, "no pong")
		harness.Eventually(t, patience, "all are cut", func() bool { return s.metrics(t)[counter]-before[counter] == float64(many) })
		t.Logf("%d %s sockets are cut within %v", many, kind, time.Since(begun))
	}
	s.honest.move(t)
	s.settles(t, before)
	if dropped, err := n.Dropped(); err != nil || dropped == 0 {
		t.Errorf("%d packets were lost, %v", dropped, err)
	}
	w.leave()
}
