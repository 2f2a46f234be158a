package hostile_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// badMessages are refused with bad_message; id is what the answer repeats.
var badMessages = []struct{ name, msg, id string }{
	{"nothing", ``, ""},
	{"not JSON", marker, ""},
	{"cut short", `{"t":"resign","id":"x","v":4`, ""},
	{"null", `null`, ""},
	{"an array", `[{"t":"resign","id":"x","v":4}]`, ""},
	{"a text", `"resign"`, ""},
	{"a number", `4`, ""},
	{"an empty object", `{}`, ""},
	{"two objects", `{"t":"resign","id":"x","v":4}{"t":"resign","id":"y","v":4}`, ""},
	{"two lines", "{\"t\":\"resign\",\"id\":\"x\",\"v\":4}\n{\"t\":\"resign\",\"id\":\"y\",\"v\":4}", ""},
	{"trailing bytes", `{"t":"resign","id":"x","v":4} ` + marker, ""},
	{"a byte order mark", "\ufeff" + `{"t":"resign","id":"x","v":4}`, ""},
	{"a comment", `{"t":"resign","id":"x","v":4/**/}`, ""},
	{"single quotes", `{'t':'resign','id':'x','v':4}`, ""},
	{"a trailing comma", `{"t":"resign","id":"x","v":4,}`, ""},
	{"a control character", "{\"t\":\"resign\",\"id\":\"x\",\"v\":4,\"m\":\"\x00\"}", ""},
	{"a duplicate key", `{"t":"resign","id":"x","v":4,"v":4}`, "x"},
	{"a duplicate key, escaped", `{"t":"resign","id":"x","v":4,"\u0076":4}`, "x"},
	{"a duplicate id", `{"t":"resign","id":"x","id":"y","v":4}`, ""},
	{"a case variant", `{"T":"resign","id":"x","v":4}`, "x"},
	{"a case variant beside", `{"t":"resign","id":"x","v":4,"V":4}`, "x"},
	{"an unknown field", `{"t":"resign","id":"x","v":4,"seat":"black"}`, "x"},
	{"an unknown field of a prototype", `{"t":"resign","id":"x","v":4,"__proto__":{"a":1}}`, "x"},
	{"null in a field", `{"t":"resign","id":"x","v":null}`, "x"},
	{"null deep inside", `{"t":"move","id":"x","v":4,"m":[{"a":null}]}`, "x"},
	{"t of another type", `{"t":1,"id":"x","v":4}`, "x"},
	{"id of another type", `{"t":"resign","id":7,"v":4}`, ""},
	{"v of another type", `{"t":"resign","id":"x","v":"4"}`, "x"},
	{"m of another type", `{"t":"move","id":"x","v":4,"m":4}`, "x"},
	{"no t", `{"id":"x","v":4}`, "x"},
	{"no id", `{"t":"resign","v":4}`, ""},
	{"no v", `{"t":"resign","id":"x"}`, "x"},
	{"no m", `{"t":"move","id":"x","v":4}`, "x"},
	{"m where none belongs", `{"t":"resign","id":"x","v":4,"m":"e2e4"}`, "x"},
	{"1e3", `{"t":"resign","id":"x","v":1e3}`, "x"},
	{"4.0", `{"t":"resign","id":"x","v":4.0}`, "x"},
	{"-1", `{"t":"resign","id":"x","v":-1}`, "x"},
	{"-0", `{"t":"resign","id":"x","v":-0}`, "x"},
	{"04", `{"t":"resign","id":"x","v":04}`, ""},
	{"2^53", `{"t":"resign","id":"x","v":9007199254740992}`, "x"},
	{"2^64", `{"t":"resign","id":"x","v":18446744073709551616}`, "x"},
	{"a thousand digits", `{"t":"resign","id":"x","v":` + strings.Repeat("9", 1000) + `}`, "x"},
	{"NaN", `{"t":"resign","id":"x","v":NaN}`, ""},
	{"depth 9", `{"t":"move","id":"x","v":4,"m":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`, "x"},
	{"depth 2,000", strings.Repeat(`{"t":`, 600) + strings.Repeat("}", 600), ""},
	{"a lone surrogate", `{"t":"move","id":"x","v":4,"m":"\ud800"}`, "x"},
	{"a ping with an id", `{"t":"ping","ts":1,"id":"x"}`, "x"},
	{"a ping without ts", `{"t":"ping"}`, ""},
}

