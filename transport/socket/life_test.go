package socket_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/socket"
)

func TestSixthSocketClosesTheLongestIdle(t *testing.T) {
	r := newRig(t, nil)
	var socks []*peer
	for i := range 5 {
		p := r.dial([]string{"/play/", "/watch/"}[i%2]+id, "t-ann")
		p.until("live")
		socks = append(socks, p)
		<-time.After(2 * time.Millisecond) // the live clock counts ms
	}
	socks[0].send(`{"t":"ping","ts":1}`)
	socks[0].until("pong")
	sixth := r.dial("/play/"+id, "t-ann")
	sixth.until("live")
	socks[1].wantClose(4504)
	socks[0].send(`{"t":"ping","ts":2}`)
	socks[0].until("pong")
	r.dial("/watch/"+id, "").until("live") // nobody we know has no such limit
}

func TestTokenExpires(t *testing.T) {
	r := newRig(t, nil)
	r.dial("/play/"+id, "t-ann-100ms").wantClose(4005)
}

func TestRevoke(t *testing.T) {
	r := newRig(t, nil)
	ann, bob := r.dial("/play/"+id, "t-ann"), r.dial("/play/"+id, "t-bob")
	ann.until("live")
	bob.until("live")
	r.server.Revoke("ann")
	ann.wantClose(4503)
	bob.send(`{"t":"ping","ts":2}`)
	bob.until("pong")
}

func TestFeedLost(t *testing.T) {
	r := newRig(t, nil)
	p := r.dial("/play/"+id, "t-ann")
	p.until("live")
	r.Lose(id)
	p.wantClose(4006)
}

// TestNoPong: a client that does not answer pings is gone. The pings of a client that does carry on.
func TestNoPong(t *testing.T) {
	r := newRig(t, func(c *socket.Config, _ *socket.Deps) {
		c.PlayersPing, c.WatchersPing, c.PongWithin = 100*time.Millisecond, 200*time.Millisecond, 300*time.Millisecond
	})
	honest := r.dial("/play/"+id, "t-bob")
	pings := make(chan string)
	go func() { // it reads, so it answers pings
		defer close(pings)
		for {
			names, err := honest.message()
			if err != nil {
				return
			}
			if len(names) == 1 && names[0] == "pong/4" {
				pings <- names[0]
			}
		}
	}()
	for _, path := range []string{"/play/" + id, "/watch/" + id} {
		c := r.raw(path, "t-ann")
		if code, _ := c.closed(); code != 4003 && code != 0 {
			t.Errorf("%s: closed with %d", path, code)
		}
	}
	honest.send(`{"t":"ping","ts":2}`)
	if <-pings == "" {
		t.Error("an honest client was closed")
	}
	_ = honest.c.CloseNow()
	for range pings {
	}
}

func TestLagIsMeasured(t *testing.T) {
	presence := (*socket.Presence)(nil)
	r := newRig(t, func(c *socket.Config, d *socket.Deps) { presence = d.Presence; c.PlayersPing = 100 * time.Millisecond })
	if got := presence.Absent(id, "white"); got < 0 || got == game.Present {
		t.Errorf("absent before it came: %d", got)
	}
	c := r.raw("/play/"+id, "t-ann")
	for presence.Lag(id, "white") < 20 {
		first, payload, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if first&0xf == 9 {
			<-time.After(30 * time.Millisecond)
			c.write(frame(fin|0xa, payload)...)
			c.write(frame(fin|0xa, []byte("stray"))...)
		}
	}
	if got := presence.Absent(id, "white"); got != game.Present {
		t.Errorf("absent while here: %d", got)
	}
}

func TestCrowd(t *testing.T) {
	r := newRig(t, nil)
	ann := r.dial("/play/"+id, "t-ann")
	crowd, _ := ann.until("crowd")
	if fmt.Sprint(crowd["here"]) != "map[black:false white:true]" || crowd["watchers"] != 0.0 {
		t.Errorf("first crowd: %v", crowd)
	}
	began := time.Now()
	w := r.dial("/watch/"+id, "")
	bob := r.dial("/play/"+id, "t-bob")
	for _, p := range []*peer{ann, w, bob} {
		crowd, _ = p.until("crowd")
		if fmt.Sprint(crowd["here"]) != "map[black:true white:true]" || crowd["watchers"] != 1.0 {
			t.Errorf("second crowd: %v", crowd)
		}
	}
	if passed := time.Since(began); passed < 500*time.Millisecond {
		t.Errorf("told again after %v", passed)
	}
}

func TestGoneAndBack(t *testing.T) {
	r := newRig(t, nil)
	r.Begin(id)
	ann, bob := r.dial("/play/"+id, "t-ann"), r.dial("/play/"+id, "t-bob")
	bob.until("live")
	_ = ann.c.Close(1000, "")
	gone, _ := bob.until("gone")
	if gone["seat"] != "white" || gone["claim"] != 30000.0 {
		t.Errorf("gone: %v", gone)
	}
	w := r.dial("/watch/"+id, "")
	w.until("gone")
	r.dial("/play/"+id, "t-ann").until("live")
	if back, _ := bob.until("gone"); back["claim"] != nil || back["seat"] != "white" {
		t.Errorf("back: %v", back)
	}
}

