package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/rest"
)

func TestEveryAnswerIsAnObject(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{"GET", "/api/nonsense", 404, "not_found", ""},
		{"GET", "/api/games/G/nonsense", 404, "not_found", ""},
		{"GET", "/api/games/", 404, "not_found", ""},
		{"GET", "/", 404, "not_found", ""},
		{"POST", "/api/../etc/passwd", 404, "not_found", ""},
		{"GET", "/api/games/%2e%2e%2f", 404, "not_found", ""},
		{"GET", "/api/games/k3JqT9xBv2Lm", 404, "not_found", ""},
		{"GET", "/api/games/.pgn", 404, "not_found", ""},
		{"DELETE", "/api/games", 405, "bad_message", "GET, HEAD, POST"},
		{"GET", "/api/guests", 405, "bad_message", "POST"},
		{"POST", "/api/kinds", 405, "bad_message", "GET, HEAD"},
		{"PUT", "/api/games/k3JqT9xBv2Lm", 405, "bad_message", "GET, HEAD"},
		{"GET", "/api/me", 401, "unauthorized", ""},
		{"GET", "/api/me/games", 401, "unauthorized", ""},
		{"POST", "/api/games", 401, "unauthorized", ""},
	} {
		a := w.ask(tt.method, tt.path, "", "")
		if a.status == http.StatusTemporaryRedirect || a.status == http.StatusMovedPermanently {
			continue // net/http cleans paths with dots by a redirect
		}
		a.want(t, tt.status, tt.code, "")
		if a.header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: Allow %q, want %q", tt.method, tt.path, a.header.Get("Allow"), tt.allow)
		}
		if tt.status == 401 && a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s %s: no WWW-Authenticate", tt.method, tt.path)
		}
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: headers %v", tt.method, tt.path, a.header)
		}
	}
}

func TestKinds(t *testing.T) {
	w := newWorld(t)
	want := `[{"kind":"chess","seats":["white","black"],"clocks":["none","fischer","delay","days"]}]`
	for range 2 {
		if a := w.ask("GET", "/api/kinds", "", ""); strings.TrimSpace(a.body) != want {
			t.Errorf("kinds are %s", a.body)
		}
	}
}

func TestDescriptions(t *testing.T) {
	w := newWorld(t)
	for path, begin := range map[string]string{"/api/openapi.yaml": "openapi: 3", "/api/asyncapi.yaml": "asyncapi: 3"} {
		if a := w.ask("GET", path, "", ""); a.status != 200 || !strings.HasPrefix(a.body, begin) {
			t.Errorf("%s: %d %.40s", path, a.status, a.body)
		}
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	ready := func(status int, word string) {
		t.Helper()
		if a := w.ask("GET", "/ready", "", ""); a.status != status || a.object(t)["status"] != word {
			t.Errorf("ready: %d %s, want %d %s", a.status, a.body, status, word)
		}
		if a := w.ask("GET", "/livez", "", ""); a.status != 200 {
			t.Errorf("livez: %d", a.status)
		}
	}
	ready(503, "starting")
	w.health.Accept()
	ready(200, "ready")
	w.health.Drain()
	ready(404, "draining")
	w.health.Accept()
	ready(404, "draining")
	if !w.health.Draining() {
		t.Error("not draining")
	}
}

func TestOrigins(t *testing.T) {
	w := newWorld(t)
	a := w.ask("GET", "/api/kinds", "", "", "Origin", "https://pages.example")
	if a.header.Get("Access-Control-Allow-Origin") != "https://pages.example" || a.header.Get("Vary") != "Origin" ||
		a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("headers %v", a.header)
	}
	a = w.ask("OPTIONS", "/api/games", "", "", "Origin", "https://pages.example", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
	if a.status != 204 || !strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") ||
		!strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("preflight: %d %v", a.status, a.header)
	}
	for _, origin := range []string{"https://evil.example", "https://pages.example.evil.com", "null", "http://pages.example", "https://PAGES.example"} {
		for _, method := range []string{"GET", "OPTIONS"} {
			a := w.ask(method, "/api/kinds", "", "", "Origin", origin, "Access-Control-Request-Method", "GET")
			if got := a.header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s is allowed: %s", origin, got)
			}
		}
	}
}

