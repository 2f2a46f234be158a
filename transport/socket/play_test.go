package socket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/socket"
)

func move(command string, basis int, uci string) string {
	return fmt.Sprintf(`{"t":"move","id":%q,"v":%d,"m":%q}`, command, basis, uci)
}

// TestOneGame is section 12 of the protocol, from where both sit.
func TestOneGame(t *testing.T) {
	r := newRig(t, nil)
	ann, bob := r.dial("/play/"+id, "t-ann"), r.dial("/play/"+id+"?from=0", "t-bob")
	state, _ := ann.until("state/4")
	if state["seat"] != "white" || state["status"] != "ready" {
		t.Errorf("state %v", state)
	}
	ann.until("live/4")
	bob.until("live/4")
	if got := strings.Join(bob.names(), " "); got != "created/1 seated/2 seated/3 started/4 live/4" {
		t.Errorf("from=0: %s", got)
	}
	step := func(who *peer, msg, ok string, together ...string) map[string]any {
		t.Helper()
		who.send(msg)
		line, names := who.until(ok)
		if !slices.Equal(without(names, "crowd"), append(together, ok)) {
			t.Errorf("%s: answered by %v, want %v and %s in one message", msg, names, together, ok)
		}
		return line
	}
	step(ann, move("a1", 4, "e2e4"), "ok/5", "move/5")
	bob.until("move/5")
	if ok := step(ann, move("a1", 4, "e2e4"), "ok/5"); ok["duplicate"] != true {
		t.Errorf("resent: %v", ok)
	}
	if e := step(ann, move("a1", 4, "d2d4"), "error/5"); e["code"] != "command_id_reused" || e["retry"] != false || e["id"] != "a1" {
		t.Errorf("reused: %v", e)
	}
	if e := step(ann, move("a2", 5, "d2d4"), "error/5"); e["code"] != "not_your_turn" {
		t.Errorf("not on turn: %v", e)
	}
	step(bob, move("b2", 5, "e7e5"), "ok/6", "move/6")
	ann.until("move/6")
	step(bob, `{"t":"draw-offer","id":"b1","v":6}`, "ok/7", "draw-offered/7")
	ann.until("draw-offered/7")
	step(ann, `{"t":"draw-accept","id":"a3","v":7}`, "ok/8", "ended/8")
	bob.until("ended/8")

	w := r.dial("/watch/"+id+"?from=0&speed=max", "")
	w.wantClose(4505)
	if got := strings.Join(w.names(), " "); got != "created/1 seated/2 seated/3 started/4 move/5 move/6 draw-offered/7 ended/8 live/8" {
		t.Errorf("later watcher: %s", got)
	}
	w = r.dial("/watch/"+id+"?from=0&speed=8", "")
	w.wantClose(4505)
	if got := strings.Join(w.names(), " "); got != "created/1 seated/2 seated/3 started/4 move/5 move/6 draw-offered/7 ended/8 live/8" {
		t.Errorf("replay: %s", got)
	}
}

func without(names []string, unwanted string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == unwanted })
}

func TestReservedSeatIsTakenByComing(t *testing.T) {
	r := newRig(t, nil)
	const other = "reservedgame"
	r.Create(other, func(c *game.Create) { c.Reserved = map[game.Seat]string{"black": "cy"} })
	p := r.dial("/play/"+other, "t-cy")
	state, _ := p.until("state")
	if state["seat"] != "black" || state["status"] != "ready" {
		t.Errorf("first state: %v", state)
	}
}

