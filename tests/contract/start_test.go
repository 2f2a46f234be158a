package contract_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Section 5: what a socket begins with.

func startWithAndWithout(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5", "g1f3")
	for _, path := range []string{"/play/", "/watch/"} {
		k := s.ws(t, b.white, path+b.game)
		o := k.next()
		must(t, o, `{"t":"state","v":7,"status":"live","turn":["black"],"clock":{"run":["black"]},
			"view":{"moves":["e2e4","e7e5","g1f3"],"fen":"rnbqkbnr/pppp1ppp/8/4p3/4P3/5N2/PPPP1PPP/RNBQKB1R b KQkq - 1 2"}}`)
		if seat := o.str("seat"); (path == "/play/") != (seat == "white") {
			t.Errorf("%s: seat %q", path, seat)
		}
		must(t, k.next(), `{"t":"live","v":7}`)
	}
}

func startFrom(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	for _, path := range []string{"/play/", "/watch/"} {
		for from := int64(0); from <= 6; from++ {
			k := s.ws(t, b.white, fmt.Sprintf("%s%s?from=%d", path, b.game, from))
			for v := from + 1; v <= 6; v++ {
				must(t, k.next(), `{"v":%d,"ts":"#"}`, v)
			}
			must(t, k.next(), `{"t":"live","v":6}`)
			_ = k.c.CloseNow()
		}
		for _, from := range []string{"7", "100", "9999999999999999"} {
			s.ws(t, b.white, path+b.game+"?from="+from).closed(patience, 4004, "")
		}
		for _, query := range []string{
			"from=", "from=-1", "from=01", "from=1.0", "from=1e3", "from=abc", "from=%201", "from=99999999999999999",
			"from=1&from=1", "from=null",
		} {
			s.ws(t, b.white, path+b.game+"?"+query).closed(patience, 4500, "")
		}
	}
	for _, query := range []string{
		"speed=0", "speed=65", "speed=-1", "speed=fast", "speed=", "speed=1.5", "speed=MAX", "delay=x", "delay=-1", "delay=",
	} {
		s.ws(t, nobody, "/watch/"+b.game+"?from=0&"+query).closed(patience, 4500, "")
	}
}

func startFarBehind(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	for b.v < 4+2+300 {
		b.do(t, "white", "add-time", "")
	}
	k := s.ws(t, b.black, fmt.Sprintf("/play/%s?from=%d", b.game, b.v-257))
	must(t, k.next(), `{"t":"state","v":%d}`, b.v)
	must(t, k.next(), `{"t":"live","v":%d}`, b.v)
	k = s.ws(t, b.black, fmt.Sprintf("/play/%s?from=%d", b.game, b.v-256))
	for v := b.v - 255; v <= b.v; v++ {
		must(t, k.next(), `{"t":"time-added","v":%d}`, v)
	}
	must(t, k.next(), `{"t":"live","v":%d}`, b.v)
	k = s.ws(t, nobody, "/watch/"+b.game+"?from=0&speed=max") // with speed nothing is left out
	for v := int64(1); v <= b.v; v++ {
		must(t, k.next(), `{"v":%d}`, v)
	}
	must(t, k.next(), `{"t":"live","v":%d}`, b.v)
}

