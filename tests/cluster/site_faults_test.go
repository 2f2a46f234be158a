package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// TestOneSite looks at what happens to single games while parts of one site come and go. Its moves go straight to the
// store; TestFaults has the journal.
func TestOneSite(t *testing.T) {
	at := open(t, shape{brokers: 1, play: 2, env: []string{harness.Env("PLY_SNAPSHOT_EVERY", "5")}})
	ctx := harness.Within(t, 10*time.Minute)
	for _, c := range []struct {
		name string
		test func(*testing.T, context.Context, *site)
	}{
		{"seats on two servers see each other", seeEachOther},
		{"Kafka is away", kafkaAway},
		{"an outage is charged to nobody", outage},
		{"snapshots are deleted", snapshotsDeleted},
		{"a rolling restart", rollingRestart},
	} {
		t.Run(c.name, func(t *testing.T) {
			was := at.t
			at.t = t
			defer func() { at.t = was }()
			c.test(t, ctx, at)
		})
	}
}

// direct is a client that goes to one server, past the proxy.
func direct(s *harness.Server) *client.Client {
	return client.New(s.URL, client.Options{FirstReconnect: 200 * time.Millisecond, MaxReconnect: time.Second, ResendAfter: time.Second})
}

// seeEachOther: who is here, how many watch, that somebody has gone, and a rematch are told across servers.
func seeEachOther(t *testing.T, ctx context.Context, at *site) {
	p := at.seat(ctx, t, client.Clock{Type: "fischer", Initial: 60_000}, direct(at.play[0]), direct(at.play[1]))
	p.move(ctx, 0, "e2e4")
	p.move(ctx, 1, "e7e5")
	crowd := func(seat int, white, black bool, watchers int) func() bool {
		return func() bool {
			var m struct {
				Here     map[string]bool `json:"here"`
				Watchers int             `json:"watchers"`
			}
			raw := p.notes[seat].last("crowd")
			return raw != nil && json.Unmarshal(raw, &m) == nil && m.Here["white"] == white && m.Here["black"] == black && m.Watchers == watchers
		}
	}
	for _, w := range at.watch {
		g, err := direct(w).Watch(ctx, p.id, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
	}
	for seat := range p.seats {
		harness.Eventually(t, 30*time.Second, "each seat sees both players and both watchers", crowd(seat, true, true, 2))
	}
	p.seats[1].Close()
	harness.Eventually(t, 30*time.Second, "white sees that black has left", crowd(0, true, false, 2))
	harness.Eventually(t, 30*time.Second, "white is told that black is gone", func() bool {
		return bytes.Contains(p.notes[0].last("gone"), []byte(`"seat":"black","claim":`))
	})
	if _, err := p.seats[0].Do(ctx, client.Plain("resign")); err != nil {
		t.Fatal(err)
	}
}

// kafkaAway: without Kafka moves go on and watchers are told that what they see is old; then everything arrives in order.
func kafkaAway(t *testing.T, ctx context.Context, at *site) {
	p := at.seat(ctx, t, client.Clock{Type: "none"}, direct(at.play[0]), direct(at.play[0]))
	var seen []uint64
	var told notes
	w, err := direct(at.watch[0]).WatchFrom(ctx, p.id, 0, func(m client.Message) {
		told.take(m)
		if m.Numbered() {
			seen = append(seen, m.V)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p.move(ctx, 0, "e2e4")
	at.kafka.Kill9()
	killed := time.Now()
	var v uint64
	for i, m := range []string{"e7e5", "g1f3", "b8c6", "f1b5", "a7a6", "b5a4"} {
		v = p.move(ctx, 1-i%2, m)
	}
	harness.Eventually(t, 30*time.Second, "the watcher is told that the feed stands still", func() bool { return told.last("stale") != nil })
	t.Logf("stale after %v, %d moves meanwhile", time.Since(killed).Round(100*time.Millisecond), 6)
	at.kafka.Restart()
	if _, err := w.Wait(ctx, func(s client.State) bool { return s.V >= v }); err != nil {
		t.Fatal(err)
	}
	v = p.move(ctx, 1, "g8f6")
	if _, err := w.Wait(ctx, func(s client.State) bool { return s.V >= v }); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for i, got := range seen {
		if got != uint64(i+1) {
			t.Fatalf("the watcher's %d-th message is version %d", i+1, got)
		}
	}
}

// outage: both play servers die while white thinks, and are away for 5 s. The record says what happened.
func outage(t *testing.T, ctx context.Context, at *site) {
	p := at.seat(ctx, t, client.Clock{Type: "fischer", Initial: 60_000}, at.nobody(), at.nobody())
	p.move(ctx, 0, "e2e4")
	p.move(ctx, 1, "e7e5")
	pass(2 * time.Second) // white thinks
	for _, s := range at.play {
		s.Kill9()
	}
	pass(5 * time.Second)
	for _, s := range at.play {
		s.Restart()
	}
	p.move(ctx, 0, "g1f3")
	var charged, elapsed int64
	adjusted := 0
	if err := at.nobody().Events(ctx, p.id, 0, func(m client.Message) error {
		var e struct {
			Charged int64 `json:"charged"`
			Elapsed int64 `json:"elapsed"`
		}
		if err := json.Unmarshal(m.Raw, &e); err != nil {
			return err
		}
		if m.Type == "clock-adjusted" {
			adjusted++
			charged += e.Charged
		}
		elapsed = e.Elapsed
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if adjusted != 1 || charged < 1_000 || charged > 4_000 {
		t.Errorf("adjusted %d times, charged %d ms: want once, the 2 s that white had thought", adjusted, charged)
	}
	left := p.seats[0].State().Clock.Left["white"]
	if used := 60_000 - left; used > charged+elapsed {
		t.Errorf("white has used %d ms, of which %d before and %d after the outage", used, charged, elapsed)
	}
}

// snapshotsDeleted: a Redis that is flushed costs time, never truth. (With the journal it is refused: that one's tests.)
func snapshotsDeleted(t *testing.T, ctx context.Context, at *site) {
	p := at.seat(ctx, t, client.Clock{Type: "none"}, at.nobody(), at.nobody())
	line := []string{"g1f3", "g8f6", "f3g1", "f6g8"}
	for ply := range 14 {
		p.move(ctx, ply%2, line[ply%4])
	}
	at.redis.Flush()
	home := at.homeOf(p.id)
	at.play[home].Kill9()
	at.play[home].Restart()
	for ply := 14; ply < 16; ply++ {
		p.move(ctx, ply%2, line[ply%4])
	}
	s, err := p.seats[0].Wait(ctx, func(s client.State) bool { return s.Status == "ended" })
	if err != nil || s.Reason != "fivefold" {
		t.Errorf("ended by %q (%v), the fifth repetition was counted over the lost snapshot", s.Reason, err)
	}
}

// rollingRestart drains one server after the other under load: nobody is refused for it, and nothing is lost.
func rollingRestart(t *testing.T, ctx context.Context, at *site) {
	c := gather(ctx, at, 40, 200)
	for _, s := range at.servers() {
		c.goesOn("before a restart")
		s.Stop()
		s.Restart()
	}
	c.goesOn("after all restarts")
	c.leave()
	if !t.Failed() {
		at.judge(ctx, c)
	}
}
