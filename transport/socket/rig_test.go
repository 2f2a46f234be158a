package socket_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/fanout/fanouttest"
	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/socket"
	"github.com/plygames/ply/transport/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const id = "abcdefghijkl"

// tokens believes "t-<player>", for a while if it says so: "t-ann-50ms".
type tokens struct{}

func (tokens) Verify(token string) (auth.Person, error) {
	name, ok := strings.CutPrefix(token, "t-")
	if !ok {
		return auth.Person{}, domain.Refuse(domain.Unauthorized, "bad token")
	}
	name, life, _ := strings.Cut(name, "-")
	p := auth.Person{ID: name, Guest: true, Scopes: []string{auth.ScopePlay}}
	if d, err := time.ParseDuration(life); err == nil {
		p.Expires = time.Now().Add(d)
	}
	return p, nil
}

// past is a socket.Paced whose delayed games stand still where they were when the delay was first asked for, and whose
// replays come at once.
type past struct{ host *fanouttest.Host }

func (p past) Delayed(time.Duration) fanout.Feed { return behind{p.host, 1} }
func (p past) Replay(from uint64, _ float64, _ time.Duration) fanout.Feed {
	return replay{p.host, from}
}

// behind shows all but the newest few versions, and never anything new.
type behind struct {
	host *fanouttest.Host
	by   uint64
}

func (b behind) Follow(ctx context.Context, id string, _ game.Sink) (*game.State, func(), error) {
	s, err := b.host.State(ctx, id)
	if err == nil {
		err = b.host.Steps(ctx, id, s.Version-b.by-1, s.Version-b.by, func(step game.Step) bool { s = step.After; return true })
	}
	return s, func() {}, err
}

type replay struct {
	host *fanouttest.Host
	from uint64
}

func (r replay) Follow(ctx context.Context, id string, sink game.Sink) (*game.State, func(), error) {
	at := game.New(id)
	var steps []game.Step
	err := r.host.Steps(ctx, id, 0, 0, func(step game.Step) bool {
		if step.Version() <= r.from {
			at = step.After
		} else {
			steps = append(steps, step)
		}
		return true
	})
	sink.Steps(steps)
	return at, func() {}, err
}

type rig struct {
	*fanouttest.Host
	t      testing.TB
	server *socket.Server
	http   *httptest.Server
	url    string // ws://...
}

// starved is longer than any machine keeps a test waiting.
const starved = 10 * time.Minute

func newRig(t testing.TB, change func(*socket.Config, *socket.Deps)) *rig {
	host := fanouttest.NewHost()
	host.Create(id, nil)
	config := socket.Config{
		Incarnation: fanouttest.Server,
		// Where a test's subject is another, a machine that has more to do ends no socket.
		PongWithin: starved, WriteWithin: starved,
	}
	deps := socket.Deps{
		Games: host, Play: host, Watch: host, Paced: past{host}, History: host, Encoder: &wire.Encoder{}, Auth: tokens{},
		Presence: socket.NewPresence(host), Commands: limit.NewCommands(nil), Clock: host, Wall: host.Wall,
		Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&config, &deps)
	}
	r := &rig{Host: host, t: t, server: socket.New(config, deps)}
	mux := http.NewServeMux()
	r.server.Register(mux)
	r.http = httptest.NewServer(mux)
	r.url = "ws" + strings.TrimPrefix(r.http.URL, "http")
	t.Cleanup(func() {
		r.server.Close()
		r.http.Close()
	})
	return r
}

// peer is a client of the library's.
type peer struct {
	t    testing.TB
	c    *websocket.Conn
	got  []map[string]any
	msgs [][]string // names of the lines of each message
	in   []int      // message of each line
	pos  int        // lines that until has passed
}

func (r *rig) dial(path, token string) *peer {
	r.t.Helper()
	p, res := r.try(path, token)
	if p == nil {
		r.t.Fatalf("%s: status %d", path, res)
	}
	return p
}

func (r *rig) try(path, token string) (*peer, int) {
	r.t.Helper()
	opts := &websocket.DialOptions{HTTPClient: r.http.Client(), Subprotocols: []string{wire.Protocol}, HTTPHeader: http.Header{}}
	if token != "" {
		opts.HTTPHeader.Set("Authorization", "Bearer "+token)
	}
	c, res, err := websocket.Dial(context.Background(), r.url+path, opts)
	if err != nil {
		if res == nil {
			r.t.Fatal(err)
		}
		return nil, res.StatusCode
	}
	c.SetReadLimit(-1)
	r.t.Cleanup(func() { _ = c.CloseNow() })
	return &peer{t: r.t, c: c}, res.StatusCode
}

