package hostile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// floods writes for some time, as fast as every says, until the server has hung up.
func floods(k *raw, every, during time.Duration, next func(n int) []byte) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	end := time.After(during)
	for n := 0; ; n++ {
		select {
		case <-end:
			return
		case <-tick.C:
			if !k.write(next(n)) {
				return
			}
		}
	}
}

// Floods on one socket: refused above the limit, and after five seconds of it the socket is closed.
func TestFloods(t *testing.T) {
	s := startSite(t)
	before := s.metrics(t)
	for _, c := range []struct {
		name, path string
		every      time.Duration
		next       func(n int) []byte
		answered   int // at least
	}{
		{"commands of a player", "/play/", 20 * time.Millisecond, func(n int) []byte {
			return frame(fin|text, fmt.Appendf(nil, `{"t":"move","id":"f%d","v":4,"m":"%s"}`, n, marker))
		}, 20},
		{"commands of a watcher", "/watch/", 20 * time.Millisecond, func(n int) []byte {
			return frame(fin|text, fmt.Appendf(nil, `{"t":"resign","id":"f%d","v":4}`, n))
		}, 20},
		{"pings of the protocol", "/play/", 20 * time.Millisecond, func(n int) []byte {
			return frame(fin|text, fmt.Appendf(nil, `{"t":"ping","ts":%d}`, n))
		}, 20},
		{"pings of WebSocket", "/watch/", 20 * time.Millisecond, func(int) []byte { return frame(fin|ping, []byte(marker)) }, 0},
		{"as fast as it goes", "/play/", time.Microsecond, func(n int) []byte {
			return frame(fin|text, fmt.Appendf(nil, `{"t":"resign","id":"f%d","v":9}`, n))
		}, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := s.newTable(t, "")
			k := dial(t, s, "")
			k.upgrade(c.path+g.id, g.white)
			k.line("live")
			begun := time.Now()
			go floods(k, c.every, patience, c.next)
			e := k.wantEnd(4502)
			if took := time.Since(begun); took < 4*time.Second || took > 12*time.Second {
				t.Errorf("it took %v, want a little more than 5 s", took)
			}
			limited, others := 0, 0
			for _, l := range e.lines {
				var o object
				if json.Unmarshal([]byte(l), &o) != nil {
					continue
				}
				switch {
				case o.str("code") == "rate_limited":
					limited++
					if o["retry"] != true || o.num("after") == 0 {
						t.Errorf("answered %v", o)
					}
				case o.str("t") == "error" || o.str("t") == "pong":
					others++
				}
			}
			if limited == 0 || others < c.answered {
				t.Errorf("%d were answered, %d limited", others, limited)
			}
			s.honest.move(t)
			if v := s.version(t, g); v != 4 {
				t.Errorf("the game is at version %d", v)
			}
		})
	}
	t.Cleanup(func() {
		if after := s.metrics(t); after[closedFor("play", "too many requests")] != 3 || after[closedFor("watch", "too many requests")] != 2 {
			t.Errorf("closed for floods: %v play, %v watch", after[closedFor("play", "too many requests")], after[closedFor("watch", "too many requests")])
		}
		s.settles(t, before)
	})
}

// Commands over HTTP have the same bucket.
func TestFloodOverHTTP(t *testing.T) {
	s := startSite(t)
	g := s.newTable(t, "")
	limited := 0
	for n := range 60 {
		status, o := s.act(t, g, g.white, fmt.Sprintf(`{"t":"move","id":"f%d","v":4,"m":"%s"}`, n, marker))
		switch {
		case status == http.StatusTooManyRequests:
			limited++
			if o.str("code") != "rate_limited" || o["retry"] != true || o.num("after") == 0 || o.str("id") != fmt.Sprintf("f%d", n) {
				t.Errorf("answered %v", o)
			}
		case status != http.StatusUnprocessableEntity:
			t.Errorf("answered %d %v", status, o)
		}
	}
	if limited == 0 {
		t.Error("nothing was limited")
	}
	k := dial(t, s, "")
	k.upgrade("/play/"+g.id, g.white)
	k.line("live")
	k.say(`{"t":"move","id":"sock","v":4,"m":"e2e4"}`)
	if o := k.line("ok", "error"); o.str("code") != "rate_limited" {
		t.Errorf("the socket has a bucket of its own: %v", o)
	}
	s.honest.move(t)
}

