package network

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Trouble is what a proxy does to the connections that go through it; the zero Trouble is none.
type Trouble struct {
	Delay, Jitter time.Duration // each piece comes so much later, and up to Jitter more; order stays
	// CutAfter resets a connection (RST) after so many more bytes of the answers, wherever in a message that is. 0 = never.
	CutAfter int64
	// HalfClose ends the caller's side (FIN) after its next piece, while answers still come.
	HalfClose bool
	Stall     bool // nothing moves, and nobody is told
}

// String says it in a few words.
func (t Trouble) String() string {
	switch {
	case t.Stall:
		return "stall"
	case t.HalfClose:
		return "half-close"
	case t.CutAfter > 0:
		return fmt.Sprintf("RST after %d bytes", t.CutAfter)
	case t.Delay+t.Jitter > 0:
		return fmt.Sprintf("%v to %v late", t.Delay, t.Delay+t.Jitter)
	}
	return "nothing"
}

// Proxy passes connections on to one address. Safe for concurrent use.
type Proxy struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	trouble Trouble
	changed chan struct{} // closed when trouble changes
	conns   map[net.Conn]bool
	closed  bool
	passing sync.WaitGroup
	broken  int
}

// NewProxy takes connections there and passes them on to target. Close it; that closes the listener.
func NewProxy(l net.Listener, target string) *Proxy {
	p := &Proxy{listener: l, target: target, changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.passing.Go(p.accept)
	return p
}

// Addr is where it listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set changes what it does, to old connections too.
func (p *Proxy) Set(t Trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.trouble = t
	close(p.changed)
	p.changed = make(chan struct{})
}

// Reset ends all connections of this moment by RST.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		p.broken++
		reset(c)
	}
}

// Broken is how many connections it has cut, reset or half closed.
func (p *Proxy) Broken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken
}

// Close ends everything and waits for that.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.end()
	p.passing.Wait()
}

func (p *Proxy) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	for c := range p.conns {
		_ = c.Close()
	}
	close(p.changed)
}

func (p *Proxy) accept() {
	for {
		caller, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.passing.Go(func() { p.pass(caller) })
	}
}

// pass serves one connection.
func (p *Proxy) pass(caller net.Conn) {
	defer func() { _ = caller.Close() }()
	callee, err := net.DialTimeout("tcp4", p.target, 2*time.Second)
	if err != nil {
		reset(caller) // as refused as it can be by now
		return
	}
	defer func() { _ = callee.Close() }()
	if !p.hold(caller, callee) {
		return
	}
	defer p.release(caller, callee)
	var both sync.WaitGroup
	both.Go(func() { p.copy(callee, caller, false) })
	both.Go(func() { p.copy(caller, callee, true) })
	both.Wait()
}

func (p *Proxy) hold(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = true
	}
	if p.closed {
		for _, c := range conns {
			delete(p.conns, c)
		}
	}
	return !p.closed
}

func (p *Proxy) release(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

// copy moves one direction until it ends. answers are what the callee says.
func (p *Proxy) copy(to, from net.Conn, answers bool) {
	queue := make(chan piece, 64)
	var writing sync.WaitGroup
	writing.Go(func() { p.write(to, from, queue, answers) })
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			t := p.now()
			late := t.Delay
			if t.Jitter > 0 {
				late += rand.N(t.Jitter)
			}
			queue <- piece{data: append([]byte(nil), buffer[:n]...), due: time.Now().Add(late)}
		}
		if err != nil {
			break
		}
	}
	close(queue)
	writing.Wait()
}

// piece is what was read at once, and when it goes on.
type piece struct {
	data []byte
	due  time.Time
}

func (p *Proxy) write(to, from net.Conn, queue <-chan piece, answers bool) {
	var since int64 // answers since a cut was wanted
	dead := false
	for next := range queue {
		if dead {
			continue
		}
		if wait := time.Until(next.due); wait > 0 {
			p.pause(wait)
		}
		t := p.awaitMovement()
		data := next.data
		if answers && t.CutAfter > 0 {
			if rest := t.CutAfter - since; int64(len(data)) >= rest {
				_, _ = to.Write(data[:rest])
				p.count()
				reset(to)
				reset(from)
				dead = true
				continue
			}
			since += int64(len(data))
		}
		if _, err := to.Write(data); err != nil {
			reset(from)
			dead = true
			continue
		}
		if !answers && t.HalfClose {
			p.count()
			p.shut(to)
		}
	}
	p.shut(to)
}

// pause waits, but not past the end of the proxy or of its delays.
func (p *Proxy) pause(d time.Duration) {
	p.mu.Lock()
	changed := p.changed
	p.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	}
}

// awaitMovement waits while everything is to stand still.
func (p *Proxy) awaitMovement() Trouble {
	for {
		p.mu.Lock()
		t, changed, closed := p.trouble, p.changed, p.closed
		p.mu.Unlock()
		if !t.Stall || closed {
			return t
		}
		<-changed
	}
}

func (p *Proxy) now() Trouble {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trouble
}

func (p *Proxy) count() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken++
}

// reset closes at once, by RST.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// shut ends our side of a connection. Not while Reset is at work: who loses one side to it shall not be told of an orderly
// end on the other.
func (p *Proxy) shut(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}