func TestBadMessages(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	for _, c := range badMessages {
		t.Run(c.name, func(t *testing.T) {
			s.under(t, toldOf("bad_message"), func() {
				k := dial(t, s, "")
				k.upgrade("/play/"+g.id, g.white)
				k.line("live")
				k.frame(fin|text, []byte(c.msg))
				o := k.line("error")
				if o.str("code") != "bad_message" || o["retry"] != false || o.str("id") != c.id || o.num("v") != 4 {
					t.Errorf("answered %v, want id %q", o, c.id)
				}
				k.say(`{"t":"ping","ts":5}`) // the socket stays
				k.line("pong")
				k.hangUp()
			})
		})
	}
	if v := s.version(t, g); v != 4 {
		t.Errorf("the game is at version %d: something of this was carried out", v)
	}
}

// The same over HTTP.
func TestBadBodies(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	for _, c := range badMessages {
		if strings.Contains(c.name, "ping") {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if status, o := s.act(t, g, g.white, c.msg); status != http.StatusBadRequest || o.str("code") != "bad_message" || o.str("id") != c.id {
				t.Errorf("answered %d %v, want id %q", status, o, c.id)
			}
		})
	}
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"too large":               {"POST", "/api/games", `{"id":"` + strings.Repeat("a", 5000) + `"}`, 413, "bad_message"},
		"a guest with NUL":        {"POST", "/api/guests", `{"name":"` + marker + `\u0000"}`, 422, "invalid_field"},
		"a guest with a control":  {"POST", "/api/guests", `{"name":"` + marker + `\n"}`, 422, "invalid_field"},
		"a guest with bidi":       {"POST", "/api/guests", `{"name":"` + marker + `\u202e"}`, 422, "invalid_field"},
		"a guest of 33":           {"POST", "/api/guests", `{"name":"` + marker + strings.Repeat("a", 33) + `"}`, 422, "invalid_field"},
		"a guest without name":    {"POST", "/api/guests", `{"name":""}`, 422, "invalid_field"},
		"a guest with half a one": {"POST", "/api/guests", `{"name":"\ud83d"}`, 400, "bad_message"},
		"a kind with a path":      {"POST", "/api/games", `{"id":"k1","kind":"../` + marker + `"}`, 422, "invalid_field"},
		"a clock without end":     {"POST", "/api/games", `{"id":"k2","kind":"chess","clock":{"type":"fischer","initial":9007199254740991,"increment":0}}`, 422, "invalid_field"},
		"a clock below zero":      {"POST", "/api/games", `{"id":"k3","kind":"chess","clock":{"type":"fischer","initial":-1,"increment":0}}`, 400, "bad_message"},
		"a board of nonsense":     {"POST", "/api/games", `{"id":"k4","kind":"chess","setup":{"fen":"` + marker + `"}}`, 422, "invalid_field"},
		"a board without kings":   {"POST", "/api/games", `{"id":"k5","kind":"chess","setup":{"fen":"8/8/8/8/8/8/8/8 w - - 0 1"}}`, 422, "invalid_field"},
		"an id of 10 bytes over":  {"POST", "/api/games", `{"id":"` + strings.Repeat("a", 74) + `","kind":"chess"}`, 422, "invalid_field"},
		"a path out of the API":   {"GET", "/api/games/..%2f..%2fetc", "", 404, "not_found"},
		"a version of nonsense":   {"GET", "/api/games/" + g.id + "?v=" + marker, "", 422, "invalid_field"},
		"a version below zero":    {"GET", "/api/games/" + g.id + "?v=-1", "", 422, "invalid_field"},
		"a version beyond":        {"GET", "/api/games/" + g.id + "?v=99", "", 404, "not_found"},
		"from of nonsense":        {"GET", "/api/games/" + g.id + "/events?from=1e3", "", 422, "invalid_field"},
		"before of nonsense":      {"GET", "/api/games?before=" + marker, "", 422, "invalid_field"},
		"a limit without end":     {"GET", "/api/games?limit=1000000000", "", 422, "invalid_field"},
		"a player of nonsense":    {"GET", "/api/games?player=%00", "", 422, "invalid_field"},
	} {
		t.Run(name, func(t *testing.T) {
			if status, o := s.call(t, c.method, c.path, g.white, c.body); status != c.status || o.str("code") != c.code {
				t.Errorf("answered %d %v, want %d %s", status, o, c.status, c.code)
			}
		})
	}
	s.honest.move(t)
	if v := s.version(t, g); v != 4 {
		t.Errorf("the game is at version %d: something of this was carried out", v)
	}
}

