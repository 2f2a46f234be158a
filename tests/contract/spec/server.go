package spec

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plygames/ply/tests/harness"
	transport "github.com/plygames/ply/transport/spec"
)

// Check plays two games on a running server, asks every route that is described, and holds every answer and every line
// of a socket to the descriptions. base and admin are the addresses of its two listeners ("http://127.0.0.1:8080"). all
// is a token that may read everything. It does not drain the server.
func Check(t testing.TB, base, admin, all string) {
	t.Helper()
	c := &checker{t: t, base: base, admin: admin, documents: load(t), shape: newShape(), asked: map[string]bool{}}
	c.people()
	first := c.match(`"clock":{"type":"fischer","initial":3600000,"increment":0}`) // longer than any machine takes
	c.sockets(first)
	c.reads(first)
	c.match(`"access":"open"`)
	c.history(all)
	c.refusals(first)
	c.operations(first)
	for path, item := range c.documents.routes.Paths.Map() {
		for method := range item.Operations() {
			route := method + " " + path
			if !c.asked[route] && route != "POST /admin/drain" {
				t.Errorf("%s is described but was not asked", route)
			}
		}
	}
}

// checker is one run of Check.
type checker struct {
	t           testing.TB
	base, admin string
	documents   documents
	shape       *shape
	asked       map[string]bool
	ann, bob    string // tokens
}

// patience is for what must happen, on any machine.
const patience = 3 * time.Minute

// match is a game of the run.
type match struct{ id, last string }

// ask sends one request to a described route and holds the answer to its description. path is the route's pattern with
// parameters filled in; query may follow it.
func (c *checker) ask(route, path, token, body string) (int, []byte) {
	c.t.Helper()
	method, pattern, _ := strings.Cut(route, " ")
	operation := c.documents.routes.Paths.Value(pattern).GetOperation(method)
	base := c.base
	if strings.HasPrefix(pattern, "/admin") || pattern == "/metrics" {
		base = c.admin
	}
	answer, text, err := send(method, base+path, token, body)
	for tries := 1; err != nil && tries < 5; tries++ {
		// The server cuts whoever takes more than seconds to say what they want, and a busy machine makes this test slow.
		// Commands have ids, so that they can be sent again.
		answer, text, err = send(method, base+path, token, body)
	}
	if err != nil {
		c.t.Fatalf("%s: %v", route, err)
	}
	c.asked[route] = c.asked[route] || answer.StatusCode < 300
	response := operation.Responses.Status(answer.StatusCode)
	if response == nil {
		response = operation.Responses.Default()
		if answer.StatusCode < 400 {
			c.t.Errorf("%s: status %d is not described", route, answer.StatusCode)
		}
	}
	c.hold(route, response.Value, answer, text)
	return answer.StatusCode, text
}

func send(method, url, token, body string) (*http.Response, []byte, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer, text, err
}

// hold compares an answer with its description.
func (c *checker) hold(route string, response *openapi3.Response, answer *http.Response, text []byte) {
	c.t.Helper()
	media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil {
		c.t.Errorf("%s: content type %q", route, answer.Header.Get("Content-Type"))
		return
	}
	content, ok := response.Content[media]
	switch {
	case !ok:
		c.t.Errorf("%s: status %d in %s is not described: %.200s", route, answer.StatusCode, media, text)
	case media == "application/json":
		if err := c.shape.check(content.Schema.Value, text); err != nil {
			c.t.Errorf("%s: status %d: %v", route, answer.StatusCode, err)
		}
	case media == "application/x-ndjson" && strings.HasPrefix(route, "GET /api/export/"): // rows, not messages
	case media == "application/x-ndjson":
		for _, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
			if len(line) > 0 {
				c.line(line)
			}
		}
	}
}

// line holds one object of the server's to the messages, and gives it.
func (c *checker) line(text []byte) map[string]any {
	c.t.Helper()
	var o map[string]any
	if err := json.Unmarshal(text, &o); err != nil {
		c.t.Fatalf("not an object: %q", text)
	}
	if _, has := o["pos"]; has { // a line of all games
		delete(o, "pos")
		text, _ = json.Marshal(o)
	}
	typ, _ := o["t"].(string)
	schema, ok := c.documents.byType(true)[typ]
	if !ok {
		c.t.Errorf("type %q is not described: %s", typ, text)
		return o
	}
	if err := c.shape.check(schema, text); err != nil {
		c.t.Errorf("%s: %v", typ, err)
	}
	return o
}