func TestLists(t *testing.T) {
	w := newWorld(t)
	w.names["p_cy"] = "Cy"
	w.rows = []rest.Summary{
		{Game: "k3JqT9xBv2Lm", Kind: "chess", Status: game.Open, Clock: clock.Spec{Type: clock.Days, Days: 2}, Rated: true, Access: "open",
			Watch: "public", Creator: "p_cy", Pair: json.RawMessage(`{"rating":[1400,1600]}`), Created: 5, At: 6,
			Seats: []game.Place{{Seat: "white", Player: "p_cy", Rating: 1512}, {Seat: "black"}}},
		{Game: "k3JqT9xBv2Ln", Kind: "chess", Status: game.Over, Clock: clock.Spec{Type: clock.None}, Access: "invite", Watch: "link",
			Result: game.Result{Reason: "mate", Winner: "black", Scores: map[game.Seat]int{"white": 0, "black": 2}}, Created: 1, At: 2,
			Seats: []game.Place{{Seat: "white", Player: "g_a"}, {Seat: "black", Player: "p_cy"}}},
	}
	a := w.ask("GET", "/api/games", "", "")
	want := `{"games":[{"game":"k3JqT9xBv2Lm","kind":"chess","status":"open","clock":{"type":"days","days":2},"class":"days","rated":true,"access":"open","watch":"public","delay":0,` +
		`"players":{"white":{"id":"p_cy","name":"Cy","rating":1512}},"seat":"black","by":{"id":"p_cy","name":"Cy","rating":1512},"pair":{"rating":[1400,1600]},"created":5,"ts":6},` +
		`{"game":"k3JqT9xBv2Ln","kind":"chess","status":"ended","clock":{"type":"none"},"rated":false,"access":"invite","watch":"link","delay":0,` +
		`"players":{"black":{"id":"p_cy","name":"Cy"},"white":{"id":"g_a"}},"reason":"mate","winner":"black","scores":{"black":2,"white":0},"created":1,"ts":2}],"next":"more"}`
	if a.status != 200 || strings.TrimSpace(a.body) != want {
		t.Errorf("\n got %s\nwant %s", a.body, want)
	}
	if w.asked != (rest.Query{Limit: 30}) {
		t.Errorf("asked %+v", w.asked)
	}
	w.ask("GET", "/api/games?status=live&player=p_cy&kind=chess&rated=false&before=b&limit=200", "", "")
	if q := w.asked; q.Status != game.Live || q.Player != "p_cy" || q.Kind != "chess" || q.Rated == nil || *q.Rated || q.Before != "b" || q.Limit != 200 || q.Own {
		t.Errorf("asked %+v", q)
	}
	p, token := w.guest("Ann")
	w.ask("GET", "/api/me/games?status=open&player=p_cy", token, "")
	if q := w.asked; q.Status != game.Open || q.Player != p.ID || !q.Own {
		t.Errorf("asked %+v", q)
	}
	for _, query := range []string{"status=ready", "status=", "status=open&status=open", "player=a%20b", "rated=1", "limit=0", "limit=201", "limit=x",
		"limit=-1", "before=nonsense", "before="} {
		w.ask("GET", "/api/games?"+query, "", "").want(t, 422, "invalid_field", "")
	}
	w.ask("GET", "/api/games", "forged", "").want(t, 401, "unauthorized", "")
	w.rows = nil
	if a := w.ask("GET", "/api/games", "", ""); !strings.HasPrefix(a.body, `{"games":[]`) {
		t.Errorf("no games: %s", a.body)
	}
}

// operator is an Operator for tests.
type operator struct {
	drained int
	hot     []rest.HotGame
	evicted string
	erased  string
}

func (o *operator) Drain()              { o.drained++ }
func (o *operator) Hot() []rest.HotGame { return o.hot }
func (o *operator) Evict(_ context.Context, id string) error {
	if id == "BBBBBBBBBBBB" {
		return domain.Refuse(domain.Busy, "the game is in use")
	}
	o.evicted = id
	return nil
}

func (o *operator) Erase(_ context.Context, player string) (left string, err error) {
	if player == "p_nobody" {
		return "", domain.Refuse(domain.NotFound, "no name of such a player is recorded")
	}
	o.erased = player
	return "scavenge", nil
}

func TestErase(t *testing.T) {
	op := &operator{}
	handler := rest.NewOps(rest.OpsDeps{Operator: op, Health: &rest.Health{}})
	for _, test := range []struct {
		method, player string
		status         int
		erased         string
	}{
		{"POST", "p_1", 200, "p_1"}, {"POST", "p_nobody", 404, ""}, {"POST", "a.b", 404, ""}, {"GET", "p_1", 405, ""},
	} {
		op.erased = ""
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(test.method, "/admin/players/"+test.player+"/erase", nil))
		if test.status == 200 && !strings.Contains(rec.Body.String(), `"left":"scavenge"`) {
			t.Errorf("%s does not say what is left", rec.Body)
		}
		if rec.Code != test.status || op.erased != test.erased {
			t.Errorf("%+v: %d %s, erased %q", test, rec.Code, rec.Body, op.erased)
		}
	}
}

func TestOperations(t *testing.T) {
	op := &operator{}
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ply_up 1\n")) })
	handler := rest.NewOps(rest.OpsDeps{Operator: op, Metrics: metrics, Health: &rest.Health{}})
	ask := func(method, path string, status int) string {
		t.Helper()
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(method, path, nil))
		if rec.Code != status {
			t.Errorf("%s %s: %d %s, want %d", method, path, rec.Code, rec.Body, status)
		}
		return strings.TrimSpace(rec.Body.String())
	}
	if got := ask("GET", "/metrics", 200); got != "ply_up 1" {
		t.Errorf("metrics: %s", got)
	}
	if got := ask("GET", "/admin/games", 200); got != `{"games":[]}` {
		t.Errorf("games: %s", got)
	}
	op.hot = []rest.HotGame{{Game: "AAAAAAAAAAAA", Version: 7, Status: game.Live, Held: true}}
	if got := ask("GET", "/admin/games", 200); got != `{"games":[{"game":"AAAAAAAAAAAA","v":7,"status":"live","held":true}]}` {
		t.Errorf("games: %s", got)
	}
	ask("POST", "/admin/games/AAAAAAAAAAAA/evict", 200)
	if op.evicted != "AAAAAAAAAAAA" {
		t.Error("not evicted")
	}
	ask("POST", "/admin/games/BBBBBBBBBBBB/evict", 503)
	ask("POST", "/admin/games/x/evict", 404)
	ask("GET", "/admin/drain", 405)
	ask("POST", "/admin/drain", 202)
	if op.drained != 1 {
		t.Errorf("drained %d times", op.drained)
	}
	ask("GET", "/ready", 503)
}

func TestAPanicIsAnInternalError(t *testing.T) {
	w := newWorld(t)
	m := w.start("")
	w.games[m.game][len(w.games[m.game])-1].After.Rules = nil // our mistake
	w.games[m.game][len(w.games[m.game])-1].After.Board = nil
	w.ask("GET", "/api/games/"+m.game, "", "").want(t, 500, "internal", "")
}