// Well-formed, but refused; the socket stays.
func TestRefusedMessages(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	for _, c := range []struct{ name, msg, code, id string }{
		{"an unknown type", `{"t":"` + marker + `","id":"x","v":4}`, "unknown_type", "x"},
		{"a hello of another protocol", `{"t":"hello","id":"x","v":4}`, "unknown_type", "x"},
		{"a type of the server", `{"t":"ended","id":"x","v":4}`, "unknown_type", "x"},
		{"a case variant of a type", `{"t":"MOVE","id":"x","v":4,"m":"e2e4"}`, "unknown_type", "x"},
		{"an empty id", `{"t":"resign","id":"","v":4}`, "invalid_field", ""},
		{"an id of 65", `{"t":"resign","id":"` + strings.Repeat("a", 65) + `","v":4}`, "invalid_field", ""},
		{"an id of 3,000", `{"t":"resign","id":"` + strings.Repeat("a", 3000) + `","v":4}`, "invalid_field", ""},
		{"an id with a space", `{"t":"resign","id":"a b","v":4}`, "invalid_field", ""},
		{"an id with NUL", `{"t":"resign","id":"a\u0000","v":4}`, "invalid_field", ""},
		{"an id with bidi", `{"t":"resign","id":"a\u202e","v":4}`, "invalid_field", ""},
		{"an id with a script", `{"t":"resign","id":"<script>","v":4}`, "invalid_field", ""},
		{"m of 1,025", `{"t":"move","id":"x","v":4,"m":"` + strings.Repeat("a", 1025) + `"}`, "invalid_field", "x"},
		{"m of 1,024", `{"t":"move","id":"x","v":4,"m":"` + strings.Repeat("a", 1024) + `"}`, "illegal_move", "x"},
		{"m of nothing", `{"t":"move","id":"x","v":4,"m":""}`, "illegal_move", "x"},
		{"off the board", `{"t":"move","id":"x","v":4,"m":"e2e9"}`, "illegal_move", "x"},
		{"far off the board", `{"t":"move","id":"x","v":4,"m":"z2147483648"}`, "illegal_move", "x"},
		{"2^53+1", `{"t":"move","id":"x","v":4,"m":"9007199254740993"}`, "illegal_move", "x"},
		{"signs", `{"t":"move","id":"x","v":4,"m":"-1-1"}`, "illegal_move", "x"},
		{"NUL in a move", `{"t":"move","id":"x","v":4,"m":"e2\u0000e4"}`, "illegal_move", "x"},
		{"emoji", `{"t":"move","id":"x","v":4,"m":"♟️"}`, "illegal_move", "x"},
		{"a promotion of nothing", `{"t":"move","id":"x","v":4,"m":"e2e4q"}`, "illegal_move", "x"},
		{"a king as a promotion", `{"t":"move","id":"x","v":4,"m":"e7e8k"}`, "illegal_move", "x"},
		{"SAN", `{"t":"move","id":"x","v":4,"m":"Nf3"}`, "illegal_move", "x"},
		{"upper case", `{"t":"move","id":"x","v":4,"m":"E2E4"}`, "illegal_move", "x"},
		{"the null move", `{"t":"move","id":"x","v":4,"m":"0000"}`, "illegal_move", "x"},
		{"a piece of the other side", `{"t":"move","id":"x","v":4,"m":"e7e5"}`, "illegal_move", "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.under(t, toldOf(c.code), func() {
				k := dial(t, s, "")
				k.upgrade("/play/"+g.id, g.white)
				k.line("live")
				k.frame(fin|text, []byte(c.msg))
				if o := k.line("error"); o.str("code") != c.code || o["retry"] != false || o.str("id") != c.id {
					t.Errorf("answered %v, want %s with id %q", o, c.code, c.id)
				}
				k.say(`{"t":"ping","ts":5}`)
				k.line("pong")
				k.hangUp()
			})
		})
	}
	if v := s.version(t, g); v != 4 {
		t.Errorf("the game is at version %d: something of this was carried out", v)
	}
}