// More than 32 commands that wait on one game: busy, and nobody else notices.
func TestBusy(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	before := s.metrics(t)
	g := s.newTable(t, `,"clock":{"type":"fischer","initial":600000,"increment":0}`)
	for i, m := range []string{"e2e4", "e7e5"} {
		s.act(t, g, []string{g.white, g.black}[i], fmt.Sprintf(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, i, 4+i, m))
	}
	const crowd = 200
	var mu sync.Mutex
	busy, done := map[string]bool{}, 0
	for round := 0; len(busy) == 0 && round < 10; round++ {
		var acting sync.WaitGroup
		start := make(chan struct{})
		for n := range crowd {
			command := fmt.Sprintf(`{"t":"add-time","id":"t%d-%d","v":6}`, round, n)
			acting.Go(func() {
				<-start
				status, o := s.act(t, g, []string{g.white, g.black}[n%2], command)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case status == http.StatusOK:
					done++
				case status == http.StatusServiceUnavailable && o.str("code") == "busy" && o["retry"] == true:
					busy[command] = n%2 == 0
				default:
					t.Errorf("answered %d %v", status, o)
				}
			})
		}
		close(start)
		s.honest.move(t)
		acting.Wait()
	}
	if len(busy) == 0 {
		t.Error("nobody was told that the game is busy")
	}
	for command, white := range busy { // the same object again is what a client does
		token := g.black
		if white {
			token = g.white
		}
		if status, o := s.act(t, g, token, command); status != http.StatusOK || o["duplicate"] != nil {
			t.Errorf("%s again: %d %v", command, status, o)
		}
		done++
	}
	if v := s.version(t, g); v != uint64(6+done) {
		t.Errorf("the game is at version %d after %d commands", v, done)
	}
	s.http.CloseIdleConnections()
	s.settles(t, before)
}

// A player may have 100 unfinished games, however they ask for more.
func TestQuotaOfGames(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	player, token := s.newPerson()
	var mu sync.Mutex
	made := map[string]string{} // command -> game
	refused := 0
	create := func(n int) {
		command := fmt.Sprintf("q%d", n)
		status, o := s.call(t, "POST", "/api/games", token, `{"id":"`+command+`","kind":"chess","seat":"white"}`)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case status == http.StatusCreated:
			made[command] = o.str("game")
		case status == http.StatusTooManyRequests && o.str("code") == "quota_exceeded" && o["retry"] == false:
			refused++
		default:
			t.Errorf("answered %d %v", status, o)
		}
	}
	var creating sync.WaitGroup
	for first := range 8 {
		creating.Go(func() {
			for n := first; n < 160; n += 8 {
				create(n)
			}
		})
	}
	creating.Wait()
	if len(made) != 100 || refused != 60 {
		t.Fatalf("%d games were made, %d refused", len(made), refused)
	}
	s.honest.move(t)

	// Sitting down counts too, and a creation that is sent again does not.
	_, other := s.newPerson()
	open, _ := s.create(t, other, `,"access":"open"`)
	status, o := s.call(t, "POST", "/api/games/"+open+"/seats/black", token, `{"id":"s"}`)
	want(t, "sitting down", status, o, http.StatusTooManyRequests, "quota_exceeded")
	var command, id string
	for command, id = range made {
		break
	}
	if status, o := s.call(t, "POST", "/api/games", token, `{"id":"`+command+`","kind":"chess","seat":"white"}`); status != http.StatusOK || o["duplicate"] != true || o.str("game") != id {
		t.Errorf("a creation that was sent again: %d %v", status, o)
	}
	// A restart forgets nothing, and a game that ends makes room.
	s.Kill9()
	s.Restart()
	create(1000)
	if len(made) != 100 {
		t.Error("a restart made room")
	}
	if status, o := s.act(t, table{id: id}, token, `{"t":"abort","id":"a","v":2}`); status != http.StatusOK {
		t.Errorf("abort: %d %v", status, o)
	}
	harness.Eventually(t, patience, "there is room for one more", func() bool {
		status, _ := s.call(t, "POST", "/api/games/"+open+"/seats/black", token, `{"id":"s"}`)
		return status == http.StatusOK
	})
	harness.Eventually(t, patience, "others see only the open game, which has begun", func() bool {
		_, o := s.call(t, "GET", "/api/games?limit=200&player="+player, "", "")
		rows, _ := o["games"].([]any)
		return len(rows) == 1
	})
}

// The sixth socket of a player closes the one that is idle longest.
func TestSixthSocket(t *testing.T) {
	s := startSite(t)
	g := s.newTable(t, "")
	s.under(t, closedFor("play", "too many connections"), func() {
		var socks []*raw
		for i := range 5 {
			k := dial(t, s, "")
			k.upgrade([]string{"/play/", "/watch/"}[i%2]+g.id, g.white)
			k.line("live")
			socks = append(socks, k)
		}
		for _, k := range append(socks[3:], socks[:2]...) { // the third one says nothing
			k.say(`{"t":"ping","ts":1}`)
			k.line("pong")
		}
		sixth := dial(t, s, "")
		sixth.upgrade("/play/"+g.id, g.white)
		sixth.line("live")
		socks[2].wantEnd(4504)
		for i, k := range append(socks[:2:2], append(socks[3:], sixth)...) {
			k.say(`{"t":"ping","ts":2}`)
			if o := k.line("pong"); o.num("echo") != 2 {
				t.Errorf("socket %d: %v", i, o)
			}
			k.hangUp()
		}
	})
}