// must is ask where the answer has to be this one. It gives the answer's object.
func (c *checker) must(status int, route, path, token, body string) map[string]any {
	c.t.Helper()
	got, text := c.ask(route, path, token, body)
	if got != status {
		c.t.Fatalf("%s %s: %d, want %d: %s", route, body, got, status, text)
	}
	var o map[string]any
	_ = json.Unmarshal(text, &o) // not all are
	return o
}

func (c *checker) people() {
	c.t.Helper()
	const guests = "POST /api/guests"
	c.ann = c.must(201, guests, "/api/guests", "", `{"name":"Ann"}`)["token"].(string)
	c.bob = c.must(201, guests, "/api/guests", "", `{"name":"Bob"}`)["token"].(string)
	c.must(200, "GET /api/me", "/api/me", c.ann, "")
}

// match creates a game, sits down in it and makes two moves over HTTP. fields are those of the body beside id, kind and
// seat.
func (c *checker) match(fields string) match {
	c.t.Helper()
	id := fmt.Sprintf("c-%d", time.Now().UnixNano())
	body := fmt.Sprintf(`{"id":%q,"kind":"chess","seat":"white",%s}`, id, fields)
	o := c.must(201, "POST /api/games", "/api/games", c.ann, body)
	c.must(200, "POST /api/games", "/api/games", c.ann, body)
	m := match{id: o["game"].(string)}
	sit := `{"id":"s-1"}`
	if invites, ok := o["invites"].(map[string]any); ok {
		sit = fmt.Sprintf(`{"id":"s-1","invite":%q}`, invites["black"])
	}
	for range 2 {
		c.must(200, "POST /api/games/{game}/seats/{seat}", "/api/games/"+m.id+"/seats/black", c.bob, sit)
	}
	commands, path := "POST /api/games/{game}/commands", "/api/games/"+m.id+"/commands"
	m.last = `{"t":"move","id":"a1","v":4,"m":"e2e4"}`
	for range 2 {
		c.must(200, commands, path, c.ann, m.last)
	}
	c.must(200, commands, path, c.bob, `{"t":"move","id":"b1","v":5,"m":"e7e5"}`)
	c.must(200, commands, path, c.bob, `{"t":"ping","ts":1}`)
	return m
}

func (c *checker) reads(m match) {
	c.t.Helper()
	path := "/api/games/" + m.id
	for _, token := range []string{"", c.ann, c.bob} {
		c.must(200, "GET /api/games/{game}", path, token, "")
		c.must(200, "GET /api/games/{game}", path+"?v=3", token, "")
		c.must(200, "GET /api/games/{game}/events", path+"/events", token, "")
		c.must(200, "GET /api/games/{game}/events", path+"/events?from=2&to=3", token, "")
		c.must(200, "GET /api/games/{game}.pgn", path+".pgn", token, "")
		for _, query := range []string{"", "?status=open", "?status=live&kind=chess&rated=false&limit=5", "?status=ended"} {
			c.must(200, "GET /api/games", "/api/games"+query, token, "")
		}
	}
	c.must(200, "GET /api/me/games", "/api/me/games?status=live", c.ann, "")
	c.must(200, "GET /api/tv", "/api/tv?kind=chess&limit=16", "", "")
	c.must(200, "GET /api/kinds", "/api/kinds", "", "")
	c.players()
	for route, want := range map[string][]byte{"/api/openapi.yaml": transport.OpenAPI(), "/api/asyncapi.yaml": transport.AsyncAPI()} {
		if _, text := c.ask("GET "+route, route, "", ""); !bytes.Equal(text, want) {
			c.t.Errorf("%s is another document than the one this test knows", route)
		}
	}
}

// history asks for what tells of all games.
func (c *checker) history(all string) {
	c.t.Helper()
	for _, query := range []string{"", "?limit=3"} {
		if status, text := c.ask("GET /api/events", "/api/events"+query, all, ""); status != 200 || !bytes.Contains(text, []byte(`"pos":"`)) {
			c.t.Errorf("/api/events%s: %d %.200s", query, status, text)
		}
	}
	c.must(403, "GET /api/events", "/api/events", c.ann, "")
	for _, format := range []string{"pgn", "ndjson", "parquet"} {
		path := "/api/export/games." + format
		if status, text := c.ask("GET "+path, path+"?since=2020-01-01", c.ann, ""); status != 200 || len(text) == 0 {
			c.t.Errorf("%s: %d %.200s", path, status, text)
		}
		c.must(401, "GET "+path, path, "", "")
	}
}

