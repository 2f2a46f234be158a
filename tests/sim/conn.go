package sim

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// conn is a connection between a client and a server: the server's end is a net.Conn, the client's end is a function
// that gets bytes. Bytes travel in order and arrive late, or the connection breaks.
type conn struct {
	w      *world
	name   string
	server *process
	run    chan struct{}
	client func([]byte, error) // called by the world; an error is the end

	mu       sync.Mutex
	changed  chan struct{}
	in, out  []byte
	asked    bool // a flush was asked for
	flying   int  // bytes that the client has not taken
	window   int
	ended    error // what Read gives when in is empty
	shut     bool  // the server has closed its end
	readBy   time.Time
	writeBy  time.Time
	lastOut  time.Duration
	lastIn   time.Duration
	broken   bool // nothing travels any more, and nobody is told
	clientIs bool // gone
}

func (w *world) newConn(name string, server *process, window int, client func([]byte, error)) *conn {
	return &conn{w: w, name: name, server: server, run: server.died, client: client, changed: make(chan struct{}), window: window}
}

// change wakes whoever waits. Called with mu held.
func (c *conn) change() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *conn) Read(b []byte) (int, error) {
	for {
		c.mu.Lock()
		if c.shut {
			c.mu.Unlock()
			return 0, net.ErrClosed
		}
		if len(c.in) > 0 {
			n := copy(b, c.in)
			c.in = c.in[n:]
			c.mu.Unlock()
			return n, nil
		}
		if c.ended != nil {
			c.mu.Unlock()
			return 0, c.ended
		}
		by, changed := c.readBy, c.changed
		c.mu.Unlock()
		if !wait(by, changed) {
			c.w.turn(c.name + " is not waited for")
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// wait returns at a change, or false at a deadline.
func wait(by time.Time, changed <-chan struct{}) bool {
	var late <-chan time.Time
	if !by.IsZero() {
		left := time.Until(by)
		if left <= 0 {
			return false
		}
		timer := time.NewTimer(left)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-changed:
		return true
	case <-late:
		return false
	}
}

func (c *conn) Write(b []byte) (int, error) {
	written := 0
	for len(b) > 0 {
		c.mu.Lock()
		if c.shut {
			c.mu.Unlock()
			return written, net.ErrClosed
		}
		if c.ended != nil && !errors.Is(c.ended, io.EOF) {
			c.mu.Unlock()
			return written, c.ended
		}
		if room := c.window - c.flying; room > 0 {
			n := min(room, len(b))
			c.out = append(c.out, b[:n]...)
			c.flying += n
			written += n
			b = b[n:]
			c.flush()
			c.mu.Unlock()
			continue
		}
		by, changed := c.writeBy, c.changed
		c.mu.Unlock()
		if !wait(by, changed) {
			return written, os.ErrDeadlineExceeded
		}
	}
	return written, nil
}

// flush asks the world to carry what was written. Called with mu held.
func (c *conn) flush() {
	if !c.asked {
		c.asked = true
		c.w.post(c.name+" sends", func() { c.server.reach(c.run, c.carry) })
	}
}

// carry takes what was written to the client. Called by the world.
func (c *conn) carry() {
	c.mu.Lock()
	b, shut := c.out, c.shut
	c.out, c.asked = nil, false
	c.mu.Unlock()
	if c.broken {
		return
	}
	c.lastOut = c.w.at(max(c.w.now()+c.w.lag(), c.lastOut), c.name+" arrives", func() {
		c.mu.Lock()
		c.flying -= len(b)
		c.change()
		c.mu.Unlock()
		if c.broken || c.clientIs {
			return
		}
		if len(b) > 0 {
			c.client(b, nil)
		}
		if shut {
			c.clientIs = true
			c.client(nil, io.EOF)
		}
	})
}

// send takes a client's bytes to the server. Called by the world.
func (c *conn) send(b []byte) {
	if c.broken {
		return
	}
	c.lastIn = c.w.at(max(c.w.now()+c.w.lag(), c.lastIn), c.name+" is heard", func() {
		c.server.reach(c.run, func() {
			if c.broken {
				return
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.in = append(c.in, b...)
			c.change()
		})
	})
}

// lag is how long bytes take between a client and a server.
func (w *world) lag() time.Duration {
	if w.chance(10) && !w.calm {
		return w.between(100*time.Millisecond, 3*time.Second)
	}
	return w.between(0, 40*time.Millisecond)
}

var errReset = errors.New("connection reset by peer")

// reset breaks the connection and tells the server, and if the client is still there the client too. Called by the world.
func (c *conn) reset() {
	if c.broken {
		return
	}
	told := !c.clientIs
	c.broken = true
	c.w.after(c.w.lag(), c.name+" is reset", func() {
		c.server.reach(c.run, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.ended = errReset
			c.change()
		})
		if told {
			c.clientIs = true
			c.client(nil, errReset)
		}
	})
}

// clientLoses tells the client that the server has died.
func (c *conn) clientLoses() {
	if c.broken || c.clientIs {
		return
	}
	c.broken = true
	c.w.after(c.w.lag(), c.name+" breaks", func() {
		if !c.clientIs {
			c.clientIs = true
			c.client(nil, errReset)
		}
	})
}

// vanish breaks the connection and tells nobody.
func (c *conn) vanish() { c.broken = true }

func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.shut {
		c.shut = true
		c.flush()
		c.w.post(c.name+" is closed", func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.change()
		})
	}
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readBy = t
	c.change()
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeBy = t
	c.change()
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *conn) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 8080} }
func (c *conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 4000} }

// upgrade is the answer to a handshake.
type upgrade struct {
	conn   *conn
	header http.Header
	status int
	body   []byte
}

func (u *upgrade) Header() http.Header { return u.header }

func (u *upgrade) WriteHeader(status int) {
	if u.status == 0 {
		u.status = status
	}
}

func (u *upgrade) Write(b []byte) (int, error) {
	u.WriteHeader(http.StatusOK)
	u.body = append(u.body, b...)
	return len(b), nil
}

func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return u.conn, bufio.NewReadWriter(bufio.NewReader(u.conn), bufio.NewWriter(u.conn)), nil
}