func TestRematchIsTold(t *testing.T) {
	var presence *socket.Presence
	r := newRig(t, func(_ *socket.Config, d *socket.Deps) { presence = d.Presence })
	r.Begin(id)
	r.Must(id, game.Command{ID: "r", Player: "ann", Basis: 6, Wish: game.Resign{}})
	bob := r.dial("/play/"+id, "t-bob")
	bob.until("live")
	presence.Rematch(id, "white", "nextgame0000")
	if m, _ := bob.until("rematch"); m["game"] != "nextgame0000" || m["seat"] != "white" {
		t.Errorf("rematch: %v", m)
	}
}

func TestFinished(t *testing.T) {
	r := newRig(t, func(c *socket.Config, _ *socket.Deps) {
		c.PlayAfter, c.WatchAfter, c.PlayLeast = 400*time.Millisecond, 200*time.Millisecond, 100*time.Millisecond
	})
	r.Begin(id)
	ann, w := r.dial("/play/"+id, "t-ann"), r.dial("/watch/"+id, "")
	ann.until("live")
	w.until("live")
	ann.send(`{"t":"resign","id":"r","v":6}`)
	ended := time.Now()
	w.wantClose(4505)
	if passed := time.Since(ended); passed < 200*time.Millisecond {
		t.Errorf("watcher closed after %v", passed)
	}
	late, joined := r.dial("/play/"+id, "t-bob"), time.Now()
	ann.wantClose(4505)
	if passed := time.Since(ended); passed < 400*time.Millisecond {
		t.Errorf("player closed after %v", passed)
	}
	late.wantClose(4505)
	if passed := time.Since(joined); passed < 100*time.Millisecond {
		t.Errorf("late player closed after %v", passed)
	}
	r.dial("/watch/"+id, "").wantClose(4505)
}

func TestBoards(t *testing.T) {
	r := newRig(t, nil)
	const other = "anothergame0"
	r.Create(other, nil)
	p := r.dial("/watch?games="+id+","+other, "")
	seen := map[string]bool{}
	for len(seen) < 4 {
		if _, err := p.message(); err != nil {
			t.Fatal(err)
		}
		for _, m := range p.got {
			seen[fmt.Sprint(m["t"], m["game"])] = m["t"] == "state" || m["t"] == "live"
			if m["game"] == nil {
				t.Fatalf("no game in %v", m)
			}
			if m["t"] == "crowd" {
				delete(seen, fmt.Sprint(m["t"], m["game"]))
			}
		}
	}
	p.send(`{"t":"ping","ts":1}`)
	p.until("pong")
	r.Begin(other)
	if m, _ := p.until("move/6"); m["game"] != other {
		t.Errorf("move %v", m)
	}
	r.Must(other, game.Command{ID: "r", Player: "ann", Basis: 6, Wish: game.Resign{}})
	p.until("ended/7")
	p.send(`{"t":"ping","ts":1}`) // one of two is over: the socket stays
	p.until("pong")
}

// TestDelay: nobody on /watch sees more than the game's delay allows, whatever they ask for.
func TestDelay(t *testing.T) {
	r := newRig(t, nil)
	const slow = "delayedgame0"
	r.Create(slow, func(c *game.Create) { c.Delay = 60_000 })
	r.Begin(slow) // version 6; the feed of a delay stands at 5
	for _, query := range []string{"", "?delay=0", "?delay=1000", "?from=0", "?from=0&speed=max"} {
		for _, token := range []string{"", "t-ann"} {
			p := r.dial("/watch/"+slow+query, token)
			p.until("live/5")
			for _, m := range p.got {
				if v, ok := m["v"].(float64); ok && v > 5 {
					t.Errorf("%s: shows %v", query, m)
				}
			}
		}
	}
	r.dial("/watch/"+slow+"?from=6", "").wantClose(4004)
	r.dial("/play/"+slow, "t-ann").until("live/6")
	p := r.dial("/watch/"+id+"?delay=1000", "")
	p.until("live/3")
}

// TestDrain: commands that have arrived are answered, then everybody is sent elsewhere; nobody comes in.
func TestDrain(t *testing.T) {
	r := newRig(t, nil)
	ann, w := r.dial("/play/"+id, "t-ann"), r.dial("/watch/"+id, "")
	ann.until("live")
	w.until("live")
	for i := range 15 {
		ann.send(move(fmt.Sprint("m", i), 4, "e2e4"))
	}
	done := make(chan error)
	go func() { done <- r.server.Drain(context.Background(), 50*time.Millisecond) }()
	var wg sync.WaitGroup
	for _, p := range []*peer{ann, w} {
		wg.Go(func() {
			code, reason := p.closed()
			if code != 4001 || !strings.HasPrefix(reason, "retry=") {
				t.Errorf("closed with %d %q", code, reason)
			}
		})
	}
	wg.Wait()
	if err := <-done; err != nil {
		t.Error(err)
	}
	answers := 0
	for _, m := range ann.got {
		if m["t"] == "ok" || m["t"] == "error" {
			answers++
		}
	}
	if answers != 15 {
		t.Errorf("%d of 15 commands were answered", answers)
	}
	if p, status := r.try("/watch/"+id, ""); p != nil || status != 503 {
		t.Errorf("a newcomer got %d", status)
	}
}