// refusals asks what is refused: the answers have to look as described too.
func (c *checker) refusals(m match) {
	c.t.Helper()
	for _, path := range []string{"/api/games/000000000000", "/api/games/" + m.id + "?v=x", "/api/games/" + m.id + "?v=99"} {
		if status, _ := c.ask("GET /api/games/{game}", path, "", ""); status < 400 {
			c.t.Errorf("%s: %d", path, status)
		}
	}
	for _, body := range []string{``, `{}`, `null`, `{"t":"fly"}`, m.last + "x", `{"t":"move","id":"a1","v":4,"m":"d2d4"}`,
		`{"t":"resign","id":"a b","v":1}`, `{"t":"move","id":"z","v":6,"m":"e2e4"}`, `{"t":"claim-victory","id":"z","v":6}`} {
		if status, _ := c.ask("POST /api/games/{game}/commands", "/api/games/"+m.id+"/commands", c.ann, body); status < 400 {
			c.t.Errorf("%s: %d", body, status)
		}
	}
	c.must(401, "GET /api/me", "/api/me", "", "")
	c.must(409, "POST /api/games/{game}/seats/{seat}", "/api/games/"+m.id+"/seats/black", c.ann, `{"id":"x"}`)
	c.must(422, "GET /api/games", "/api/games?limit=0", "", "")
	c.must(422, "POST /api/games", "/api/games", c.ann, `{"id":"x","kind":"go"}`)
}

func (c *checker) operations(m match) {
	c.t.Helper()
	c.must(200, "GET /livez", "/livez", "", "")
	c.must(200, "GET /ready", "/ready", "", "")
	c.must(200, "GET /metrics", "/metrics", "", "")
	c.must(200, "GET /admin/games", "/admin/games", "", "")
	c.must(200, "GET /admin/views", "/admin/views", "", "")
	c.must(200, "POST /admin/views/{view}/retry", "/admin/views/games/retry", "", "")
	c.must(404, "POST /admin/views/{view}/retry", "/admin/views/nonsense/retry", "", "")
	const evict = "POST /admin/games/{game}/evict"
	c.must(404, evict, "/admin/games/000000000000/evict", "", "")
	c.erase()
	// The sockets of the game have just been closed; it is in use until the server has noticed.
	harness.Eventually(c.t, patience, "the game can be evicted", func() bool {
		status, _ := c.ask(evict, "/admin/games/"+m.id+"/evict", "", "")
		return status == http.StatusOK
	})
}

// sockets listens on every kind of socket while a move, an offer and a takeback are made, and to the end of the game.
func (c *checker) sockets(m match) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	play := c.dial(ctx, "/play/"+m.id+"?from=0", c.ann)
	defer play.end()
	watch := c.dial(ctx, "/watch/"+m.id, "")
	defer watch.end()
	boards := c.dial(ctx, "/watch?games="+m.id, "")
	defer boards.end()
	c.until(ctx, play, "live", 6)
	c.until(ctx, watch, "live", 6)
	c.until(ctx, boards, "live", 6)
	for _, step := range []struct{ token, body string }{
		{c.ann, `{"t":"draw-offer","id":"p1","v":6}`},
		{c.bob, `{"t":"draw-decline","id":"p2","v":7}`},
		{c.ann, `{"t":"move","id":"p3","v":8,"m":"g1f3"}`},
		{c.ann, `{"t":"takeback-offer","id":"p4","v":9}`},
		{c.bob, `{"t":"takeback-decline","id":"p5","v":10}`},
		{c.bob, `{"t":"add-time","id":"p6","v":11}`},
	} {
		c.must(200, "POST /api/games/{game}/commands", "/api/games/"+m.id+"/commands", step.token, step.body)
	}
	c.send(ctx, play, `{"t":"ping","ts":5}`)
	c.until(ctx, play, "pong", 0)
	c.send(ctx, play, `{"t":"move","id":"p7","v":12,"m":"a2a3"}`)
	if o := c.until(ctx, play, "error", 0); o["code"] != "not_your_turn" || o["id"] != "p7" {
		c.t.Errorf("a move out of turn is answered with %v", o)
	}
	c.send(ctx, play, `{"t":"resign","id":"p8","v":12}`)
	c.until(ctx, play, "ok", 13)
	c.until(ctx, watch, "ended", 13)
	if o := c.until(ctx, boards, "ended", 13); o["game"] != m.id {
		c.t.Errorf("a line of a socket with several boards names the game %v", o["game"])
	}
	c.send(ctx, play, `{"t":"rematch","id":"p9","v":13}`)
	if o := c.until(ctx, play, "ok", 0); o["game"] == nil {
		c.t.Errorf("a rematch is answered with %v", o)
	}
	late := c.dial(ctx, "/watch/"+m.id+"?from=0&speed=max", "")
	defer late.end()
	c.until(ctx, late, "live", 13)
	for {
		text, err := late.next(ctx)
		if err == nil {
			c.message(text)
			continue
		}
		if code := websocket.CloseStatus(err); code != 4505 {
			c.t.Errorf("a finished game closes with %d", code)
		} else if _, described := c.closes()[fmt.Sprint(int(code))]; !described {
			c.t.Errorf("close code %d is not described", code)
		}
		return
	}
}

