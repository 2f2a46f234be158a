package socket_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/transport/socket"
)

// TestFrames is the table of reliability.md section 6: what a client that can't do WebSockets gets.
func TestFrames(t *testing.T) {
	long := func(head byte, size uint64) []byte {
		b := []byte{head, 0x80 | 127}
		b = binary.BigEndian.AppendUint64(b, size)
		return append(b, 1, 2, 3, 4)
	}
	text := byte(fin | 1)
	tests := []struct {
		name  string
		bytes []byte
		code  int
	}{
		{"unmasked", []byte{text, 2, '{', '}'}, 1002},
		{"rsv1", frame(text|0x40, []byte("{}")), 1002},
		{"rsv2", frame(text|0x20, []byte("{}")), 1002},
		{"unknown data opcode", frame(fin|3, []byte("{}")), 1002},
		{"unknown control opcode", frame(fin|0xb, nil), 1002},
		{"fragmented ping", frame(9, nil), 1002},
		{"ping of 126 bytes", frame(fin|9, make([]byte, 126)), 1002},
		{"stray continuation", frame(fin|0, []byte("{}")), 1002},
		{"close of one byte", frame(fin|8, []byte{3}), 1002},
		{"close 999", frame(fin|8, []byte{3, 231}), 1002},
		{"close 1005", frame(fin|8, []byte{3, 237}), 1002},
		{"close 1006", frame(fin|8, []byte{3, 238}), 1002},
		{"new message inside a message", append(frame(1, []byte("{")), frame(text, []byte("}"))...), 1002},
		{"binary", frame(fin|2, []byte("{}")), 1003},
		{"not UTF-8", frame(text, []byte("{\"t\":\"\xff\"}")), 1007},
		{"overlong", frame(text, []byte("\xc0\xaf")), 1007},
		{"surrogate", frame(text, []byte("\xed\xa0\x80")), 1007},
		{"UTF-8 broken across fragments", append(frame(1, []byte("\xe2\x82")), frame(fin|0, []byte("\x41"))...), 1007},
		{"4,097 bytes", frame(text, bytes.Repeat([]byte(" "), 4097)), 1009},
		{"4,097 bytes in fragments", append(frame(1, make([]byte, 4000)), frame(fin|0, make([]byte, 97))...), 1009},
		{"claims 2^40", long(text, 1<<40), 1009},
		{"claims 2^63", long(text, 1<<63), 1009},
		{"close 1000 is answered", frame(fin|8, []byte{3, 232}), 1000},
	}
	r := newRig(t, func(c *socket.Config, _ *socket.Deps) { c.MessageWithin = time.Minute })
	for _, path := range []string{"/watch/" + id, "/play/" + id} {
		for _, tt := range tests {
			t.Run(path[1:5]+" "+tt.name, func(t *testing.T) {
				c := r.raw(path, "t-ann")
				c.t = t
				c.write(tt.bytes...)
				if code, texts := c.closed(); code != tt.code {
					t.Errorf("closed with %d, want %d; after %q", code, tt.code, texts)
				}
				_ = c.conn.Close()
			})
		}
	}
}