func TestRefusalsKeepTheSocket(t *testing.T) {
	r := newRig(t, nil)
	p := r.dial("/play/"+id, "t-ann")
	w := r.dial("/watch/"+id, "t-ann")
	for msg, code := range map[string]string{
		move("x", 4, "e2e5"):                                          "illegal_move",
		move("x", 9, "e2e4"):                                          "version_conflict",
		`{"t":"dance","id":"x","v":4}`:                                "unknown_type",
		`{"t":"draw-accept","id":"x","v":4}`:                          "not_started",
		`{"t":"resign","id":"` + strings.Repeat("x", 65) + `","v":4}`: "invalid_field",
		`{"t":"resign","id":"x","v":-4}`:                              "bad_message",
	} {
		p.send(msg)
		if e, _ := p.until("error/4"); e["code"] != code {
			t.Errorf("%s: %v, want %s", msg, e, code)
		}
	}
	w.send(move("x", 4, "e2e4"))
	if e, _ := w.until("error/4"); e["code"] != "not_a_player" || e["id"] != "x" {
		t.Errorf("watcher: %v", e)
	}
	w.send(`{"t":"ping","ts":5}`)
	if pong, _ := w.until("pong/4"); pong["echo"] != 5.0 {
		t.Errorf("pong %v", pong)
	}
}

func TestThirdBadMessage(t *testing.T) {
	r := newRig(t, nil)
	for _, path := range []string{"/play/" + id, "/watch/" + id} {
		p := r.dial(path, "t-ann")
		for range 3 {
			p.send(`{"t":"move","id":"x","v":null}`)
		}
		p.wantClose(4500)
		errors := 0
		for _, m := range p.got {
			if m["code"] == "bad_message" {
				errors++
			}
		}
		if errors != 3 {
			t.Errorf("%s: %d errors before the close, want 3", path, errors)
		}
	}
}

// TestCommandFlood: above the limit refused, and after a while of that ended.
func TestCommandFlood(t *testing.T) {
	r := newRig(t, func(c *socket.Config, _ *socket.Deps) { c.FloodFor = 300 * time.Millisecond })
	p := r.dial("/play/"+id, "t-ann")
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for i := 0; ; i++ {
			if p.c.Write(t.Context(), 1, []byte(move(fmt.Sprint(i), 4, "e2e5"))) != nil {
				return
			}
			<-time.After(5 * time.Millisecond)
		}
	}()
	p.wantClose(4502)
	_ = p.c.CloseNow()
	<-stop
	limited, judged := 0, 0
	for _, m := range p.got {
		switch m["code"] {
		case "rate_limited":
			limited++
			if m["retry"] != true || m["after"] == nil {
				t.Fatalf("refusal %v", m)
			}
		case "illegal_move":
			judged++
		}
	}
	if judged < 20 || limited == 0 {
		t.Errorf("%d judged, %d limited", judged, limited)
	}
}

func TestPingFlood(t *testing.T) {
	for name, flood := range map[string][]byte{"frames": frame(fin|9, []byte("x")), "messages": frame(fin|1, []byte(`{"t":"ping","ts":1}`))} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(c *socket.Config, _ *socket.Deps) { c.FloodFor = 200 * time.Millisecond })
			c := r.raw("/watch/"+id, "")
			stop := make(chan struct{})
			go func() {
				defer close(stop)
				for {
					if _, err := c.conn.Write(flood); err != nil {
						return
					}
					<-time.After(2 * time.Millisecond)
				}
			}()
			code, texts := c.closed()
			if code != 4502 || !strings.Contains(strings.Join(texts, ""), "rate_limited") {
				t.Errorf("closed with %d after %d texts", code, len(texts))
			}
			_ = c.conn.Close()
			<-stop
		})
	}
}

func TestLimitsOff(t *testing.T) {
	r := newRig(t, func(c *socket.Config, d *socket.Deps) { c.Unlimited, d.Commands = true, limit.Off{} })
	p := r.dial("/play/"+id, "t-ann")
	for i := range 100 {
		p.send(move(fmt.Sprint(i), 4, "e2e5"))
		p.send(`{"t":"ping","ts":1}`)
	}
	for range 100 {
		if e, _ := p.until("error/4"); e["code"] != "illegal_move" {
			t.Fatalf("got %v", e)
		}
	}
}
