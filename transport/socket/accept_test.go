package socket_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/socket"
)

func (r *rig) handshake(path string, header map[string]string) (*http.Response, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequest("GET", r.http.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "ply.v1"} {
		req.Header.Set(k, v)
	}
	for k, v := range header {
		if v == "" {
			req.Header.Del(k)
		} else {
			req.Header.Set(k, v)
		}
	}
	res, err := r.http.Client().Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = res.Body.Close() })
	var body map[string]any
	if res.StatusCode != 101 {
		_ = json.NewDecoder(res.Body).Decode(&body)
	}
	return res, body
}

func TestHandshake(t *testing.T) {
	r := newRig(t, func(c *socket.Config, _ *socket.Deps) { c.Origins = []string{"https://ply.example"} })
	r.Create("watchoffgame", func(c *game.Create) { c.Watch = game.WatchOff })
	own := strings.TrimPrefix(r.http.URL, "http://")
	auth := func(token string) map[string]string { return map[string]string{"Authorization": "Bearer " + token} }
	with := func(h map[string]string, k, v string) map[string]string { h[k] = v; return h }
	tests := []struct {
		name, path string
		header     map[string]string
		status     int
		code       string
	}{
		{"a seat's socket", "/play/" + id, auth("t-ann"), 101, ""},
		{"token as subprotocol", "/play/" + id, map[string]string{"Sec-WebSocket-Protocol": "ply.v1, bearer.t-ann"}, 101, ""},
		{"no token", "/play/" + id, nil, 401, "unauthorized"},
		{"bad token", "/play/" + id, auth("x"), 401, "unauthorized"},
		{"token in the URL", "/play/" + id + "?token=t-ann", nil, 401, "unauthorized"},
		{"token in the URL too", "/watch/" + id + "?access_token=t-ann", auth("t-ann"), 401, "unauthorized"},
		{"no seat", "/play/" + id, auth("t-eve"), 403, "not_a_player"},
		{"unknown game", "/play/nosuchgame00", auth("t-ann"), 404, "not_found"},
		{"no id of a game", "/play/x", auth("t-ann"), 404, "not_found"},
		{"watching needs no token", "/watch/" + id, nil, 101, ""},
		{"watching with a bad one", "/watch/" + id, auth("x"), 401, "unauthorized"},
		{"watching a game not to be watched", "/watch/watchoffgame", nil, 404, "not_found"},
		{"boards", "/watch?games=" + id, nil, 101, ""},
		{"boards, one unknown", "/watch?games=" + id + ",nosuchgame00", nil, 404, "not_found"},
		{"own origin", "/watch/" + id, map[string]string{"Origin": "http://" + own}, 101, ""},
		{"configured origin", "/watch/" + id, map[string]string{"Origin": "https://ply.example"}, 101, ""},
		{"other port", "/watch/" + id, map[string]string{"Origin": "http://127.0.0.1:1"}, 403, "forbidden"},
		{"null origin", "/watch/" + id, map[string]string{"Origin": "null"}, 403, "forbidden"},
		{"look-alike", "/watch/" + id, map[string]string{"Origin": "https://ply.example.evil.com"}, 403, "forbidden"},
		{"look-alike of ours", "/watch/" + id, map[string]string{"Origin": "http://" + own + ".evil.com"}, 403, "forbidden"},
		{"origin before token", "/play/" + id, with(auth("x"), "Origin", "https://evil.com"), 403, "forbidden"},
		{"no upgrade", "/play/" + id, with(auth("t-ann"), "Upgrade", ""), 426, ""},
		{"wrong version", "/play/" + id, with(auth("t-ann"), "Sec-WebSocket-Version", "8"), 400, ""},
		{"short key", "/play/" + id, with(auth("t-ann"), "Sec-WebSocket-Key", "AAAA"), 400, ""},
		{"no key", "/play/" + id, with(auth("t-ann"), "Sec-WebSocket-Key", ""), 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := r.handshake(tt.path, tt.header)
			if res.StatusCode != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode, tt.status)
			}
			if tt.code != "" && (body["code"] != tt.code || body["t"] != "error" || body["retry"] != false) {
				t.Errorf("body %v, want code %s", body, tt.code)
			}
			if p := res.Header.Get("Sec-WebSocket-Protocol"); res.StatusCode == 101 && p != "ply.v1" {
				t.Errorf("subprotocol %q", p)
			}
		})
	}
	req, _ := http.NewRequest("POST", r.http.URL+"/play/"+id, nil)
	for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket"} {
		req.Header.Set(k, v)
	}
	res, err := r.http.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestAcceptedThenClosed(t *testing.T) {
	r := newRig(t, nil)
	for _, path := range []string{
		"/play/" + id + "?from=x", "/play/" + id + "?from=01", "/play/" + id + "?from=-1", "/play/" + id + "?from=",
		"/play/" + id + "?from=1&from=2", "/play/" + id + "?from=12345678901234567", "/watch/" + id + "?speed=0",
		"/watch/" + id + "?speed=65", "/watch/" + id + "?speed=fast", "/watch/" + id + "?delay=1s", "/watch/" + id + "?delay=3600001",
		"/watch", "/watch?games=", "/watch?games=" + id + "&from=0", "/watch?games=" + id + "&speed=max",
		"/watch?games=" + strings.Repeat(id+",", 16) + id,
	} {
		t.Run(path, func(t *testing.T) {
			p := r.dial(path, "t-ann")
			p.t = t
			p.wantClose(4500)
		})
	}
	for _, path := range []string{"/play/" + id + "?from=5", "/watch/" + id + "?from=5", "/watch/" + id + "?from=5&speed=2"} {
		p := r.dial(path, "t-ann")
		p.wantClose(4004)
	}
	c, _, err := websocket.Dial(t.Context(), r.url+"/watch/"+id, &websocket.DialOptions{HTTPClient: r.http.Client()})
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, c: c}
	if code, reason := p.closed(); code != 4500 || reason != "supported: ply.v1" {
		t.Errorf("without subprotocol: %d %q", code, reason)
	}
}

func TestHandshakeLimit(t *testing.T) {
	now := time.Unix(1, 0)
	r := newRig(t, func(c *socket.Config, d *socket.Deps) {
		d.Handshakes = limit.NewHandshakes(func() time.Time { return now })
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	from := func(hops string) int {
		res, body := r.handshake("/play/"+id, map[string]string{"X-Forwarded-For": hops})
		if res.StatusCode == 429 && (body["code"] != "rate_limited" || body["retry"] != true) {
			t.Errorf("body %v", body)
		}
		return res.StatusCode
	}
	for i := range 40 {
		if got := from("198.51.100.7"); got != 401 {
			t.Fatalf("handshake %d: %d", i, got)
		}
	}
	for hops, want := range map[string]int{"198.51.100.7": 429, "203.0.113.9, 198.51.100.7": 429, "198.51.100.7, 127.0.0.2": 429,
		"198.51.100.8": 401, "": 401} {
		if got := from(hops); got != want {
			t.Errorf("%q: %d, want %d", hops, got, want)
		}
	}
}
