package client_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/plygames/ply/transport/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is what the fake server does on one socket.
type script func(s *socket)

// socket is the server's end of one connection.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
	from string // the query's from, "-" if absent
	auth string
}

func (s *socket) send(lines ...string) {
	if err := s.conn.Write(context.Background(), websocket.MessageText, []byte(strings.Join(lines, "\n"))); err != nil {
		s.t.Errorf("fake server: %v", err)
	}
}

func (s *socket) read() string {
	_, data, err := s.conn.Read(context.Background())
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func (s *socket) close(code int, reason string) { _ = s.conn.Close(websocket.StatusCode(code), reason) }

// stay reads until the client goes.
func (s *socket) stay() {
	for {
		if _, _, err := s.conn.Read(context.Background()); err != nil {
			return
		}
	}
}

// fake is a server that answers its n-th socket with its n-th script.
type fake struct {
	*httptest.Server
	t    *testing.T
	mu   sync.Mutex
	next []script
	http map[string]http.HandlerFunc
}

func newFake(t *testing.T, scripts ...script) *fake {
	f := &fake{t: t, next: scripts, http: map[string]http.HandlerFunc{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := f.http[r.URL.Path]; h != nil {
		h(w, r)
		return
	}
	f.mu.Lock()
	if len(f.next) == 0 {
		f.mu.Unlock()
		f.t.Errorf("unexpected socket %s", r.URL)
		http.Error(w, "unexpected", http.StatusNotFound)
		return
	}
	do := f.next[0]
	f.next = f.next[1:]
	f.mu.Unlock()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"ply.v1"}})
	if err != nil {
		f.t.Errorf("fake server: %v", err)
		return
	}
	defer func() { _ = conn.CloseNow() }()
	if conn.Subprotocol() != "ply.v1" {
		f.t.Errorf("subprotocol %q", conn.Subprotocol())
	}
	s := &socket{t: f.t, conn: conn, from: "-", auth: r.Header.Get("Authorization")}
	if r.URL.Query().Has("from") {
		s.from = r.URL.Query().Get("from")
	}
	do(s)
}

// dial opens a session with options that make tests quick.
func (f *fake) dial(join client.Join, change func(*client.Options)) *client.Session {
	f.t.Helper()
	s, err := f.client(change).OpenPlay(within(f.t), "aaaaaaaaaaaa", join)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(s.Close)
	return s
}

func (f *fake) client(change func(*client.Options)) *client.Client {
	o := client.Options{
		HTTP:           f.Client(),
		FirstReconnect: time.Millisecond,
		MaxReconnect:   5 * time.Millisecond,
		ResendAfter:    time.Hour,
		Log:            slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if change != nil {
		change(&o)
	}
	return client.New(f.URL, o).As(client.Person{ID: "g_1", Token: "first"})
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// recorder is a handler that hands every message on.
func recorder() (client.Handler, chan string) {
	seen := make(chan string, 1000)
	return func(m client.Message) { seen <- string(m.Raw) }, seen
}

func expect(t *testing.T, seen chan string, want ...string) {
	t.Helper()
	for _, w := range want {
		select {
		case got := <-seen:
			if got != w {
				t.Fatalf("got %s\nwant %s", got, w)
			}
		case <-time.After(time.Minute):
			t.Fatalf("nothing came; want %s", w)
		}
	}
}

const (
	state2 = `{"t":"state","v":2,"status":"open","turn":[]}`
	live2  = `{"t":"live","v":2}`
	seat3  = `{"t":"seated","v":3,"ts":1,"seat":"black","player":{"id":"g_2","name":"Bob"}}`
	start4 = `{"t":"started","v":4,"ts":1,"turn":["white"]}`
	move5  = `{"t":"move","v":5,"ts":1,"seat":"white","m":"e2e4"}`
	live4  = `{"t":"live","v":4}`
)
