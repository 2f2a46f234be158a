package load

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// Relay serves the baseline until ctx ends: a WebSocket server that only echoes each move to both players' sockets, in
// lines as long as ply's, and adds an ok for the one who sent it to the same message. It keeps nothing, checks nothing
// and knows no rules: what remains is the cost of two sockets. It prints its address to out.
func Relay(ctx context.Context, addr string, out io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	r := &relay{games: make(map[string]*relayed)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /play/{game}", r.play)
	s := &http.Server{Handler: mux}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	fmt.Fprintf(out, "relay on http://%s\n", listener.Addr())
	if err := s.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

type relay struct {
	mu    sync.Mutex
	games map[string]*relayed
}

// relayed is one game: its sockets and how many moves have passed.
type relayed struct {
	mu      sync.Mutex
	version int
	sockets []*websocket.Conn
}

func (r *relay) game(id string) *relayed {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.games[id]
	if g == nil {
		g = &relayed{}
		r.games[id] = g
	}
	return g
}

func (r *relay) play(w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(w, req, &websocket.AcceptOptions{Subprotocols: []string{"ply.v1"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	ctx := context.Background()
	g := r.game(req.PathValue("game"))
	g.mu.Lock()
	hello := fmt.Sprintf("{\"t\":\"state\",\"v\":%d}\n{\"t\":\"live\",\"v\":%d}", g.version, g.version)
	err = conn.Write(ctx, websocket.MessageText, []byte(hello))
	g.sockets = append(g.sockets, conn)
	g.mu.Unlock()
	for err == nil {
		var msg []byte
		if _, msg, err = conn.Read(ctx); err == nil {
			err = g.echo(ctx, conn, string(msg))
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, c := range g.sockets {
		if c == conn {
			g.sockets = append(g.sockets[:i], g.sockets[i+1:]...)
			break
		}
	}
}

// padding makes a relayed line as long as a move of chess on the wire: 280 bytes, and 100 more for the player whose turn it
// is then, who is told what is legal.
var padding, legal = strings.Repeat("-", 250), strings.Repeat("-", 100)

const lineFormat = `{"t":"move","v":%d,"echo":"%s%s"}`

func (g *relayed) echo(ctx context.Context, from *websocket.Conn, msg string) error {
	g.mu.Lock()
	g.version++
	version, sockets := g.version, append([]*websocket.Conn(nil), g.sockets...)
	g.mu.Unlock()
	_, id, _ := strings.Cut(msg, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	next := fmt.Appendf(nil, lineFormat, version, padding, legal)
	for _, conn := range sockets {
		if conn != from {
			_ = conn.Write(ctx, websocket.MessageText, next) // its own reader finds out
		}
	}
	answer := fmt.Appendf(nil, lineFormat, version, padding, "")
	return from.Write(ctx, websocket.MessageText, fmt.Appendf(answer, "\n{\"t\":\"ok\",\"v\":%d,\"id\":%q}", version, id))
}