// Watchers that read nothing cost their own sockets, not the players' time.
func TestWatchersThatReadNothing(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	before := s.metrics(t)
	g := s.newTable(t, `,"clock":{"type":"fischer","initial":600000,"increment":0}`)
	for i, m := range []string{"e2e4", "e7e5"} {
		s.act(t, g, []string{g.white, g.black}[i], fmt.Sprintf(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, i, 4+i, m))
	}
	watchers := make([]*raw, 50)
	for i := range watchers {
		watchers[i] = dial(t, s, "")
		_ = watchers[i].conn.SetReadBuffer(64 << 10)
		watchers[i].upgrade("/watch/"+g.id, "")
	}
	reader := dial(t, s, "")
	reader.upgrade("/watch/"+g.id+"?from=6", "")
	reader.line("live")
	const events = 3000 // about 500 KB of lines, more than the buffers of a socket
	v := uint64(6)
	for n := range events {
		begun := time.Now()
		status, o := s.act(t, g, []string{g.white, g.black}[n%2], fmt.Sprintf(`{"t":"add-time","id":"t%d","v":6}`, n))
		if took := time.Since(begun); status != http.StatusOK || took > answerWithin {
			t.Fatalf("command %d: %d %v after %v", n, status, o, took)
		}
		v = o.num("v")
	}
	for seen := uint64(6); seen < v; {
		o := reader.line("time-added", "state")
		if o.str("t") == "time-added" && o.num("v") != seen+1 {
			t.Fatalf("version %d after %d", o.num("v"), seen)
		}
		seen = o.num("v")
	}
	slow := 0
	for i, k := range watchers {
		// What was missed comes as one state, or the watcher was too slow for good. Either way it is consistent.
		last := uint64(0)
		for last < v {
			op, payload, err := k.next(patience)
			switch {
			case err == nil:
			case errors.Is(err, os.ErrDeadlineExceeded):
				t.Fatalf("watcher %d is at version %d, not %d, and nothing comes", i, last, v)
			default: // cut in the middle of a message, where no closing frame can stand
				slow++
			}
			if op == closeFrame {
				if code := int(payload[0])<<8 | int(payload[1]); code != 4002 {
					t.Errorf("watcher %d was closed with %d", i, code)
				}
				slow++
			}
			if err != nil || op == closeFrame {
				break
			}
			if op == ping {
				k.frame(fin|pong, payload)
			}
			if op != text {
				continue
			}
			for l := range strings.SplitSeq(string(payload), "\n") {
				var o object
				if err := json.Unmarshal([]byte(l), &o); err != nil {
					t.Fatalf("watcher %d got %q", i, l)
				}
				switch o.str("t") {
				case "state":
					last = o.num("v")
				case "time-added":
					if o.num("v") != last+1 {
						t.Fatalf("watcher %d: version %d after %d", i, o.num("v"), last)
					}
					last++
				}
			}
		}
		k.hangUp()
	}
	reader.hangUp()
	t.Logf("%d of %d watchers were too slow", slow, len(watchers))
	harness.Eventually(t, patience, "all slow watchers are counted", func() bool {
		return s.metrics(t)[closedFor("watch", "slow")] == float64(slow)
	})
	s.honest.move(t)
	s.settles(t, before)
}

// Ten thousand bad connections leave nothing behind.
func TestTenThousandBadConnections(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	before := s.metrics(t)
	attacks := []func(k *raw){
		func(*raw) {},
		func(k *raw) { k.write([]byte("\x16\x03\x01\x02\x00" + marker)) },
		func(k *raw) { k.write([]byte("GET / HTTP/1.1\r\nHost:")) },
		func(k *raw) { k.request("GET /watch/" + g.id + " HTTP/1.1"); k.reset() },
		func(k *raw) { k.request("GET /play/" + g.id + " HTTP/1.1") },
		func(k *raw) { k.request("GET /watch/" + g.id + " HTTP/1.1"); k.write([]byte{fin | text, 0}); k.reset() },
		func(k *raw) {
			k.request("GET /watch/" + g.id + " HTTP/1.1")
			k.write(frame(fin|text, zeros(200))[:100])
			k.reset()
		},
		func(k *raw) { k.request("GET /watch/"+g.id+" HTTP/1.1", "Origin: null") },
	}
	const total, atOnce = 10_000, 16
	var attacking sync.WaitGroup
	for first := range atOnce {
		attacking.Go(func() {
			for n := first; n < total; n += atOnce {
				k := dial(t, s, fmt.Sprintf("127.0.%d.%d", 1+n/200%200, 1+n%200)) // spares our own ports
				attacks[n%len(attacks)](k)
				k.hangUp()
			}
		})
	}
	attacking.Go(func() {
		for range 50 {
			s.honest.move(t)
		}
	})
	attacking.Wait()
	s.settles(t, before)
}
