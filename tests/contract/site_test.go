package contract_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// site is the server under test.
type site struct{ url string }

// person is a guest.
type person struct{ id, name, token string }

var nobody = person{}

func (s site) guest(t *testing.T, name string) person {
	t.Helper()
	status, o := s.post(t, nobody, "/api/guests", fmt.Sprintf(`{"name":%q}`, name))
	if status != 201 {
		t.Fatalf("guest: %d %v", status, o)
	}
	must(t, o, `{"player":"*","name":%q,"token":"*","expires":"#"}`, name)
	return person{o.str("player"), name, o.str("token")}
}

func (s site) post(t *testing.T, p person, path, body string, headers ...string) (int, obj) {
	t.Helper()
	status, _, text := s.http(t, "POST", p, path, body, headers...)
	return status, object(t, text)
}

func (s site) get(t *testing.T, p person, path string) (int, obj) {
	t.Helper()
	status, _, text := s.http(t, "GET", p, path, "")
	return status, object(t, text)
}

func object(t *testing.T, text string) obj {
	t.Helper()
	o, err := decode(text)
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return o
}

// http makes a request; headers are "Name: value".
func (s site) http(t *testing.T, method string, p person, path, body string, headers ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		r.Header.Set(k, v)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// lines reads NDJSON.
func (s site) lines(t *testing.T, p person, path string) []obj {
	t.Helper()
	status, header, text := s.http(t, "GET", p, path, "")
	if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "application/x-ndjson") {
		t.Fatalf("%s: %d %s %s", path, status, header.Get("Content-Type"), text)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		t.Fatalf("%s: the last line has no newline", path)
	}
	var all []obj
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if line != "" {
			all = append(all, object(t, line))
		}
	}
	return all
}

// ws opens a socket that lives as long as the test.
func (s site) ws(t *testing.T, p person, path string) *sock {
	t.Helper()
	k, status, body := s.handshake(t, p, path, "ply.v1")
	if k == nil {
		t.Fatalf("%s: handshake answered %d %s", path, status, body)
	}
	if k.c.Subprotocol() != "ply.v1" {
		t.Fatalf("%s: subprotocol %q", path, k.c.Subprotocol())
	}
	return k
}

// handshake tries to open a socket; nil and the HTTP answer if it is refused.
func (s site) handshake(t *testing.T, p person, path string, protocols ...string) (*sock, int, string) {
	t.Helper()
	header := http.Header{}
	if p.token != "" {
		header.Set("Authorization", "Bearer "+p.token)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, answer, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.url, "http")+path,
		&websocket.DialOptions{HTTPHeader: header, Subprotocols: protocols})
	if err != nil {
		if answer == nil {
			t.Fatalf("%s: %v", path, err)
		}
		body, _ := io.ReadAll(answer.Body) // the library keeps the first KB
		return nil, answer.StatusCode, string(body)
	}
	k := &sock{t: t, c: c, frames: make(chan []obj, 1000), ended: make(chan struct{})}
	t.Cleanup(func() {
		_ = c.CloseNow()
		<-k.ended
	})
	c.SetReadLimit(1 << 20)
	go k.read()
	return k, answer.StatusCode, ""
}

// board is a game with two people and their sockets.
type board struct {
	site
	game         string
	white, black person
	w, b         *sock
	v            int64 // the newest version that next saw on either socket
	n            int   // command ids given out
}

const fischer = `{"type":"fischer","initial":600000,"increment":0}`

// table creates a game with a clock, seats both and opens no socket.
func (s site) table(t *testing.T, clock, more string) *board {
	t.Helper()
	b := &board{site: s, white: s.guest(t, "Ann"), black: s.guest(t, "Bob"), v: 4}
	status, o := s.post(t, b.white, "/api/games", fmt.Sprintf(`{"id":"c-1","kind":"chess","seat":"white","clock":%s%s}`, clock, more))
	if status != 201 {
		t.Fatalf("create: %d %v", status, o)
	}
	b.game = o.str("game")
	status, o = s.post(t, b.black, "/api/games/"+b.game+"/seats/black", fmt.Sprintf(`{"id":"c-1","invite":%q}`, o.str("invites.black")))
	if status != 200 {
		t.Fatalf("sit: %d %v", status, o)
	}
	return b
}

// started is a table with both sockets open and past their start.
func (s site) started(t *testing.T, clock, more string) *board {
	t.Helper()
	b := s.table(t, clock, more)
	b.w, b.b = s.ws(t, b.white, "/play/"+b.game), s.ws(t, b.black, "/play/"+b.game)
	for _, k := range []*sock{b.w, b.b} {
		must(t, k.next(), `{"t":"state","v":4}`)
		must(t, k.next(), `{"t":"live","v":4}`)
	}
	return b
}

// sock gives the socket of a seat.
func (b *board) sock(seat string) *sock {
	if seat == "white" {
		return b.w
	}
	return b.b
}

// id makes a fresh command id.
func (b *board) id() string {
	b.n++
	return fmt.Sprintf("n-%d", b.n)
}

// do sends a command at the newest version and returns the events and the ok; both sockets have read the events then.
func (b *board) do(t *testing.T, seat, typ, more string) ([]obj, obj) {
	t.Helper()
	mine, other := b.w, b.b
	if seat == "black" {
		mine, other = b.b, b.w
	}
	id := b.id()
	mine.send(`{"t":%q,"id":%q,"v":%d%s}`, typ, id, b.v, more)
	var events []obj
	for {
		o := mine.next()
		if o.str("t") == "ok" || o.str("t") == "error" {
			must(t, o, `{"t":"ok","id":%q,"v":%d,"duplicate":"-"}`, id, b.v)
			return events, o
		}
		b.v++
		must(t, o, `{"v":%d,"ts":"#"}`, b.v)
		events = append(events, o)
		must(t, other.next(), `{"t":%q,"v":%d}`, o.str("t"), b.v)
	}
}

// moves plays moves in turn, beginning with white at version 4.
func (b *board) moves(t *testing.T, first string, moves ...string) {
	t.Helper()
	seat := first
	for _, m := range moves {
		b.do(t, seat, "move", fmt.Sprintf(`,"m":%q`, m))
		seat = other(seat)
	}
}

func other(seat string) string {
	if seat == "white" {
		return "black"
	}
	return "white"
}

// refused sends a command and wants this error.
func (b *board) refused(t *testing.T, seat, typ, more, code string, retry bool, v int64) obj {
	t.Helper()
	id := b.id()
	k := b.sock(seat)
	k.send(`{"t":%q,"id":%q,"v":%d%s}`, typ, id, v, more)
	o := k.next()
	must(t, o, `{"t":"error","id":%q,"code":%q,"message":"*","retry":%v,"v":%d}`, id, code, retry, b.v)
	return o
}
