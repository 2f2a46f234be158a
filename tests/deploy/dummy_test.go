package deploy_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// dummy is a server that tells who it is: it answers every request with what it saw, and says its name on every socket.
type dummy struct {
	name string
	addr string // HOST:PORT, the same after every rise

	ready   atomic.Int32 // status of /ready
	asked   atomic.Int64 // requests but health checks
	posts   atomic.Int64 // of them, those that want something done
	flooded atomic.Int64 // bytes that the network took
	hung    atomic.Pointer[chan struct{}]
	server  *http.Server
	t       *testing.T

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// seen is a dummy's answer.
type seen struct {
	Server  string
	URL     string
	Headers http.Header
}

func newDummy(t *testing.T, name string) *dummy {
	t.Helper()
	d := &dummy{name: name, t: t, addr: "127.0.0.1:0"}
	d.ready.Store(http.StatusOK)
	d.rise()
	t.Cleanup(d.kill)
	return d
}

func newDummies(t *testing.T, names ...string) []*dummy {
	t.Helper()
	var all []*dummy
	for _, name := range names {
		all = append(all, newDummy(t, name))
	}
	return all
}

func addrs(all []*dummy) []string {
	var list []string
	for _, d := range all {
		list = append(list, d.addr)
	}
	return list
}

// rise listens at the dummy's address, which nobody else takes: it is bound without SO_REUSEPORT and tried again.
func (d *dummy) rise() {
	d.t.Helper()
	var l net.Listener
	var err error
	for range 100 {
		if l, err = net.Listen("tcp", d.addr); err == nil {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.addr, d.conns = l.Addr().String(), map[net.Conn]struct{}{}
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: 5 * time.Second, ConnState: d.track}
	go func(s *http.Server) { _ = s.Serve(l) }(d.server)
}

// track keeps the connections, sockets too, which net/http forgets.
func (d *dummy) track(c net.Conn, state http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if state == http.StateClosed {
		delete(d.conns, c)
	} else {
		d.conns[c] = struct{}{}
	}
}

// kill does to the network what kill -9 does: nobody listens any more and every connection is reset.
func (d *dummy) kill() {
	_ = d.server.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
	d.conns = map[net.Conn]struct{}{}
}

// hang lets no request be answered any more, health checks included, until release is called.
func (d *dummy) hang() (release func()) {
	hung := make(chan struct{})
	d.hung.Store(&hung)
	return sync.OnceFunc(func() { close(hung) })
}

func (d *dummy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/ready" {
		d.asked.Add(1)
	}
	if r.Method == http.MethodPost {
		d.posts.Add(1)
	}
	if hung := d.hung.Load(); hung != nil {
		<-*hung
	}
	switch {
	case r.URL.Path == "/api/events" && r.URL.Query().Has("follow"):
		d.feed(w, r)
	case r.URL.Path == "/watch/flood":
		d.flood(w)
	case r.URL.Path == "/ready":
		w.WriteHeader(int(d.ready.Load()))
	case r.Header.Get("Upgrade") != "":
		d.serveSocket(w, r)
	default:
		_ = json.NewEncoder(w).Encode(seen{d.name, r.URL.String(), r.Header})
	}
}

// serveSocket says the name, then echoes until the other side goes.
func (d *dummy) serveSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"ply.v1"}})
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	ctx := context.Background()
	if c.Write(ctx, websocket.MessageText, []byte(d.name)) != nil {
		return
	}
	for {
		kind, text, err := c.Read(ctx)
		if err != nil || c.Write(ctx, kind, text) != nil {
			return
		}
	}
}

// feed is an answer without an end: a line as often as the query's every says, or one and then silence.
func (d *dummy) feed(w http.ResponseWriter, r *http.Request) {
	var beats <-chan time.Time
	if every, err := time.ParseDuration(r.URL.Query().Get("every")); err == nil {
		tick := time.NewTicker(every)
		defer tick.Stop()
		beats = tick.C
	}
	for {
		if _, err := w.Write([]byte("{\"t\":\"heartbeat\"}\n")); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-beats:
		case <-r.Context().Done():
			return
		}
	}
}

// flood switches protocols and then writes for as long as somebody takes it.
func (d *dummy) flood(w http.ResponseWriter) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	_ = c.(*net.TCPConn).SetWriteBuffer(4096)
	if _, err := c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")); err != nil {
		return
	}
	line := make([]byte, 1024)
	for {
		n, err := c.Write(line)
		d.flooded.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// ask sends a request through the proxy and gives who answered and with what status.
func ask(t *testing.T, url string, headers ...string) (seen, int) {
	t.Helper()
	answer, err := send(t.Context(), http.MethodGet, url, "", headers...)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	defer func() { _ = answer.Body.Close() }()
	var s seen
	if answer.StatusCode == http.StatusOK {
		if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
			t.Fatalf("GET %s: %v", url, err)
		}
	}
	return s, answer.StatusCode
}

// send makes a request on a connection of its own. Headers are "Name: value".
func send(ctx context.Context, method, url, body string, headers ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Close = true
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// dial opens a socket through the proxy and gives the name of the server that it ended at.
func dial(t *testing.T, url string) (*websocket.Conn, string) {
	t.Helper()
	c, name, err := tryDial(t, url)
	if err != nil {
		t.Fatalf("dial %s: %v", url, err)
	}
	return c, name
}

func tryDial(t *testing.T, url string) (*websocket.Conn, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, answer, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"ply.v1"}})
	if err != nil {
		if answer != nil && answer.Body != nil {
			_ = answer.Body.Close()
		}
		return nil, "", err
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	if c.Subprotocol() != "ply.v1" {
		t.Errorf("%s: the subprotocol %q came through", url, c.Subprotocol())
	}
	_, name, err := c.Read(ctx)
	return c, string(name), err
}

var _ http.Handler = (*dummy)(nil)
