package hostile_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// Bytes that are not frames of RFC 6455, or not ours.
func TestFrames(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	begin := []byte(`{"t":"resign","id":"` + marker)
	closing := func(code uint16) []byte { return frame(fin|closeFrame, binary.BigEndian.AppendUint16(nil, code)) }
	header := func(head byte, size uint64) []byte {
		return append(binary.BigEndian.AppendUint64([]byte{head, 0x80 | 127}, size), 1, 2, 3, 4)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

	type row struct {
		name string
		send []byte
		code int
		why  string
	}
	rows := []row{
		{"unmasked", append([]byte{fin | text, 2}, "{}"...), 1002, "protocol error"},
		{"unmasked ping", []byte{fin | ping, 0}, 1002, "protocol error"},
		{"RSV1, a compressed frame", frame(fin|0x40|text, begin), 1002, "protocol error"},
		{"RSV2", frame(fin|0x20|text, begin), 1002, "protocol error"},
		{"RSV3", frame(fin|0x10|text, begin), 1002, "protocol error"},
		{"fragmented ping", frame(ping, nil), 1002, "protocol error"},
		{"fragmented close", frame(closeFrame, []byte{3, 0xe8}), 1002, "protocol error"},
		{"ping of 126 bytes", frame(fin|ping, zeros(126)), 1002, "protocol error"},
		{"close of 126 bytes", frame(fin|closeFrame, append([]byte{3, 0xe8}, zeros(124)...)), 1002, "protocol error"},
		{"stray continuation", frame(fin|continuation, begin), 1002, "protocol error"},
		{"new message inside a fragmented one", join(frame(text, begin), frame(fin|text, begin)), 1002, "protocol error"},
		{"close with one byte", frame(fin|closeFrame, []byte{3}), 1002, "protocol error"},
		{"binary", frame(fin|binaryFrame, begin), 1003, "binary"},
		{"binary, empty", frame(fin|binaryFrame, nil), 1003, "binary"},
		{"4,097 bytes", frame(fin|text, zeros(4097)), 1009, "too big"},
		{"4,097 bytes in fragments", join(frame(text, zeros(4096)), frame(fin|continuation, zeros(1))), 1009, "too big"},
		{"announces 70,000", frame(fin|text, zeros(70_000)), 1009, "too big"},
		{"announces 2^40", header(fin|text, 1<<40), 1009, "too big"},
		{"announces 2^63", header(fin|text, 1<<63), 1009, "too big"},
		{"announces 2^64-1", header(fin|text, 1<<64-1), 1009, "too big"},
		{"announces a ping of 2^40", header(fin|ping, 1<<40), 1002, "protocol error"},
	}
	for op := byte(3); op < 16; op++ {
		if op < closeFrame || op > pong {
			rows = append(rows, row{fmt.Sprintf("opcode %d", op), frame(fin|op, begin), 1002, "protocol error"})
		}
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535} {
		rows = append(rows, row{fmt.Sprintf("close with code %d", code), closing(code), 1002, "protocol error"})
	}
	for name, bad := range map[string]string{
		"a lone continuation byte": "\x80", "cut short": "\xe2\x82", "overlong": "\xc0\xaf", "overlong NUL": "\xc0\x80",
		"a surrogate": "\xed\xa0\x80", "beyond Unicode": "\xf4\x90\x80\x80", "0xff": "\xff",
	} {
		msg := join(begin, []byte(bad), []byte(`","v":4}`))
		at := len(begin) + 1 // in the middle of the bad bytes, if there are several
		rows = append(rows,
			row{"UTF-8: " + name, frame(fin|text, msg), 1007, "not UTF-8"},
			row{"UTF-8: " + name + ", split", join(frame(text, msg[:at]), frame(fin|continuation, msg[at:])), 1007, "not UTF-8"})
	}
	// All at once, because the server listens to a broken client for a moment more, lest a reset destroys the answer.
	before := s.metrics(t)
	counted := map[string]float64{}
	t.Run("rows", func(t *testing.T) {
		for _, c := range rows {
			counted[c.why]++
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				_, watcher := s.newPerson() // five sockets a player are too few
				k := dial(t, s, "")
				k.upgrade("/watch/"+g.id, watcher)
				k.line("live")
				k.write(c.send)
				k.wantEnd(c.code)
				s.honest.move(t)
			})
		}
	})
	harness.Eventually(t, patience, "every row is counted once", func() bool {
		now := s.metrics(t)
		for why, n := range counted {
			if now[closedFor("watch", why)] != before[closedFor("watch", why)]+n {
				return false
			}
		}
		return true
	})
	s.settles(t, before)
}

// What looks odd but is allowed.
func TestOddButAllowed(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	k := dial(t, s, "")
	response, _ := k.request("GET /play/"+g.id+" HTTP/1.1", "Authorization: Bearer "+g.white,
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
	if got := response.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("compression was negotiated: %q", got)
	}
	k.line("live")
	k.frame(fin|pong, []byte("stray"))
	k.frame(fin|ping, []byte("hello"))
	ask := []byte(`{"t":"ping","ts":1}`)
	k.frame(text, ask[:5])
	k.frame(fin|ping, zeros(125)) // control frames may come between fragments
	k.frame(continuation, nil)
	k.frame(fin|continuation, ask[5:])
	if o := k.line("pong"); o.num("echo") != 1 {
		t.Errorf("pong %v", o)
	}
	k.frame(fin|text, append([]byte(`{"t":"ping","ts":2}`), bytes.Repeat([]byte(" "), 4096-19)...)) // 4,096 bytes
	if o := k.line("pong"); o.num("echo") != 2 {
		t.Errorf("pong %v", o)
	}
	for _, code := range []uint16{1000, 1001, 3000, 4999} {
		k := dial(t, s, "")
		k.upgrade("/play/"+g.id, g.white)
		k.line("live")
		k.frame(fin|closeFrame, binary.BigEndian.AppendUint16(nil, code))
		k.wantEnd(int(code))
	}
	k = dial(t, s, "")
	k.upgrade("/play/"+g.id, g.white)
	k.line("live")
	k.frame(fin|closeFrame, append([]byte{3, 0xe8}, zeros(123)...)) // an echo must not be longer than our own reasons
	k.wantEnd(1000)
}

