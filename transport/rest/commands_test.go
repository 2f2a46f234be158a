package rest_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	w := newWorld(t)
	m := w.start("")
	path := "/api/games/" + m.game + "/commands"
	move := `{"t":"move","id":"a1","v":4,"m":"e2e4"}`
	for _, tt := range []struct {
		name, token, body string
		want              string
	}{
		{"move", m.annT, move, `{"t":"ok","id":"a1","v":5}`},
		{"sent again", m.annT, move, `{"t":"ok","id":"a1","v":5,"duplicate":true}`},
		{"the other", m.bobT, `{"t":"move","id":"a1","v":5,"m":"e7e5"}`, `{"t":"ok","id":"a1","v":6}`},
		{"draw offer", m.bobT, `{"t":"draw-offer","id":"b2","v":6}`, `{"t":"ok","id":"b2","v":7}`},
	} {
		if a := w.ask("POST", path, tt.token, tt.body); a.status != 200 || strings.TrimSpace(a.body) != tt.want {
			t.Errorf("%s: %d %s, want %s", tt.name, a.status, a.body, tt.want)
		}
	}
	if a := w.ask("POST", path, m.annT, `{"t":"draw-decline","v":7}`, "Idempotency-Key", "k-1"); strings.TrimSpace(a.body) != `{"t":"ok","id":"k-1","v":8}` {
		t.Errorf("with a key: %s", a.body)
	}
	w.pass(7)
	if a := w.ask("POST", path, m.annT, `{"t":"ping","ts":12}`); strings.TrimSpace(a.body) != fmt.Sprintf(`{"t":"pong","ts":%d,"echo":12,"v":8}`, began+7) {
		t.Errorf("ping: %s", a.body)
	}
}

func TestCommandRefusals(t *testing.T) {
	w := newWorld(t)
	m := w.start("")
	_, cyT := w.guest("Cy")
	path := "/api/games/" + m.game + "/commands"
	for _, tt := range []struct {
		name, token, body string
		status            int
		code, echo        string
	}{
		{"nobody", "", `{"t":"resign","id":"a","v":4}`, 401, "unauthorized", ""},
		{"forged", "x.y.z", `{"t":"resign","id":"a","v":4}`, 401, "unauthorized", ""},
		{"no seat", cyT, `{"t":"resign","id":"a","v":4}`, 403, "not_a_player", "a"},
		{"empty", m.annT, ``, 400, "bad_message", ""},
		{"trailing", m.annT, `{"t":"resign","id":"a","v":4}{}`, 400, "bad_message", ""},
		{"unknown key", m.annT, `{"t":"resign","id":"a","v":4,"x":1}`, 400, "bad_message", "a"},
		{"null", m.annT, `{"t":"resign","id":"a","v":null}`, 400, "bad_message", "a"},
		{"invalid UTF-8", m.annT, "{\"t\":\"move\",\"id\":\"a\",\"v\":4,\"m\":\"\xff\"}", 400, "bad_message", ""},
		{"m of the wrong type", m.annT, `{"t":"move","id":"a","v":4,"m":7}`, 400, "bad_message", "a"},
		{"unknown type", m.annT, `{"t":"fly","id":"a","v":4}`, 400, "unknown_type", "a"},
		{"bad id", m.annT, `{"t":"resign","id":"a b","v":4}`, 422, "invalid_field", ""},
		{"long m", m.annT, `{"t":"move","id":"a","v":4,"m":"` + strings.Repeat("e", 1025) + `"}`, 422, "invalid_field", "a"},
		{"not yet", m.annT, `{"t":"resign","id":"a","v":4}`, 409, "not_started", "a"},
		{"not their turn", m.bobT, `{"t":"move","id":"a","v":4,"m":"e7e5"}`, 409, "not_your_turn", "a"},
		{"illegal", m.annT, `{"t":"move","id":"a","v":4,"m":"e2e5"}`, 422, "illegal_move", "a"},
		{"no move at all", m.annT, `{"t":"move","id":"a","v":4,"m":"\u0000<>"}`, 422, "illegal_move", "a"},
		{"too old", m.annT, `{"t":"move","id":"a","v":3,"m":"e2e4"}`, 409, "version_conflict", "a"},
		{"ahead", m.annT, `{"t":"move","id":"a","v":9007199254740991,"m":"e2e4"}`, 409, "version_conflict", "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.ask("POST", path, tt.token, tt.body).want(t, tt.status, tt.code, tt.echo)
		})
	}
	w.ask("POST", "/api/games/000000000000/commands", m.annT, `{"t":"resign","id":"a","v":4}`).want(t, 404, "not_found", "a")
	w.ask("POST", path, m.annT, `{"t":"resign","id":"a","v":4}`, "Idempotency-Key", "b").want(t, 400, "bad_message", "a")

	if a := w.ask("POST", path, m.annT, `{"t":"move","id":"a","v":4,"m":"e2e4"}`); a.status != 200 {
		t.Fatal(a.body)
	}
	w.ask("POST", path, m.annT, `{"t":"move","id":"a","v":4,"m":"d2d4"}`).want(t, 409, "command_id_reused", "a")
}

func TestBodiesAreBounded(t *testing.T) {
	w := newWorld(t)
	m := w.start("")
	path := "/api/games/" + m.game + "/commands"
	pad := func(n int) string {
		body := `{"t":"resign","id":"a","v":4}`
		return body + strings.Repeat(" ", n-len(body))
	}
	w.ask("POST", path, m.annT, pad(4096)).want(t, 409, "not_started", "a")
	w.ask("POST", path, m.annT, pad(4097)).want(t, 413, "bad_message", "")
	w.ask("POST", "/api/guests", "", pad(1<<20)).want(t, 413, "bad_message", "")
}

func TestCommandsAreLimited(t *testing.T) {
	w := newWorld(t)
	m := w.start("")
	w.allowed = 0
	for _, path := range []string{"/api/games", "/api/games/" + m.game + "/commands", "/api/games/" + m.game + "/seats/any"} {
		a := w.ask("POST", path, m.annT, `{"t":"resign","id":"a","v":4}`)
		a.want(t, 429, "rate_limited", "a")
		if a.object(t)["after"] != 1700.0 || a.header.Get("Retry-After") != "2" {
			t.Errorf("%s: after %v, Retry-After %q", path, a.object(t)["after"], a.header.Get("Retry-After"))
		}
	}
}
