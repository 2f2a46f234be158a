package hostile_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must come at once. It is longer than a kernel waits before it tries again to
// bring something to a socket whose owner had not read for long: up to 2 min.
const patience = 150 * time.Second

// Opcodes of RFC 6455 section 5.2, with the FIN bit.
const (
	fin          = 0x80
	continuation = 0x0
	text         = 0x1
	binaryFrame  = 0x2
	closeFrame   = 0x8
	ping         = 0x9
	pong         = 0xa
)

// raw is a TCP connection to the server. It says what it is told to, however wrong.
type raw struct {
	t    testing.TB
	conn *net.TCPConn
	in   *bufio.Reader
	text []string // lines that have come and were not looked for yet
}

// dial connects from an address of its own choice: limits by address must not tie tests to one another. from may be
// empty.
func dial(t testing.TB, s *site, from string) *raw {
	t.Helper()
	d := net.Dialer{Timeout: patience}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := d.Dial("tcp", s.addr())
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	k := &raw{t: t, conn: conn.(*net.TCPConn), in: bufio.NewReader(conn)}
	t.Cleanup(k.hangUp)
	return k
}

func (k *raw) hangUp() { _ = k.conn.Close() }

// reset ends the connection with RST.
func (k *raw) reset() {
	_ = k.conn.SetLinger(0)
	_ = k.conn.Close()
}

// write sends bytes; that the server has hung up is for the reader to notice.
func (k *raw) write(b []byte) bool {
	_ = k.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err := k.conn.Write(b)
	return err == nil
}

// request sends a request and gives the answer with its body. The lines of extra replace those of the same name; a line
// that ends in ":" removes its header.
func (k *raw) request(line string, extra ...string) (*http.Response, string) {
	k.t.Helper()
	k.write([]byte(handshake(line, extra...)))
	return k.answer()
}

// handshake is a good one, changed as extra says.
func handshake(line string, extra ...string) string {
	lines := []string{
		"Host: ply.test", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: ply.v1",
	}
	for _, e := range extra {
		name, value, _ := strings.Cut(e, ":")
		replaced := false
		for i, l := range lines {
			if strings.HasPrefix(l, name+":") && !strings.HasPrefix(e, "+") {
				lines[i], replaced = e, true
				if value == "" {
					lines = append(lines[:i], lines[i+1:]...)
				}
				break
			}
		}
		if !replaced {
			lines = append(lines, strings.TrimPrefix(e, "+"))
		}
	}
	return line + "\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func (k *raw) answer() (*http.Response, string) {
	k.t.Helper()
	_ = k.conn.SetReadDeadline(time.Now().Add(patience))
	response, err := http.ReadResponse(k.in, nil)
	if err != nil {
		k.t.Fatalf("no HTTP answer: %v", err)
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		return response, ""
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		k.t.Fatalf("body: %v", err)
	}
	return response, string(body)
}

// upgrade opens a game socket as a person (empty = nobody) and waits for its first live.
func (k *raw) upgrade(path, token string, extra ...string) {
	k.t.Helper()
	if token != "" {
		extra = append(extra, "Authorization: Bearer "+token)
	}
	if response, body := k.request("GET "+path+" HTTP/1.1", extra...); response.StatusCode != http.StatusSwitchingProtocols {
		k.t.Fatalf("handshake %s: %s %s", path, response.Status, body)
	}
}

// frame sends one frame, masked, with the right length.
func (k *raw) frame(head byte, payload []byte) bool { return k.write(frame(head, payload)) }

func frame(head byte, payload []byte) []byte {
	b := []byte{head}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{0x12, 0x34, 0x56, 0x78}
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

// say sends a text message.
func (k *raw) say(format string, args ...any) bool {
	return k.frame(fin|text, fmt.Appendf(nil, format, args...))
}

// next reads one frame of the server.
func (k *raw) next(within time.Duration) (op byte, payload []byte, err error) {
	_ = k.conn.SetReadDeadline(time.Now().Add(within))
	var head [2]byte
	if _, err := io.ReadFull(k.in, head[:]); err != nil {
		return 0, nil, err
	}
	size := uint64(head[1] & 0x7f)
	switch size {
	case 126:
		var b [2]byte
		_, err = io.ReadFull(k.in, b[:])
		size = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, err = io.ReadFull(k.in, b[:])
		size = binary.BigEndian.Uint64(b[:])
	}
	if err != nil {
		return 0, nil, err
	}
	if head[1]&0x80 != 0 || size > 1<<24 {
		k.t.Errorf("the server sent a frame with header % x", head)
		return 0, nil, io.ErrUnexpectedEOF
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(k.in, payload)
	return head[0] & 0x0f, payload, err
}

// object is one line of the server.
type object map[string]any

func (o object) str(name string) string { s, _ := o[name].(string); return s }

func (o object) num(name string) uint64 { n, _ := o[name].(float64); return uint64(n) }

// line waits for a line of a type, answering pings, and passes over the others.
func (k *raw) line(types ...string) object {
	k.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		for len(k.text) > 0 {
			var o object
			if err := json.Unmarshal([]byte(k.text[0]), &o); err != nil {
				k.t.Fatalf("the server sent %q: %v", k.text[0], err)
			}
			k.text = k.text[1:]
			for _, want := range types {
				if o.str("t") == want {
					return o
				}
			}
		}
		op, payload, err := k.next(time.Until(deadline))
		switch {
		case err != nil:
			k.t.Fatalf("waiting for %v: %v", types, err)
		case op == ping:
			k.frame(fin|pong, payload)
		case op == text:
			k.text = strings.Split(string(payload), "\n")
		case op == closeFrame:
			k.t.Fatalf("waiting for %v: closed with %v", types, payload)
		}
	}
}

// ended is how a connection ended.
type ended struct {
	code   int // of the close frame; 0 = there was none
	reason string
	after  time.Duration
	lines  []string
}

// end reads to the end. It answers the closing handshake, as a client does, but no pings.
func (k *raw) end() ended {
	k.t.Helper()
	begun := time.Now()
	e := ended{lines: k.text}
	for {
		op, payload, err := k.next(patience)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			k.t.Fatalf("still open after %v", patience)
		case err != nil:
			e.after = time.Since(begun)
			return e
		case op == text:
			e.lines = append(e.lines, strings.Split(string(payload), "\n")...)
		case op == closeFrame && len(payload) >= 2 && e.code == 0:
			e.code, e.reason = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
			if len(e.reason) > 100 {
				k.t.Errorf("the reason has %d bytes", len(e.reason))
			}
			k.frame(fin|closeFrame, payload[:2])
		}
	}
}

// wantEnd reads to the end and checks the close code.
func (k *raw) wantEnd(code int) ended {
	k.t.Helper()
	e := k.end()
	if e.code != code {
		k.t.Errorf("closed with %d %q, want %d; before it came %.300s", e.code, e.reason, code, strings.Join(e.lines, " "))
	}
	return e
}

// zeros is a payload of n bytes that is good text.
func zeros(n int) []byte { return bytes.Repeat([]byte("0"), n) }
