package socket

import (
	"bufio"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/wire"
)

// admit is what every handshake must pass before the game is looked at: limits, form, origin, token, in this order. Of a
// request that does not it has answered.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, needToken bool) (who auth.Person, ok bool) {
	if s.Handshakes != nil {
		if after, ok := s.Handshakes.Take(s.address(r)); !ok {
			s.refuse(w, rateLimited(after))
			return who, false
		}
	}
	s.mu.Lock()
	draining := s.draining
	s.mu.Unlock()
	if draining {
		s.refuse(w, domain.Refuse(domain.Unavailable, "this server is shutting down"))
		return who, false
	}
	if !isHandshake(r) {
		// The library knows what to say. It can't succeed: what it is given can't be hijacked.
		_, _ = websocket.Accept(plainWriter{w}, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		s.Observer.Refused(http.StatusUpgradeRequired)
		return who, false
	}
	if !s.allowedOrigin(r) {
		s.refuse(w, &domain.Error{Kind: domain.Forbidden, Message: "origin"})
		return who, false
	}
	token, present := auth.FromRequest(r)
	if hasToken(r.URL) {
		present, token = true, ""
	}
	if !present && !needToken {
		return who, true
	}
	who, err := s.Auth.Verify(token)
	if err != nil || !present {
		w.Header().Set("WWW-Authenticate", "Bearer")
		s.refuse(w, domain.Refuse(domain.Unauthorized, "a valid token is needed in the Authorization header or the subprotocol bearer.<token>"))
		return auth.Person{}, false
	}
	return who, true
}

// isHandshake tells whether the library will accept a request: RFC 6455 section 4.2.1.
func isHandshake(r *http.Request) bool {
	keys := r.Header.Values("Sec-WebSocket-Key")
	if len(keys) != 1 || r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(keys[0]))
	return err == nil && len(key) == 16 && r.Header.Get("Sec-WebSocket-Version") == "13" &&
		hasWord(r.Header, "Connection", "upgrade") && hasWord(r.Header, "Upgrade", "websocket")
}

func hasWord(h http.Header, name, word string) bool {
	for _, line := range h.Values(name) {
		for _, w := range strings.Split(line, ",") {
			if strings.EqualFold(strings.TrimSpace(w), word) {
				return true
			}
		}
	}
	return false
}

// plainWriter hides that a writer can be hijacked.
type plainWriter struct{ w http.ResponseWriter }

func (p plainWriter) Header() http.Header         { return p.w.Header() }
func (p plainWriter) Write(b []byte) (int, error) { return p.w.Write(b) }
func (p plainWriter) WriteHeader(status int)      { p.w.WriteHeader(status) }

// refuse answers a handshake with an error object.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	var refusal *domain.Error
	if !errors.As(err, &refusal) {
		refusal = &domain.Error{Kind: domain.Internal, Message: "internal error", Err: err}
		s.Log.Error("handshake failed", "error", err)
	}
	status := wire.Status(refusal.Kind)
	s.Observer.Refused(status)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if refusal.After > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt((refusal.After+999)/1000, 10))
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Connection", "close") // the next one shall cost its sender a connection
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(wire.Error("", refusal), '\n'))
}

// open upgrades a request to the socket k and lets it run; no is a reason to end it at once. The caller is free when it
// returns: the request's goroutine, context and buffers are not used any more.
func (s *Server) open(w http.ResponseWriter, r *http.Request, k *sock, who auth.Person, no *closing) {
	k.player, k.guest = who.ID, who.Guest
	ws, err := websocket.Accept(&hijack{w, k}, r, &websocket.AcceptOptions{
		Subprotocols:       []string{wire.Protocol},
		InsecureSkipVerify: true, // allowedOrigin has judged, by stricter rules
		OnPingReceived:     k.pinged,
		OnPongReceived:     k.ponged,
	})
	if err != nil {
		k.release()
		return
	}
	ws.SetReadLimit(wire.MaxMessage)
	k.ws = ws
	if err := s.add(k); err != nil {
		k.drop(closeDraining(0))
		_ = ws.CloseNow()
		k.release()
		return
	}
	s.Presence.join(k)
	switch {
	case ws.Subprotocol() == "":
		k.drop(closeProtocol)
	case no != nil:
		k.drop(*no)
	}
	if !who.Expires.IsZero() {
		k.expiry = time.AfterFunc(time.Until(who.Expires), func() { k.drop(closeExpired) })
	}
	s.pings.start(k)
	go k.run()
}

// release gives the logs of a socket back that never ran.
func (k *sock) release() {
	for i := range k.boards {
		k.boards[i].log.Release()
	}
}

// The library's buffers; the server's own would cost 8 KB a socket. A player's command is read in one piece, and of what a
// watcher sends only pongs matter. Written are whole control frames, of 127 bytes at most; messages go around the buffer.
const (
	playBuf  = 256
	watchBuf = 64
	writeBuf = 128
)

// hijack gives the library our own connection and small buffers.
type hijack struct {
	http.ResponseWriter
	k *sock
}

func (h *hijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	readBuf := playBuf
	if h.k.kind == kindWatch {
		readBuf = watchBuf
	}
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
	if tcp, ok := conn.(*net.TCPConn); ok && h.k.kind != kindPlay {
		// The kernel's default of up to 4 MB would let a slow watcher fall minutes behind before anybody noticed.
		_ = tcp.SetWriteBuffer(h.k.server.WatcherBuffer)
	}
	h.k.pipe = newPipe(conn, append([]byte(nil), early...), h.k)
	h.k.pipe.buffer = bufio.NewReaderSize(h.k.pipe, readBuf)
	return h.k.pipe, bufio.NewReadWriter(h.k.pipe.buffer, bufio.NewWriterSize(h.k.pipe, writeBuf)), nil
}