// message reads one message and gives its lines as "t" or "t/v".
func (p *peer) message() ([]string, error) {
	// A kernel that had to drop packets under load tries again more and more rarely; only a server that never answers must fail.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	_, data, err := p.c.Read(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range strings.Split(string(data), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			p.t.Fatalf("%q: %v", l, err)
		}
		p.got = append(p.got, m)
		p.in = append(p.in, len(p.msgs))
		names = append(names, name(m))
	}
	p.msgs = append(p.msgs, names)
	return names, nil
}

func name(m map[string]any) string {
	if v, ok := m["v"]; ok {
		return fmt.Sprintf("%s/%v", m["t"], v)
	}
	return m["t"].(string)
}

// until finds the next line of that name, and gives it and its whole message.
func (p *peer) until(want string) (map[string]any, []string) {
	p.t.Helper()
	for {
		for p.pos < len(p.got) {
			m := p.got[p.pos]
			p.pos++
			if n := name(m); n == want || strings.HasPrefix(n, want+"/") {
				return m, p.msgs[p.in[p.pos-1]]
			}
		}
		if _, err := p.message(); err != nil {
			p.t.Fatalf("waiting for %s: %v; got %v", want, err, p.names())
		}
	}
}

func (p *peer) names() []string {
	var all []string
	for _, m := range p.got {
		if m["t"] != "crowd" { // comes when it likes
			all = append(all, name(m))
		}
	}
	return all
}

func (p *peer) send(msg string) {
	p.t.Helper()
	if err := p.c.Write(context.Background(), websocket.MessageText, []byte(msg)); err != nil {
		p.t.Fatal(err)
	}
}

// closed reads until the server closes, and tells how.
func (p *peer) closed() (code int, reason string) {
	p.t.Helper()
	for {
		if _, err := p.message(); err != nil {
			var ce websocket.CloseError
			if !errors.As(err, &ce) {
				p.t.Fatalf("not closed in form: %v; got %v", err, p.names())
			}
			return int(ce.Code), ce.Reason
		}
	}
}

func (p *peer) wantClose(code int) {
	p.t.Helper()
	if got, reason := p.closed(); got != code {
		p.t.Fatalf("closed with %d %q, want %d", got, reason, code)
	}
}

// raw is a client that writes its own frames.
type raw struct {
	t    testing.TB
	conn net.Conn
	br   *bufio.Reader
}

func (r *rig) raw(path, token string) *raw {
	r.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	head := "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ply.v1\r\n"
	if token != "" {
		head += "Authorization: Bearer " + token + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
		r.t.Fatal(err)
	}
	br := bufio.NewReader(conn)
	res, err := http.ReadResponse(br, nil)
	if err != nil || res.StatusCode != 101 {
		r.t.Fatalf("handshake: %v %v", res, err)
	}
	return &raw{r.t, conn, br}
}

const fin = 0x80

// frame makes a masked frame; first is its first byte.
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	default:
		b = append(b, 0x80|126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	b = append(b, 1, 2, 3, 4)
	for i, c := range payload {
		b = append(b, c^byte(1+i%4))
	}
	return b
}

func (r *raw) write(b ...byte) {
	if _, err := r.conn.Write(b); err != nil {
		r.t.Log("write:", err)
	}
}

// next reads one frame of the server's.
func (r *raw) next() (first byte, payload []byte, err error) {
	_ = r.conn.SetReadDeadline(time.Now().Add(time.Minute)) // a kernel that was held back may take its time
	head := make([]byte, 2)
	if _, err := io.ReadFull(r.br, head); err != nil {
		return 0, nil, err
	}
	n := int(head[1])
	switch n {
	case 126:
		var size [2]byte
		_, err = io.ReadFull(r.br, size[:])
		n = int(binary.BigEndian.Uint16(size[:]))
	case 127:
		var size [8]byte
		_, err = io.ReadFull(r.br, size[:])
		n = int(binary.BigEndian.Uint64(size[:]))
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r.br, payload)
	return head[0], payload, err
}

// closed reads until a closing frame and gives its code; 0 = the connection ended without one.
func (r *raw) closed() (code int, texts []string) {
	for {
		first, payload, err := r.next()
		if err != nil {
			return 0, texts
		}
		switch first & 0x0f {
		case 8:
			return int(binary.BigEndian.Uint16(payload)), texts
		case 1:
			texts = append(texts, string(payload))
		}
	}
}
