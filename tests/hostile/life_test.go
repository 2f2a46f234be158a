package hostile_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/plygames/ply/tests/harness"
)

// A token that expires ends its sockets, not the game.
func TestTokenExpires(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	for _, path := range []string{"/play/", "/watch/"} {
		s.under(t, closedFor(strings.Trim(path, "/"), "token expired"), func() {
			// A second below the whole one: times in tokens are whole seconds.
			expires := time.Now().Add(3 * time.Second).Truncate(time.Second)
			player := g.whiteID
			if path == "/watch/" {
				player = "watcher"
			}
			k := dial(t, s, "")
			k.upgrade(path+g.id, s.token(player, jwt.MapClaims{"exp": expires.Unix()}))
			k.line("live")
			k.wantEnd(4005)
			if late := time.Since(expires); late < -500*time.Millisecond || late > 2*time.Second {
				t.Errorf("closed %v after the token expired", late)
			}
		})
		if path == "/play/" {
			k := dial(t, s, "")
			k.upgrade("/play/"+g.id+"?from=4", g.white) // a new token, the same seat
			k.line("live")
			k.say(`{"t":"move","id":"a1","v":4,"m":"e2e4"}`)
			if o := k.line("ok", "error"); o.str("t") != "ok" {
				t.Errorf("after coming back: %v", o)
			}
			k.hangUp()
		}
	}
}

// Revoked people lose their sockets within a second, and their tokens; the game stays.
func TestRevoked(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	status, guest := s.call(t, "POST", "/api/guests", "", `{"name":"Mallory"}`)
	if status != http.StatusCreated {
		t.Fatalf("guest: %d %v", status, guest)
	}
	token := guest.str("token")
	id, _ := s.create(t, token, "")
	s.under(t, closedFor("play", "revoked"), func() {
		k := dial(t, s, "")
		k.upgrade("/play/"+id, token)
		k.line("live")
		answer, err := s.http.Post(s.Admin+"/admin/players/"+guest.str("player")+"/revoke", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusNoContent {
			t.Fatalf("revoke: %s", answer.Status)
		}
		if e := k.wantEnd(4503); e.after > time.Second {
			t.Errorf("it took %v", e.after)
		}
	})
	status, o := s.call(t, "GET", "/api/me", token, "")
	want(t, "a revoked token", status, o, http.StatusUnauthorized, "unauthorized")
	if status, o := s.call(t, "GET", "/api/games/"+id, "", ""); status != http.StatusOK || o.num("v") != 2 {
		t.Errorf("the game: %d %v", status, o)
	}
}

// Draining answers what has arrived and sends everybody away with a time to come back.
func TestDrain(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	type player struct {
		k     *raw
		game  table
		lines []string
	}
	players := make([]player, 20)
	for i := range players {
		g := s.newTable(t, "")
		k := dial(t, s, "")
		k.upgrade("/play/"+g.id, g.white)
		k.line("live")
		players[i] = player{k: k, game: g}
	}
	watcher := dial(t, s, "")
	watcher.upgrade("/watch/"+players[0].game.id, "")
	watcher.line("live")
	for _, p := range players { // these frames have arrived when the server learns that it must go
		p.k.say(`{"t":"move","id":"last","v":4,"m":"e2e4"}`)
	}
	var stopping, leaving sync.WaitGroup
	stopping.Go(s.Stop)
	retries := make([]int, len(players)+1)
	for i := range retries {
		k := watcher
		if i < len(players) {
			k = players[i].k
		}
		leaving.Go(func() {
			e := k.wantEnd(4001)
			ms, ok := strings.CutPrefix(e.reason, "retry=")
			n, err := strconv.Atoi(ms)
			if !ok || err != nil || n < 0 || n > 3000 {
				t.Errorf("reason %q", e.reason)
			}
			retries[i] = n
			if all := strings.Join(e.lines, "\n"); k != watcher && (strings.Count(all, `"t":"ok"`) != 1 || strings.Count(all, `"id":"last"`) != 1) {
				t.Errorf("socket %d: what had arrived was not answered once: %s", i, all)
			}
		})
	}
	leaving.Wait()
	stopping.Wait()
	different := map[int]bool{}
	for _, n := range retries {
		different[n] = true
	}
	if len(different) < len(retries)/2 {
		t.Errorf("everybody is to come back at once: %v", retries)
	}
	s.Restart()
	for _, p := range players {
		if status, o := s.act(t, p.game, p.game.white, `{"t":"move","id":"last","v":4,"m":"e2e4"}`); status != http.StatusOK || o["duplicate"] != true {
			t.Errorf("what was acknowledged is not there: %d %v", status, o)
		}
	}
}

// A server that stands still answers when it goes on; nobody is told that something was not done that was.
func TestServerThatStandsStill(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, `,"clock":{"type":"fischer","initial":3000,"increment":0}`)
	for i, m := range []string{"e2e4", "e7e5"} {
		s.act(t, g, []string{g.white, g.black}[i], fmt.Sprintf(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, i, 4+i, m))
	}
	k := dial(t, s, "")
	k.upgrade("/play/"+g.id+"?from=6", g.white)
	k.line("live")
	s.Pause()
	k.say(`{"t":"move","id":"a1","v":6,"m":"g1f3"}`)
	<-time.After(5 * time.Second)
	s.Resume()
	// It may say that it does not know yet; sending the same again tells.
	o := k.line("ok", "error")
	for n := 0; o.str("t") == "error" && o["retry"] == true && n < 50; n++ {
		<-time.After(200 * time.Millisecond)
		k.say(`{"t":"move","id":"a1","v":6,"m":"g1f3"}`)
		o = k.line("ok", "error")
	}
	if o.str("t") != "ok" || o.num("v") != 7 {
		t.Errorf("answered %v", o)
	}
	k.hangUp()
}
