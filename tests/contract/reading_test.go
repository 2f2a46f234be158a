package contract_test

import (
	"fmt"
	"strings"
	"testing"
)

func readingStates(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5") // 6
	b.do(t, "white", "draw-offer", "")  // 7
	b.moves(t, "white", "g1f3", "b8c6") // 9
	path := "/api/games/" + b.game + "?v="
	for v, want := range map[int]string{
		1: `{"v":1,"status":"open","players":{"white":"-","black":"-"}}`,
		2: `{"v":2,"status":"open","players":{"white":{"id":"*"},"black":"-"}}`,
		4: `{"v":4,"status":"ready","turn":["white"],"view":{"moves":[]},"clock":{"left":{"white":600000,"black":600000},"run":[]}}`,
		6: `{"v":6,"status":"live","turn":["white"],"view":{"moves":["e2e4","e7e5"]},"offers":[]}`,
		7: `{"v":7,"offers":[{"kind":"draw","seat":"white","v":7}]}`,
		8: `{"v":8,"turn":["black"],"offers":[{"kind":"draw","seat":"white","v":7}],"view":{"moves":["e2e4","e7e5","g1f3"]}}`,
		9: `{"v":9,"offers":[]}`,
	} {
		status, o := s.get(t, nobody, fmt.Sprint(path, v))
		if status != 200 {
			t.Errorf("?v=%d: %d", v, status)
			continue
		}
		must(t, o, `{"t":"state","ts":"#","game":%q,"seat":"-"}`, b.game)
		must(t, o, "%s", want)
	}
	for v, want := range map[string]int{
		"0": 404, "10": 404, "9999999999999999": 404, "x": 422, "-1": 422, "01": 422, "": 422, "1.0": 422, "1&v=2": 422,
	} {
		if status, _, text := s.http(t, "GET", nobody, path+v, ""); status != want {
			t.Errorf("?v=%s: %d %s, want %d", v, status, text, want)
		}
	}
	_, o := s.get(t, b.black, fmt.Sprint(path, 6))
	must(t, o, `{"v":6,"seat":"black"}`)
	if status, o := s.get(t, person{token: "x.y.z"}, "/api/games/"+b.game); status != 401 {
		t.Errorf("a bad token: %d %v", status, o)
	}
}