// The third bad message within a minute is answered, and is the last.
func TestThirdBadMessage(t *testing.T) {
	s := startSite(t)
	g := s.newTable(t, "")
	for _, path := range []string{"/play/" + g.id, "/watch/" + g.id} {
		kind := strings.Split(path, "/")[1]
		s.under(t, closedFor(kind, "bad message"), func() {
			k := dial(t, s, "")
			k.upgrade(path, g.white)
			k.line("live")
			for range 3 {
				k.say(`%s`, marker)
			}
			e := k.wantEnd(4500)
			if n := strings.Count(strings.Join(e.lines, "\n"), "bad_message"); n != 3 {
				t.Errorf("%d of 3 bad messages were answered: %v", n, e.lines)
			}
			if e.after > 3*time.Second {
				t.Errorf("it took %v", e.after)
			}
		})
	}
}

// Queries and subprotocols that are garbage are told so on the socket.
func TestBadQueries(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	boards := "games=" + g.id + strings.Repeat(","+g.id, 16)
	for _, c := range []struct {
		path string
		code int
	}{
		{"/watch/" + g.id + "?from=", 4500},
		{"/watch/" + g.id + "?from=-1", 4500},
		{"/watch/" + g.id + "?from=01", 4500},
		{"/watch/" + g.id + "?from=1e3", 4500},
		{"/watch/" + g.id + "?from=" + marker, 4500},
		{"/watch/" + g.id + "?from=99999999999999999", 4500},
		{"/watch/" + g.id + "?from=1&from=1", 4500},
		{"/watch/" + g.id + "?from=9999999999999999", 4004},
		{"/watch/" + g.id + "?from=5", 4004},
		{"/watch/" + g.id + "?from=5&speed=max", 4004},
		{"/watch/" + g.id + "?from=0&speed=0", 4500},
		{"/watch/" + g.id + "?from=0&speed=65", 4500},
		{"/watch/" + g.id + "?from=0&speed=fast", 4500},
		{"/watch/" + g.id + "?delay=-5", 4500},
		{"/watch/" + g.id + "?delay=x", 4500},
		{"/watch?games=", 4500},
		{"/watch?" + boards, 4500},
		{"/watch?games=" + g.id + "&from=0", 4500},
		{"/watch?games=" + g.id + "&speed=max", 4500},
		{"/play/" + g.id + "?from=x", 4500},
		{"/play/" + g.id + "?from=5", 4004},
	} {
		t.Run(c.path, func(t *testing.T) {
			k := dial(t, s, "")
			k.upgrade(c.path, g.white)
			k.wantEnd(c.code)
		})
	}
	for _, protocol := range []string{"Sec-WebSocket-Protocol:", "Sec-WebSocket-Protocol: ply.v2", "Sec-WebSocket-Protocol: bearer.x, soap"} {
		t.Run(protocol, func(t *testing.T) {
			k := dial(t, s, "")
			k.upgrade("/watch/"+g.id, g.white, protocol)
			if e := k.wantEnd(4500); e.reason != "supported: ply.v1" {
				t.Errorf("reason %q", e.reason)
			}
		})
	}
	s.honest.move(t)
}
