package contract_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// patience is how long a case waits for something that must come at once.
const patience = 15 * time.Second

// sock is one socket. A goroutine reads it and checks what section 1 says of every message.
type sock struct {
	t      *testing.T
	c      *websocket.Conn
	frames chan []obj
	ended  chan struct{}
	err    error // read after ended

	queue []obj // lines of the frame being looked at
	side  []obj // crowd and gone, in the order they came
}

var unnumbered = map[string]bool{
	"state": true, "live": true, "stale": true, "ok": true, "error": true, "crowd": true, "gone": true,
	"rematch": true, "pong": true,
}

func (k *sock) read() {
	defer close(k.ended)
	defer close(k.frames)
	last := map[string]int64{}
	for {
		typ, data, err := k.c.Read(context.Background())
		if err != nil {
			k.err = err
			return
		}
		if typ != websocket.MessageText {
			k.t.Errorf("a frame that is not text")
		}
		var frame []obj
		for line := range strings.SplitSeq(string(data), "\n") {
			o, err := decode(line)
			if err != nil {
				k.t.Errorf("section 1: %v in %q", err, line)
				continue
			}
			k.check(o, line, last)
			frame = append(frame, o)
		}
		k.frames <- frame
	}
}

// check holds one line to section 1: a type, no null, versions without holes.
func (k *sock) check(o obj, line string, last map[string]int64) {
	typ, game := o.str("t"), o.str("game")
	if typ == "created" || typ == "rematch" || typ == "ok" { // their game is not the board's mark
		game = ""
	}
	if typ == "" {
		k.t.Errorf("no type: %s", line)
	}
	if hasNull(map[string]any(o)) {
		k.t.Errorf("null in %s", line)
	}
	switch before, known := last[game]; {
	case typ == "state":
		last[game] = o.num("v")
		last[""] = o.num("v") // on a socket of one game only state carries the game
	case unnumbered[typ] || o["v"] == nil:
	default:
		if known && o.num("v") != before+1 {
			k.t.Errorf("version after %d: %s", before, line)
		}
		last[game] = o.num("v")
	}
}

func hasNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		for _, inner := range v {
			if hasNull(inner) {
				return true
			}
		}
	case []any:
		for _, inner := range v {
			if hasNull(inner) {
				return true
			}
		}
	}
	return false
}

func (k *sock) send(format string, args ...any) {
	k.t.Helper()
	if err := k.c.Write(context.Background(), websocket.MessageText, []byte(fmt.Sprintf(format, args...))); err != nil {
		k.t.Fatalf("send: %v", err)
	}
}

// frame gives the next message whole, without crowd and gone; empty frames are passed over.
func (k *sock) frame() []obj {
	k.t.Helper()
	for len(k.queue) == 0 {
		if !k.more(patience) {
			k.t.Fatalf("nothing came for %v", patience)
		}
	}
	f := k.queue
	k.queue = nil
	return f
}

// next gives the next line that is neither crowd nor gone.
func (k *sock) next() obj {
	k.t.Helper()
	f := k.frame()
	k.queue = f[1:]
	return f[0]
}

// more reads one frame into queue and side; false if none came in time.
func (k *sock) more(within time.Duration) bool {
	k.t.Helper()
	select {
	case f, open := <-k.frames:
		if !open {
			k.t.Fatalf("the socket has ended: %v", k.err)
		}
		for _, o := range f {
			if o.str("t") == "crowd" || o.str("t") == "gone" {
				k.side = append(k.side, o)
			} else {
				k.queue = append(k.queue, o)
			}
		}
		return true
	case <-time.After(within):
		return false
	}
}

// await waits for a crowd or gone that matches.
func (k *sock) await(within time.Duration, pattern string, args ...any) obj {
	k.t.Helper()
	deadline := time.Now().Add(within)
	for {
		for len(k.side) > 0 {
			o := k.side[0]
			k.side = k.side[1:]
			if match(o, pattern, args...) == nil {
				return o
			}
		}
		if rest := time.Until(deadline); rest <= 0 || !k.more(rest) {
			k.t.Fatalf("not within %v: %s", within, fmt.Sprintf(pattern, args...))
		}
	}
}

// until passes over lines until one of that type comes.
func (k *sock) until(typ string) obj {
	k.t.Helper()
	for {
		if o := k.next(); o.str("t") == typ {
			return o
		}
	}
}

// closed waits until the server closes the socket; whatever comes before is passed over.
func (k *sock) closed(within time.Duration, code int, reason string) {
	k.t.Helper()
	deadline := time.After(within)
	for {
		select {
		case _, open := <-k.frames:
			if open {
				continue
			}
			var ce websocket.CloseError
			if !errors.As(k.err, &ce) || int(ce.Code) != code {
				k.t.Fatalf("ended with %v, want close %d", k.err, code)
			}
			if reason != "" && ce.Reason != reason {
				k.t.Fatalf("close reason %q, want %q", ce.Reason, reason)
			}
			return
		case <-deadline:
			k.t.Fatalf("not closed within %v, want %d", within, code)
		}
	}
}