// closes are the close codes of asyncapi.yaml.
func (c *checker) closes() map[string]any {
	codes := map[string]any{}
	switch listed := c.documents.async["x-close-codes"].(type) {
	case map[string]any:
		codes = listed
	case map[any]any:
		for code, text := range listed {
			codes[fmt.Sprint(code)] = text
		}
	}
	return codes
}

// conn is a socket that is read all the time: pings are answered by reading, and who does not answer them is cut.
type conn struct {
	*websocket.Conn
	messages chan []byte // closed at the end
	err      error       // read after that
}

func listen(c *websocket.Conn) *conn {
	k := &conn{Conn: c, messages: make(chan []byte, 1024)} // more than a run has
	go func() {
		defer close(k.messages)
		for {
			_, text, err := c.Read(context.Background())
			if err != nil {
				k.err = err
				return
			}
			k.messages <- text
		}
	}()
	return k
}

// next gives the next message, or how the socket ended.
func (k *conn) next(ctx context.Context) ([]byte, error) {
	select {
	case text, more := <-k.messages:
		if !more {
			return nil, k.err
		}
		return text, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// end cuts it and waits for its reader.
func (k *conn) end() {
	_ = k.CloseNow()
	for range k.messages {
	}
}

func (c *checker) dial(ctx context.Context, path, token string) *conn {
	c.t.Helper()
	options := &websocket.DialOptions{Subprotocols: []string{"ply.v1"}}
	if token != "" {
		options.Subprotocols = append(options.Subprotocols, "bearer."+token) // as browsers have to
	}
	conn, answer, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.base, "http")+path, options)
	if err != nil {
		c.t.Fatalf("%s: %v (%v)", path, err, answer)
	}
	if conn.Subprotocol() != "ply.v1" {
		c.t.Errorf("%s: the server chose the subprotocol %q", path, conn.Subprotocol())
	}
	conn.SetReadLimit(1 << 20)
	return listen(conn)
}

func (c *checker) send(ctx context.Context, conn *conn, body string) {
	c.t.Helper()
	if err := conn.Write(ctx, websocket.MessageText, []byte(body)); err != nil {
		c.t.Fatal(err)
	}
}

// message holds all objects of a message to their descriptions.
func (c *checker) message(text []byte) []map[string]any {
	var objects []map[string]any
	for _, line := range bytes.Split(text, []byte("\n")) {
		objects = append(objects, c.line(line))
	}
	return objects
}

// until reads messages until there is an object of this type; v is what it has to say, 0 = anything.
func (c *checker) until(ctx context.Context, conn *conn, typ string, v uint64) map[string]any {
	c.t.Helper()
	for {
		text, err := conn.next(ctx)
		if err != nil {
			c.t.Fatalf("while waiting for %s: %v", typ, err)
		}
		for _, o := range c.message(text) {
			if o["t"] == typ && (v == 0 || o["v"] == float64(v)) {
				return o
			}
		}
	}
}