func startRefused(t *testing.T, s site) {
	b := s.table(t, fischer, "")
	stranger := s.guest(t, "Eve")
	for _, c := range []struct {
		who    person
		path   string
		status int
		code   string
	}{
		{stranger, "/play/" + b.game, 403, "not_a_player"},
		{nobody, "/play/" + b.game, 401, "unauthorized"},
		{person{token: "x.y.z"}, "/play/" + b.game, 401, "unauthorized"},
		{person{token: "x.y.z"}, "/watch/" + b.game, 401, "unauthorized"},
		{b.white, "/play/zzzzzzzzzzzz", 404, "not_found"},
		{nobody, "/watch/zzzzzzzzzzzz", 404, "not_found"},
		{nobody, "/watch?games=" + b.game + ",zzzzzzzzzzzz", 404, "not_found"},
	} {
		k, status, body := s.handshake(t, c.who, c.path, "ply.v1")
		if k != nil || status != c.status {
			t.Errorf("%s: %d %s, want %d", c.path, status, body, c.status)
			continue
		}
		if err := match(object(t, body), `{"t":"error","code":%q,"message":"*","retry":false}`, c.code); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	// The reason of a failed handshake is there for browsers, too: GET answers the same question.
	if status, o := s.get(t, nobody, "/api/games/zzzzzzzzzzzz"); status != 404 || o.str("code") != "not_found" {
		t.Errorf("%d %v", status, o)
	}
}

func startSubprotocols(t *testing.T, s site) {
	b := s.table(t, fischer, "")
	for _, offered := range [][]string{nil, {"ply.v2"}, {"bearer." + b.white.token}} {
		k, _, body := s.handshake(t, b.white, "/play/"+b.game, offered...)
		if k == nil {
			t.Fatalf("%v: refused: %s", offered, body)
		}
		if k.c.Subprotocol() != "" {
			t.Errorf("%v: selected %q", offered, k.c.Subprotocol())
		}
		k.closed(patience, 4500, "supported: ply.v1")
	}
	for _, c := range []struct {
		who     person
		offered []string
	}{
		{b.white, []string{"ply.v2", "ply.v1"}},
		{nobody, []string{"ply.v1", "bearer." + b.white.token}},
		{nobody, []string{"bearer." + b.white.token, "ply.v1"}},
	} {
		k, status, body := s.handshake(t, c.who, "/play/"+b.game, c.offered...)
		if k == nil {
			t.Fatalf("%v: %d %s", c.offered, status, body)
		}
		if k.c.Subprotocol() != "ply.v1" {
			t.Errorf("%v: selected %q", c.offered, k.c.Subprotocol())
		}
		must(t, k.next(), `{"t":"state","seat":"white"}`)
	}
}

func startBoards(t *testing.T, s site) {
	x, y := s.started(t, fischer, ""), s.started(t, fischer, "")
	k := s.ws(t, nobody, "/watch?games="+x.game+","+y.game)
	begun := map[string]string{}
	for range 4 {
		o := k.next()
		begun[o.str("game")] += o.str("t") + " "
		must(t, o, `{"v":4}`)
	}
	if begun[x.game] != "state live " || begun[y.game] != "state live " {
		t.Fatalf("got %v", begun)
	}
	x.moves(t, "white", "e2e4")
	must(t, k.next(), `{"t":"move","v":5,"game":%q,"m":"e2e4"}`, x.game)
	y.moves(t, "white", "d2d4")
	must(t, k.next(), `{"t":"move","v":5,"game":%q,"m":"d2d4"}`, y.game)
	x.moves(t, "black", "e7e5")
	must(t, k.next(), `{"t":"move","v":6,"game":%q}`, x.game)

	for _, query := range []string{"&from=0", "&speed=max", "&delay=5000", "&from="} {
		s.ws(t, nobody, "/watch?games="+x.game+query).closed(patience, 4500, "")
	}
	s.ws(t, nobody, "/watch?games="+strings.Repeat(x.game+",", 16)+y.game).closed(patience, 4500, "")
}

func startReplay(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	k := s.ws(t, nobody, "/watch/"+b.game+"?from=2&speed=max") // a live game: catches up, then goes on
	for v := int64(3); v <= 6; v++ {
		must(t, k.next(), `{"v":%d}`, v)
	}
	must(t, k.next(), `{"t":"live","v":6}`)
	b.do(t, "white", "move", `,"m":"g1f3"`)
	must(t, k.next(), `{"t":"move","v":7}`)
	b.do(t, "white", "resign", "")
	must(t, k.next(), `{"t":"ended","v":8}`)
}

func startReplayPaced(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5")
	pause(t, 2*time.Second) // a gap that the replay must keep
	b.moves(t, "white", "g1f3")
	b.do(t, "white", "resign", "")
	for _, c := range []struct {
		speed         string
		least, atMost time.Duration
	}{{"1", 1900 * time.Millisecond, 6 * time.Second}, {"4", 450 * time.Millisecond, 4 * time.Second}} {
		k := s.ws(t, nobody, "/watch/"+b.game+"?from=5&speed="+c.speed)
		must(t, k.next(), `{"t":"move","v":6}`)
		began := time.Now()
		must(t, k.next(), `{"t":"move","v":7}`)
		if took := time.Since(began); took < c.least || took > c.atMost {
			t.Errorf("speed %s: a gap of 2 s took %v", c.speed, took)
		}
		must(t, k.next(), `{"t":"ended","v":8}`)
		must(t, k.next(), `{"t":"live","v":8}`)
		k.closed(4*time.Second, 4505, "")
	}
}

// pause lets time pass where time itself is what the case is about.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

func twoSockets(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	second := s.ws(t, b.white, "/play/"+b.game)
	must(t, second.next(), `{"t":"state","v":4}`)
	must(t, second.next(), `{"t":"live","v":4}`)
	b.moves(t, "white", "e2e4")
	must(t, second.next(), `{"t":"move","v":5}`)
	b.moves(t, "black", "e7e5")
	must(t, second.next(), `{"t":"move","v":6}`) // and no ok between the two
	second.send(`{"t":"move","id":"second","v":6,"m":"g1f3"}`)
	must(t, second.next(), `{"t":"move","v":7}`)
	must(t, second.next(), `{"t":"ok","id":"second","v":7}`)
	must(t, b.w.next(), `{"t":"move","v":7}`)
	b.w.send(`{"t":"move","id":"second","v":6,"m":"g1f3"}`) // the same command on the other socket
	must(t, b.w.next(), `{"t":"ok","id":"second","v":7,"duplicate":true}`)
}

func watchersPing(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	k := s.ws(t, nobody, "/watch/"+b.game)
	must(t, k.next(), `{"t":"state","seat":"-","v":4}`)
	must(t, k.next(), `{"t":"live","v":4}`)
	k.send(`{"t":"ping","ts":1764000012301}`)
	must(t, k.next(), `{"t":"pong","ts":"#","echo":1764000012301,"v":4}`)
	k.send(`{"t":"move","id":"x","v":4,"m":"e2e4"}`)
	must(t, k.next(), `{"t":"error","id":"x","code":"not_a_player","retry":false}`)
	b.w.send(`{"t":"ping","ts":0}`)
	must(t, b.w.next(), `{"t":"pong","ts":"#","echo":0,"v":4}`)
}
