package socket_test

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/transport/socket"
)

// shrink makes the client's kernel take little, so that the server meets a full socket soon.
func (r *raw) shrink() { _ = r.conn.(*net.TCPConn).SetReadBuffer(16 << 10) }

// TestEverythingPassesThroughTheSpill: a client that stalls again and again gets every line once, in order, intact. Its
// socket is full nearly all the time; 60,000 answers and lines pass.
func TestEverythingPassesThroughTheSpill(t *testing.T) {
	r := newRig(t, func(c *socket.Config, _ *socket.Deps) {
		c.Unlimited, c.WatcherBuffer = true, 16<<10
		c.PongWithin = 10 * time.Minute // this client answers nothing, and a machine may be slow
	})
	const pings = 60_000
	c := r.raw("/watch/"+id, "")
	c.shrink()
	go func() {
		for i := range pings {
			if _, err := c.conn.Write(frame(fin|1, fmt.Appendf(nil, `{"t":"ping","ts":%d}`, i+1))); err != nil {
				return
			}
		}
	}()
	for next := 1; next <= pings; {
		first, payload, err := c.next()
		if err != nil {
			t.Fatalf("at %d: %v", next, err)
		}
		if first&0xf != 1 {
			continue
		}
		for _, l := range strings.Split(string(payload), "\n") {
			var m struct {
				T    string
				Echo int
			}
			if err := json.Unmarshal([]byte(l), &m); err != nil {
				t.Fatalf("at %d: %q: %v", next, l, err)
			}
			if m.T == "pong" {
				if m.Echo != next {
					t.Fatalf("pong %d, want %d", m.Echo, next)
				}
				next++
			}
		}
		if next%5000 == 0 {
			<-time.After(10 * time.Millisecond) // let it fill up
		}
	}
}

// TestStuckSocketsDelayNobody: with hundreds of watchers that read nothing, honest ones and a player get every line
// while all the others are stuck for good; when those read again they get a state and go on without a gap.
func TestStuckSocketsDelayNobody(t *testing.T) {
	const stuck, honest, rounds = 500, 20, 8
	r := newRig(t, func(c *socket.Config, d *socket.Deps) {
		c.Unlimited, c.WriteWithin, c.WatchersPing = true, time.Hour, time.Hour
		d.Play = d.Watch
	})
	r.Begin(id)
	blocked := make([]*raw, stuck)
	for i := range blocked {
		blocked[i] = r.raw("/watch/"+id, "")
		blocked[i].shrink()
	}
	var wg sync.WaitGroup
	steps := make([]chan uint64, honest) // how far each honest one is
	total := uint64(6 + rounds*250)
	for i := range honest {
		p := r.dial("/watch/"+id, "")
		steps[i] = make(chan uint64)
		wg.Go(func() {
			defer close(steps[i])
			last := uint64(0)
			for last < total {
				if _, err := p.message(); err != nil {
					t.Errorf("honest watcher at %d: %v", last, err)
					return
				}
				if last = contiguous(t, p, last); (last-6)%250 == 0 {
					steps[i] <- last
				}
			}
		})
	}
	for range rounds {
		r.Fill(id, 250)
		for i := range steps {
			for at := range steps[i] {
				if at >= r.Version(id) {
					break
				}
			}
		}
	}
	wg.Wait()
	// All at once: the longer a kernel had to hold back, the more rarely it tries again.
	for _, c := range blocked[:50] {
		wg.Go(func() { c.catchUp(total) })
	}
	wg.Wait()
}

// catchUp reads to a version: a gap is allowed behind a state only.
func (r *raw) catchUp(total uint64) {
	last, states := uint64(0), 0
	for last < total {
		first, payload, err := r.next()
		if err != nil {
			r.t.Errorf("stuck watcher at %d: %v", last, err)
			return
		}
		if first&0xf != 1 {
			continue
		}
		for _, l := range strings.Split(string(payload), "\n") {
			var m struct {
				T string
				V uint64
			}
			if err := json.Unmarshal([]byte(l), &m); err != nil {
				r.t.Errorf("%q: %v", l, err)
				return
			}
			switch {
			case m.T == "state":
				last, states = m.V, states+1
			case m.T == "crowd" || m.T == "live":
			case m.V != last+1:
				r.t.Errorf("%s %d behind %d", m.T, m.V, last)
				return
			default:
				last = m.V
			}
		}
	}
	if states != 2 {
		r.t.Errorf("a stuck watcher got %d states, want the first and one instead of what it missed", states)
	}
}

// contiguous looks at the lines that p got since it last did.
func contiguous(t *testing.T, p *peer, last uint64) uint64 {
	for ; p.pos < len(p.got); p.pos++ {
		m := p.got[p.pos]
		v, _ := m["v"].(float64)
		switch m["t"] {
		case "state":
			last = uint64(v)
		case "crowd", "live":
		default:
			if uint64(v) != last+1 {
				t.Errorf("%v behind %d", name(m), last)
			}
			last = uint64(v)
		}
	}
	return last
}

// closings is a socket.Observer that tells why sockets ended.
type closings struct{ why chan string }

func (closings) Opened(string)          {}
func (c closings) Closed(_, why string) { c.why <- why }
func (closings) Refused(int)            {}
func (closings) Told(string)            {}
func (closings) Wrote(int, bool)        {}
func (closings) RoundTrip(float64)      {}

// TestStuckSocketEnds: who reads nothing at all is cut in bounded time, although it goes on sending.
func TestStuckSocketEnds(t *testing.T) {
	seen := closings{make(chan string, 1)}
	r := newRig(t, func(c *socket.Config, d *socket.Deps) {
		c.Unlimited, c.WatcherBuffer, c.WriteWithin, c.WatchersPing = true, 16<<10, 200*time.Millisecond, time.Hour
		d.Observer = seen
	})
	r.Begin(id)
	c := r.raw("/watch/"+id, "")
	c.shrink()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := c.conn.Write(frame(fin|9, nil)); err != nil {
				return
			}
			<-time.After(time.Millisecond)
		}
	}()
	r.Fill(id, 3000)
	if why := <-seen.why; why != "slow" {
		t.Errorf("ended because of %q", why)
	}
	_ = c.conn.Close()
	<-done
}