// TestMessageMustComplete: the clock of a message starts with its first byte, however the rest trickles.
func TestMessageMustComplete(t *testing.T) {
	r := newRig(t, func(c *socket.Config, _ *socket.Deps) { c.MessageWithin = 300 * time.Millisecond })
	tests := []struct {
		name string
		step func(i int) []byte // nil = silence from here
	}{
		{"one byte of a header", func(i int) []byte { return [][]byte{{fin | 1}, nil}[min(i, 1)] }},
		{"half a message", func(i int) []byte { return [][]byte{frame(fin|1, []byte("{}"))[:7], nil}[min(i, 1)] }},
		{"endless fragments", func(i int) []byte { return frame(byte(min(i, 1)^1), []byte(" ")) }},
		{"zero-length fragments", func(i int) []byte { return frame(byte(min(i, 1)^1), nil) }},
		{"a ping, then half a message in the same piece", func(i int) []byte {
			return [][]byte{append(frame(fin|9, nil), fin|1), nil}[min(i, 1)]
		}},
		{"pings inside a message", func(i int) []byte {
			return [][]byte{frame(1, []byte("{")), frame(fin|9, nil), nil}[min(i, 2)]
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := r.raw("/watch/"+id, "")
			c.t = t
			done := make(chan struct{})
			go func() {
				defer close(done)
				for i := 0; ; i++ {
					b := tt.step(i)
					if b == nil {
						return
					}
					if _, err := c.conn.Write(b); err != nil {
						return
					}
					<-time.After(5 * time.Millisecond)
				}
			}()
			if code, _ := c.closed(); code != 4500 {
				t.Errorf("closed with %d, want 4500", code)
			}
			_ = c.conn.Close()
			<-done
		})
	}
	t.Run("a whole message is not hurried", func(t *testing.T) {
		p := r.dial("/watch/"+id, "")
		for range 3 {
			p.send(`{"t":"ping","ts":1}`)
			p.until("pong")
			<-time.After(400 * time.Millisecond)
		}
	})
}

// TestHoweverItArrives: what a client sends is taken in its order, in whatever pieces or heaps it arrives, pongs that
// nobody asked for between them.
func TestHoweverItArrives(t *testing.T) {
	r := newRig(t, func(c *socket.Config, _ *socket.Deps) { c.Unlimited = true })
	var frames [][]byte
	const pings = 12
	for i := range pings {
		frames = append(frames,
			frame(fin|0xa, []byte("12345678")), // as long as the answer to one of ours
			frame(fin|1, fmt.Appendf(nil, `{"t":"ping","ts":%d}`, i+1)),
			frame(fin|0xa, nil),
			frame(fin|9, []byte{byte(i)}),
			frame(1, []byte(`{"t":"ping",`)),
			frame(fin|0xa, []byte("12345678")), // between the parts of a message
			frame(fin|0, fmt.Appendf(nil, `"ts":%d}`, 100+i+1)),
		)
	}
	all := bytes.Join(frames, nil)
	cuts := map[string]func() [][]byte{
		"one heap":        func() [][]byte { return [][]byte{all} },
		"frame by frame":  func() [][]byte { return frames },
		"byte by byte":    func() [][]byte { return slices.Collect(slices.Chunk(all, 1)) },
		"by seven bytes":  func() [][]byte { return slices.Collect(slices.Chunk(all, 7)) },
		"by twenty bytes": func() [][]byte { return slices.Collect(slices.Chunk(all, 20)) },
	}
	for _, path := range []string{"/watch/" + id, "/play/" + id} {
		for name, cut := range cuts {
			t.Run(path[1:6]+" "+name, func(t *testing.T) {
				c := r.raw(path, "t-ann")
				c.t = t
				go func() {
					for _, piece := range cut() {
						if _, err := c.conn.Write(piece); err != nil {
							return
						}
						runtime.Gosched() // so that some pieces travel alone
					}
				}()
				var want, got []int
				for i := range pings {
					want = append(want, i+1, -1-i, 100+i+1) // the ping frame's answer as a negative number
				}
				for len(got) < len(want) {
					first, payload, err := c.next()
					if err != nil {
						t.Fatalf("%v after %v", err, got)
					}
					if first == fin|0xa {
						got = append(got, -1-int(payload[0]))
					}
					for line := range bytes.Lines(payload) {
						var m struct {
							T    string
							Echo int
						}
						if json.Unmarshal(line, &m) == nil && m.T == "pong" {
							got = append(got, m.Echo)
						}
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("answered %v, want %v", got, want)
				}
				_ = c.conn.Close()
			})
		}
	}
}

func TestFragmentedMessageIsTaken(t *testing.T) {
	r := newRig(t, nil)
	c := r.raw("/watch/"+id, "")
	c.write(frame(1, []byte(`{"t":"pi`))...)
	c.write(frame(fin|9, []byte("x"))...)
	c.write(frame(fin|0, []byte(`ng","ts":7}`))...)
	for {
		first, payload, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if first&0xf == 1 && strings.Contains(string(payload), `"echo":7`) {
			return
		}
	}
}