// Clients that keep a socket waiting. All at once, because each lasts.
func TestSlowFrames(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	before := s.metrics(t)
	begin := []byte(`{"t":"resign","id":"` + marker)
	drip := func(k *raw, every time.Duration, next func(n int) []byte) {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for n := 0; n < 1_000_000; n++ {
			if !k.write(next(n)) {
				return
			}
			<-tick.C
		}
	}
	rows := []struct {
		name string
		send func(k *raw)
		code int
		why  string
		from time.Duration // at the earliest
		to   time.Duration // at the latest
	}{
		{"endless fragments", func(k *raw) {
			k.frame(text, begin)
			go drip(k, 50*time.Millisecond, func(int) []byte { return frame(continuation, []byte("x")) })
		}, 4500, "incomplete", 4 * time.Second, 7 * time.Second},
		{"endless empty fragments", func(k *raw) {
			k.frame(text, nil)
			go drip(k, time.Millisecond, func(int) []byte { return frame(continuation, nil) })
		}, 4500, "incomplete", 4 * time.Second, 7 * time.Second},
		{"one byte a second", func(k *raw) {
			whole := frame(fin|text, begin)
			go drip(k, time.Second, func(n int) []byte { return whole[n%len(whole) : n%len(whole)+1] })
		}, 4500, "incomplete", 4 * time.Second, 7 * time.Second},
		{"half a header", func(k *raw) { k.write([]byte{fin | text}) }, 4500, "incomplete", 4 * time.Second, 7 * time.Second},
		{"half a frame", func(k *raw) { k.write(frame(fin|text, begin)[:12]) }, 4500, "incomplete", 4 * time.Second, 7 * time.Second},
		{"a message without an end, and pings", func(k *raw) {
			k.frame(text, begin)
			go drip(k, 100*time.Millisecond, func(int) []byte { return frame(fin|ping, nil) })
		}, 4500, "incomplete", 4 * time.Second, 7 * time.Second},
		{"no pong", func(*raw) {}, 4003, "no pong", 9 * time.Second, 17 * time.Second},
	}
	t.Run("rows", func(t *testing.T) {
		for _, c := range rows {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				g := s.newTable(t, "")
				k := dial(t, s, "")
				k.upgrade("/play/"+g.id, g.white)
				k.line("live")
				begun := time.Now()
				c.send(k)
				k.wantEnd(c.code)
				s.honest.move(t)
				if took := time.Since(begun); took < c.from || took > c.to {
					t.Errorf("it took %v, want %v to %v", took, c.from, c.to)
				}
				if v := s.version(t, g); v != 4 {
					t.Errorf("the game is at version %d", v)
				}
			})
		}
		t.Run("a close that is never answered", func(t *testing.T) {
			t.Parallel()
			g := s.newTable(t, "")
			k := dial(t, s, "")
			k.upgrade("/play/"+g.id, g.white)
			k.line("live")
			k.frame(fin|binaryFrame, begin)
			begun := time.Now()
			for {
				if _, _, err := k.next(patience); err != nil { // says nothing to the close frame
					break
				}
			}
			if took := time.Since(begun); took > 8*time.Second {
				t.Errorf("the server waited %v for the closing handshake", took)
			}
		})
	})
	after := s.metrics(t)
	for _, c := range rows {
		if after[closedFor("play", c.why)] == before[closedFor("play", c.why)] {
			t.Errorf("%s: nothing was counted", c.name)
		}
	}
	s.settles(t, before)
}

// Connections that end in the middle of something.
func TestBrokenConnections(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	begin := []byte(`{"t":"resign","id":"` + marker)
	for name, end := range map[string]func(k *raw){
		"RST in the middle of a frame":    func(k *raw) { k.write(frame(fin|text, begin)[:9]); k.reset() },
		"RST in the middle of a message":  func(k *raw) { k.frame(text, begin); k.reset() },
		"RST at once":                     func(k *raw) { k.reset() },
		"FIN in the middle of a frame":    func(k *raw) { k.write(frame(fin|text, begin)[:9]); k.hangUp() },
		"half close":                      func(k *raw) { _ = k.conn.CloseWrite(); k.end() },
		"half close in the middle":        func(k *raw) { k.write(frame(fin|text, begin)[:9]); _ = k.conn.CloseWrite(); k.end() },
		"close, and the connection stays": func(k *raw) { k.frame(fin|closeFrame, []byte{3, 0xe8}); k.wantEnd(1000) },
	} {
		t.Run(name, func(t *testing.T) {
			s.under(t, closedFor("play", "peer"), func() {
				k := dial(t, s, "")
				k.upgrade("/play/"+g.id, g.white)
				k.line("live")
				end(k)
			})
		})
	}
	if v := s.version(t, g); v != 4 {
		t.Errorf("the game is at version %d", v)
	}
}
