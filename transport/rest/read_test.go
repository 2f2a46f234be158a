package rest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

const fischer = `,"clock":{"type":"fischer","initial":60000,"increment":0}`

func TestState(t *testing.T) {
	w := newWorld(t)
	m := w.start(fischer)
	w.play(m, "e2e4", "e7e5")
	w.pass(2500)
	path := "/api/games/" + m.game
	for _, tt := range []struct{ name, token, seat string }{{"white", m.annT, "white"}, {"black", m.bobT, "black"}, {"nobody", "", ""}} {
		a := w.ask("GET", path, tt.token, "")
		o := a.object(t)
		seat, _ := o["seat"].(string)
		if a.status != 200 || o["t"] != "state" || o["v"] != 6.0 || seat != tt.seat || o["status"] != "live" {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
		left := o["clock"].(map[string]any)["left"].(map[string]any)
		if left["white"] != 57_500.0 || o["ts"] != float64(w.clock()) {
			t.Errorf("%s: white has used 2500 ms, left is %v at %v", tt.name, left, o["ts"])
		}
		white := o["players"].(map[string]any)["white"].(map[string]any)
		if white["name"] != "Ann" || white["here"] != true {
			t.Errorf("%s: white is %v", tt.name, white)
		}
	}
}

func TestStateAsOfAVersion(t *testing.T) {
	w := newWorld(t)
	m := w.start(fischer)
	w.play(m, "e2e4", "e7e5", "g1f3")
	path := "/api/games/" + m.game
	w.pass(5000)
	o := w.ask("GET", path+"?v=6", "", "").object(t)
	if o["v"] != 6.0 || o["clock"].(map[string]any)["left"].(map[string]any)["white"] != 60_000.0 || o["ts"] != float64(began+2000) {
		t.Errorf("clocks as of version 6: %v", o)
	}
	if moves := o["view"].(map[string]any)["moves"].([]any); len(moves) != 2 {
		t.Errorf("moves as of version 6: %v", moves)
	}
	if o := w.ask("GET", path+"?v=1", "", "").object(t); o["status"] != "open" {
		t.Errorf("version 1 is %v", o)
	}
	if o := w.ask("GET", path+"?v=7", "", "").object(t); o["clock"].(map[string]any)["left"].(map[string]any)["black"] != 55_000.0 {
		t.Errorf("the newest version is now: %v", o)
	}
	for _, v := range []string{"0", "8", "9999999999999999"} {
		w.ask("GET", path+"?v="+v, "", "").want(t, 404, "not_found", "")
	}
	for _, v := range []string{"", "-1", "+1", "01", "1.0", "1e3", "x", "12345678901234567", "1&v=1", "%201", "0x1"} {
		w.ask("GET", path+"?v="+v, "", "").want(t, 422, "invalid_field", "")
	}
}

func TestWhoMayRead(t *testing.T) {
	w := newWorld(t)
	m := w.start(`,"watch":"off"`)
	cy, cyT := w.guest("Cy")
	paths := []string{"", ".pgn", "/events"}
	for _, p := range paths {
		path := "/api/games/" + m.game + p
		for _, token := range []string{m.annT, m.bobT} {
			if a := w.ask("GET", path, token, ""); a.status != 200 {
				t.Errorf("%s by a player: %d %s", p, a.status, a.body)
			}
		}
		for _, token := range []string{"", cyT} {
			a := w.ask("GET", path, token, "")
			a.want(t, 404, "not_found", "")
			if none := w.ask("GET", "/api/games/000000000000"+p, token, ""); none.body != a.body {
				t.Errorf("tells that the game exists: %s, not %s", a.body, none.body)
			}
		}
		w.ask("GET", path, "forged", "").want(t, 401, "unauthorized", "")
	}
	// A token that is not valid is refused also where none is needed.
	open := w.start("")
	w.ask("GET", "/api/games/"+open.game, "forged", "").want(t, 401, "unauthorized", "")
	// Whoever is expected may look why the door is closed.
	o := w.ask("POST", "/api/games", m.annT, fmt.Sprintf(`{"id":"r","kind":"chess","watch":"off","seats":{"white":%q}}`, cy.ID)).object(t)
	for _, token := range []string{m.annT, cyT} {
		if a := w.ask("GET", "/api/games/"+o["game"].(string), token, ""); a.status != 200 {
			t.Errorf("expected, but %d", a.status)
		}
	}
	w.ask("GET", "/api/games/"+o["game"].(string), m.bobT, "").want(t, 404, "not_found", "")
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	m := w.start(fischer)
	w.play(m, "e2e4", "e7e5")
	path := "/api/games/" + m.game + "/events"
	encoder := wire.Encoder{Names: w}
	lines := func(from, to uint64, audience game.Audience) string {
		var b strings.Builder
		err := w.Steps(context.Background(), m.game, from, to, func(s game.Step) bool {
			b.Write(encoder.Line(s, audience))
			b.WriteByte('\n')
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	white := game.AudienceOf("white")
	for _, tt := range []struct {
		query, token, want string
	}{
		{"", "", lines(0, 6, game.Watchers)},
		{"?from=0", m.annT, lines(0, 6, white)},
		{"?from=4", "", lines(4, 6, game.Watchers)},
		{"?from=4&to=5", "", lines(4, 5, game.Watchers)},
		{"?to=1", "", lines(0, 1, game.Watchers)},
		{"?to=99", "", lines(0, 6, game.Watchers)},
		{"?from=6", "", ""},
		{"?from=7", "", ""},
		{"?from=9999999999999999", "", ""},
		{"?to=0", "", ""},
		{"?from=5&to=3", "", ""},
	} {
		a := w.ask("GET", path+tt.query, tt.token, "")
		if a.status != 200 || a.body != tt.want || a.header.Get("Content-Type") != "application/x-ndjson" {
			t.Errorf("%s: %d %s\n%s\nwant\n%s", tt.query, a.status, a.header.Get("Content-Type"), a.body, tt.want)
		}
	}
	for _, query := range []string{"?from=", "?from=01", "?from=-1", "?from=1&from=1", "?to=x", "?to=1&to=2", "?from=12345678901234567"} {
		w.ask("GET", path+query, "", "").want(t, 422, "invalid_field", "")
	}
}

func TestDelay(t *testing.T) {
	w := newWorld(t)
	m := w.start(fischer + `,"delay":10000`)
	path := "/api/games/" + m.game
	for _, p := range []string{"", "/events", ".pgn", "?v=1"} {
		w.ask("GET", path+p, "", "").want(t, 404, "not_found", "") // nothing has happened yet, for them
	}
	w.play(m, "e2e4", "e7e5", "g1f3") // versions 5, 6, 7 at 1, 2, 3 s
	w.pass(8500)                      // now 11.5 s; the audience is at 1.5 s
	o := w.ask("GET", path, "", "").object(t)
	if o["v"] != 5.0 || o["ts"] != float64(began+1500) {
		t.Errorf("the audience sees version %v at %v", o["v"], o["ts"])
	}
	if a := w.ask("GET", path+"/events", "", ""); strings.Count(a.body, "\n") != 5 {
		t.Errorf("the audience reads %s", a.body)
	}
	if a := w.ask("GET", path+".pgn", "", ""); !strings.Contains(a.body, "1. e4") || strings.Contains(a.body, "e5") {
		t.Errorf("the audience reads %s", a.body)
	}
	w.ask("GET", path+"?v=6", "", "").want(t, 404, "not_found", "")
	w.pass(1000)
	// At 2.5 s white's clock has been running for half a second.
	if left := w.ask("GET", path, "", "").object(t)["clock"].(map[string]any)["left"].(map[string]any)["white"]; left != 59_500.0 {
		t.Errorf("white has %v in the eyes of the audience", left)
	}
	for _, token := range []string{m.annT, m.bobT} {
		if o := w.ask("GET", path, token, "").object(t); o["v"] != 7.0 {
			t.Errorf("a player sees version %v", o["v"])
		}
	}
	if a := w.ask("POST", path+"/commands", m.annT, `{"t":"resign","id":"r","v":7}`); a.status != 200 {
		t.Fatal(a.body)
	}
	for _, p := range []string{"", "?v=8"} {
		if o := w.ask("GET", path+p, "", "").object(t); o["v"] != 8.0 || o["status"] != "ended" {
			t.Errorf("after the end the audience sees version %v", o["v"])
		}
	}
	if a := w.ask("GET", path+"/events", "", ""); strings.Count(a.body, "\n") != 8 {
		t.Errorf("after the end the audience reads %s", a.body)
	}
	// How far the game is leaks by no refusal either.
	m = w.start(fischer + `,"delay":10000`)
	_, cyT := w.guest("Cy")
	for _, body := range []string{`{"t":"resign","id":"r","v":4}`, `{"t":"resign"}`, `{"t":"ping","ts":1}`} {
		if o := w.ask("POST", "/api/games/"+m.game+"/commands", cyT, body).object(t); o["v"] != nil {
			t.Errorf("%s tells version %v", body, o["v"])
		}
	}
}

func TestPGN(t *testing.T) {
	w := newWorld(t)
	m := w.start(fischer)
	w.play(m, "f2f3", "e7e5", "g2g4", "d8h4")
	s, _ := w.State(context.Background(), m.game)
	if s.Status != game.Over { // the fake's Decide ends it, as the real one does
		t.Fatalf("status %s", s.Status)
	}
	a := w.ask("GET", "/api/games/"+m.game+".pgn", "", "")
	want := `[Event "casual game"]
[Site "/watch/` + m.game + `"]
[Date "2025.11.24"]
[Round "-"]
[White "Ann"]
[Black "Bob"]
[Result "0-1"]
[GameId "` + m.game + `"]
[PlyChain "` + s.Chain.String() + `"]
[PlyReason "mate"]
[Termination "normal"]
[TimeControl "60+0"]
[UTCDate "2025.11.24"]
[UTCTime "16:00:00"]

1. f3 {[%clk 0:01:00] [%emt 0:00:00]} 1... e5 {[%clk 0:01:00] [%emt 0:00:00]}
2. g4 {[%clk 0:01:00] [%emt 0:00:00]} 2... Qh4# {[%clk 0:01:00] [%emt 0:00:00]}
0-1
`
	if a.status != 200 || a.body != want {
		t.Errorf("%d\n%s\nwant\n%s", a.status, a.body, want)
	}
	if got := a.header.Get("Content-Type"); got != "application/x-chess-pgn; charset=utf-8" {
		t.Errorf("type %s", got)
	}
}

func TestPGNOfGamesThatAreNotSimple(t *testing.T) {
	w := newWorld(t)
	fen := "4k3/8/8/8/8/8/4P3/4K3 b - - 5 39"
	m := w.start(fmt.Sprintf(`,"setup":{"fen":%q},"clock":{"type":"days","days":3}`, fen))
	w.mu.Lock()
	w.names[m.ann.ID], w.names[m.bob.ID] = `An"n\`, ""
	w.mu.Unlock()
	w.add(m.game,
		game.MovePlayed{Seat: "black", M: []byte(`"e8e7"`), Elapsed: 3_723_045, Left: game.Times{"white": 1, "black": 259_200_000}},
		game.MovePlayed{Seat: "white", M: []byte(`"e2e3"`), Elapsed: 500, Left: game.Times{"white": 259_200_000, "black": 1}},
		game.TakenBack{Plies: 1},
		game.MovePlayed{Seat: "white", M: []byte(`"e2e4"`), Elapsed: 1500, Left: game.Times{"white": 259_200_000, "black": 1}})
	body := w.ask("GET", "/api/games/"+m.game+".pgn", m.bobT, "").body
	for _, want := range []string{
		`[White "An\"n\\"]`, `[Black "` + m.bob.ID + `"]`, `[Result "*"]`, `[FEN "` + fen + `"]`, `[SetUp "1"]`,
		`[Termination "unterminated"]`, `[TimeControl "1/259200"]`,
		"39... Ke7 {[%clk 72:00:00] [%emt 1:02:03.045]} 40. e4", "[%emt 0:00:01.5]} *\n",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "e3") || strings.Contains(body, "PlyChain") {
		t.Errorf("a taken back move, or a chain before the end:\n%s", body)
	}
	none := w.start("")
	w.play(none, "e2e4")
	if body := w.ask("GET", "/api/games/"+none.game+".pgn", "", "").body; strings.Contains(body, "%clk") ||
		!strings.Contains(body, `[TimeControl "-"]`) || !strings.Contains(body, "{[%emt 0:00:00]}") {
		t.Errorf("without a clock:\n%s", body)
	}
}

func TestPGNLinesAreShort(t *testing.T) {
	w := newWorld(t)
	m := w.start(fischer)
	for range 25 {
		w.play(m, "g1f3", "g8f6", "f3g1", "f6g8")
		s, _ := w.State(context.Background(), m.game)
		if s.Status == game.Over {
			break
		}
	}
	a := w.ask("GET", "/api/games/"+m.game+".pgn", "", "")
	_, moves, _ := strings.Cut(a.body, "\n\n")
	if strings.Count(moves, "\n") < 5 {
		t.Fatalf("too few lines to tell:\n%s", moves)
	}
	for _, line := range strings.Split(moves, "\n") {
		if len(line) > 79 || strings.HasPrefix(line, " ") || strings.HasSuffix(line, " ") {
			t.Errorf("%d characters: %q", len(line), line)
		}
	}
}