func readingEvents(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	k := s.ws(t, nobody, "/watch/"+b.game+"?from=0")
	b.moves(t, "white", "e2e4", "e7e5", "g1f3") // 7
	var live []obj
	for range 7 {
		o := k.next()
		if o.str("t") == "live" {
			o = k.next()
		}
		live = append(live, o)
	}
	path := "/api/games/" + b.game + "/events"
	all := s.lines(t, nobody, path)
	if len(all) != 7 {
		t.Fatalf("%d events", len(all))
	}
	for i := range all { // exactly the numbered lines of the socket
		if all[i].String() != live[i].String() {
			t.Errorf("over HTTP %v\n on a socket %v", all[i], live[i])
		}
	}
	for query, want := range map[string]string{
		"?from=0": "1-7", "?from=5": "6-7", "?from=7": "", "?from=8": "", "?from=9999999999999999": "",
		"?to=2": "1-2", "?from=2&to=4": "3-4", "?from=4&to=4": "", "?from=5&to=100": "6-7",
	} {
		got := ""
		if lines := s.lines(t, nobody, path+query); len(lines) > 0 {
			got = fmt.Sprintf("%d-%d", lines[0].num("v"), lines[len(lines)-1].num("v"))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for _, query := range []string{"?from=x", "?from=-1", "?from=01", "?from=", "?to=x", "?from=1&from=1"} {
		status, _, text := s.http(t, "GET", nobody, path+query, "")
		if status != 422 {
			t.Errorf("%s: %d %s", query, status, text)
			continue
		}
		must(t, object(t, text), `{"t":"error","code":"invalid_field","retry":false}`)
	}
}

func readingPGN(t *testing.T, s site) {
	b := s.started(t, fischer, "")
	b.moves(t, "white", "e2e4", "e7e5", "d1h5", "b8c6", "f1c4", "g8f6")
	path := "/api/games/" + b.game + ".pgn"
	_, _, unfinished := s.http(t, "GET", nobody, path, "")
	if strings.Contains(unfinished, "PlyChain") || !strings.Contains(unfinished, `[Result "*"]`) {
		t.Errorf("unfinished: %s", unfinished)
	}
	events, _ := b.do(t, "white", "move", `,"m":"h5f7"`)
	chain := events[1].str("chain")
	_, _, pgn := s.http(t, "GET", nobody, path, "")
	for _, want := range []string{
		`[Result "1-0"]`, `[PlyChain "` + chain + `"]`, "[White ", "[Black ", "[%clk ", "[%emt ", "Qxf7#", "1-0",
	} {
		if !strings.Contains(pgn, want) {
			t.Errorf("no %s in\n%s", want, pgn)
		}
	}
	b = s.started(t, fischer, `,"setup":{"fen":"4k3/8/8/8/8/8/4P3/4K3 w - - 5 39"}`)
	b.moves(t, "white", "e2e4")
	_, o := s.get(t, nobody, "/api/games/"+b.game)
	must(t, o, `{"view":{"fen":"4k3/8/8/8/4P3/8/8/4K3 b - - 0 39"}}`)
	_, _, pgn = s.http(t, "GET", nobody, "/api/games/"+b.game+".pgn", "")
	for _, want := range []string{`[SetUp "1"]`, `[FEN "4k3/8/8/8/8/8/4P3/4K3 w - - 5 39"]`, "39. e4"} {
		if !strings.Contains(pgn, want) {
			t.Errorf("no %s in\n%s", want, pgn)
		}
	}
	if status, _, _ := s.http(t, "GET", nobody, "/api/games/zzzzzzzzzzzz.pgn", ""); status != 404 {
		t.Errorf("an unknown game's PGN: %d", status)
	}
}

func readingHidden(t *testing.T, s site) {
	b := s.started(t, fischer, `,"watch":"off"`)
	b.moves(t, "white", "e2e4")
	eve := s.guest(t, "Eve")
	_, unknown := s.get(t, eve, "/api/games/zzzzzzzzzzzz")
	for _, path := range []string{"/api/games/%s", "/api/games/%s/events", "/api/games/%s.pgn"} {
		status, _, text := s.http(t, "GET", eve, fmt.Sprintf(path, b.game), "")
		if status != 404 {
			t.Errorf("%s: %d", path, status)
			continue
		}
		must(t, object(t, text), `{"t":"error","code":"not_found","message":%q}`, unknown.str("message"))
	}
	if k, status, _ := s.handshake(t, nobody, "/watch/"+b.game, "ply.v1"); k != nil || status != 404 {
		t.Errorf("watching answered %d", status)
	}
	_, o := s.get(t, b.black, "/api/games/"+b.game)
	must(t, o, `{"v":5,"seat":"black"}`)
}

func readingKinds(t *testing.T, s site) {
	_, _, text := s.http(t, "GET", nobody, "/api/kinds", "")
	if !strings.Contains(text, `"kind":"chess"`) || !strings.Contains(text, `"seats":["white","black"]`) {
		t.Errorf("kinds: %s", text)
	}
	b := s.started(t, fischer, "")
	status, o := s.get(t, b.white, "/api/me")
	if status != 200 || !strings.Contains(o.String(), b.white.id) {
		t.Errorf("me: %d %v", status, o)
	}
	if status, _ := s.get(t, nobody, "/api/me"); status != 401 {
		t.Errorf("me as nobody: %d", status)
	}
	for _, path := range []string{"/livez", "/ready"} {
		if status, _, _ := s.http(t, "GET", nobody, path, ""); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
}
