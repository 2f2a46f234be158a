package socket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/plygames/ply/transport/wire"
)

// pipe is the net.Conn under a WebSocket. A write is one attempt that does not wait; what the kernel does not take is
// spilled, at most about one message of it, and drained by a goroutine that lives as long as there is a spill. Deadlines
// are kept here and nowhere else. Reading belongs to the socket's reader.
type pipe struct {
	net.Conn
	raw    syscall.RawConn // nil if the connection has none: then everything is spilled
	sock   *sock
	buffer *bufio.Reader // the library's
	early  []byte        // came with the handshake, or while the reader waited
	frames frames
	refuse *wire.Close // what the client sent breaks the rules; the next Read fails
	late   bool        // a message was not complete in time
	timed  bool        // a read deadline is set; guarded by mu

	paid time.Duration // when what has been read will be paid for, since epoch; see pace.go. The reader's

	borrowed *[]byte               // what early lies in, if it must be given back
	arrive   func(fd uintptr) bool // takeArrived

	goodbye atomic.Bool // read what has arrived, and no more

	mu     sync.Mutex // what is written is whole frames: ours and the library's never mix
	spill  []byte
	full   bool // a goroutine is draining
	shut   bool // a closing frame has been written: nothing may follow it
	broken bool

	out  []byte // arguments and results of try, which is made once because a closure for each write would be garbage
	n    int
	werr error
	try  func(fd uintptr) bool
}

// The first bytes of the frames that a server sends: final, and of these kinds.
const (
	textFrame  = 0x81
	closeFirst = 0x88
)

// controlSpill bounds how much the library's own frames (pongs) may add to a spill.
const controlSpill = 4 << 10

var (
	errRefused = errors.New("the client broke the protocol")
	errGoodbye = errors.New("everything that had arrived is read")
	errShut    = errors.New("we have said goodbye")
)

func newPipe(conn net.Conn, early []byte, k *sock) *pipe {
	p := &pipe{Conn: conn, sock: k, early: early}
	if sc, ok := conn.(syscall.Conn); ok {
		p.raw, _ = sc.SyscallConn()
	}
	p.arrive = p.takeArrived
	p.try = func(fd uintptr) bool {
		p.n, p.werr = syscall.Write(int(fd), p.out)
		return true // never wait for the socket to become writable
	}
	return p
}

// Full tells whether a message has not left yet.
func (p *pipe) Full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.full
}

// Write takes what the library writes: whole control frames, for messages are ours (send).
func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return len(b), nil
	}
	p.shut = len(b) > 0 && b[0] == closeFirst // the library has ended the connection: none of our messages may follow
	if p.full && len(p.spill)+len(b) > controlSpill {
		return len(b), nil // a pong to somebody who does not read
	}
	return len(b), p.push(p.tidy(b))
}

// tidy makes a closing frame of the library one of ours: its texts, and what a peer wrote that is echoed, are longer than
// the protocol's 100 bytes, and what it found broken is to be counted as that.
func (p *pipe) tidy(frame []byte) []byte {
	if len(frame) < 4 || frame[0] != closeFirst {
		return frame
	}
	code := wire.Close{Code: int(binary.BigEndian.Uint16(frame[2:]))}
	switch {
	case code.Code == wire.CloseProtocolError.Code:
		p.sock.why.CompareAndSwap(nil, &closeBroken.name)
		return closeFrame(wire.CloseProtocolError)
	case len(frame) > 4+maxReason:
		return closeFrame(code)
	default:
		return frame
	}
}

// maxReason is how long the text of a closing frame may be, in bytes.
const maxReason = 100

// send writes one text message as one frame, and tells whether not all of it has left. The library would frame the same
// bytes for each of a thousand watchers anew, behind two locks, and has no prepared messages; what a server sends is not
// masked, so a frame is a header and the message.
func (p *pipe) send(msg []byte) (full bool) {
	buf := p.sock.server.scratch.Get().(*[]byte)
	frame := append(appendHeader((*buf)[:0], len(msg)), msg...)
	p.mu.Lock()
	if !p.shut {
		_ = p.push(frame) // an error breaks the connection, which its reader notices
	}
	full = p.full
	p.mu.Unlock()
	if *buf = frame; cap(frame) <= maxScratch {
		p.sock.server.scratch.Put(buf)
	}
	return full
}

// maxScratch is how much memory a buffer for messages on their way out may keep.
const maxScratch = 64 << 10

// appendHeader adds the header of a final, unmasked text frame: RFC 6455 section 5.2.
func appendHeader(b []byte, size int) []byte {
	b = append(b, textFrame)
	switch {
	case size < 126:
		return append(b, byte(size))
	case size < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, 126), uint16(size))
	default:
		return binary.BigEndian.AppendUint64(append(b, 127), uint64(size))
	}
}

// inject writes a frame that the library can't: it has no ping without a goroutine that waits for the pong, and no close
// without one that waits for the peer. last: nothing may follow it, and the peer has Farewell to close too.
func (p *pipe) inject(frame []byte, last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return
	}
	_ = p.push(frame)
	if last {
		p.shut = true
		_ = p.Conn.SetReadDeadline(time.Now().Add(p.sock.server.Farewell))
	}
}

// push writes what the kernel takes now and spills the rest. Called with mu held.
func (p *pipe) push(b []byte) error {
	if p.broken {
		return net.ErrClosed
	}
	if p.full {
		p.spill = append(p.spill, b...)
		return nil
	}
	n, err := p.writeNow(b)
	if err != nil {
		p.broken = true
		_ = p.Conn.Close()
		return err
	}
	if n < len(b) {
		p.spill = append([]byte(nil), b[n:]...)
		p.full = true
		go p.drain()
	}
	return nil
}

// writeNow makes one attempt. Called with mu held.
func (p *pipe) writeNow(b []byte) (int, error) {
	if p.raw == nil || len(b) == 0 {
		return 0, nil
	}
	p.out, p.n, p.werr = b, 0, nil
	err := p.raw.Write(p.try)
	p.out = nil
	switch {
	case err != nil:
		return 0, err
	case p.werr == syscall.EAGAIN || p.werr == syscall.EINTR:
		return 0, nil
	case p.werr != nil:
		return 0, p.werr
	default:
		return p.n, nil
	}
}

// drain writes the spill as the peer reads it, then tells the socket.
func (p *pipe) drain() {
	for {
		p.mu.Lock()
		b := p.spill
		p.spill = nil
		if len(b) == 0 {
			_ = p.Conn.SetWriteDeadline(time.Time{}) // or it would fail the attempts to come
			p.full = false
			p.mu.Unlock()
			p.sock.drained()
			return
		}
		p.mu.Unlock()
		_ = p.Conn.SetWriteDeadline(time.Now().Add(p.sock.server.WriteWithin))
		if _, err := p.Conn.Write(b); err != nil {
			p.mu.Lock()
			p.broken, p.full, p.spill = true, false, nil
			p.mu.Unlock()
			why := closeGone
			if errors.Is(err, os.ErrDeadlineExceeded) {
				why = closeSlow
			}
			p.sock.cut(why)
			return
		}
	}
}

// Read gives the library what has arrived, and watches over it: a message must be complete in time, and one that breaks
// the rules is not waited for. Called by the reader only.
func (p *pipe) Read(b []byte) (int, error) {
	if p.refuse != nil {
		return 0, errRefused
	}
	if p.isShut() {
		return 0, errShut // what comes now is nothing to the library: see seeOff
	}
	n, err := p.read(b)
	if n == 0 {
		return 0, err
	}
	s := p.frames.feed(b[:n])
	p.refuse = s.refuse
	p.count(n + s.frames*frameCost)
	if !p.goodbye.Load() {
		p.watch(s)
	}
	return n, nil
}

func (p *pipe) read(b []byte) (int, error) {
	if len(p.early) > 0 {
		return p.takeEarly(b), nil
	}
	p.rest()
	if p.goodbye.Load() {
		return p.arrived(b)
	}
	n, err := p.Conn.Read(b)
	if err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		if p.goodbye.Load() {
			return p.arrived(b)
		}
		p.late = true
	}
	return n, err
}

// watch sets and lifts the deadline of a message. A message that arrives at once costs nothing.
func (p *pipe) watch(s seen) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.shut: // the farewell has its own deadline
	case s.underway && s.began:
		_ = p.Conn.SetReadDeadline(time.Now().Add(p.sock.server.MessageWithin))
		p.timed = true
	case !s.underway && p.timed:
		_ = p.Conn.SetReadDeadline(time.Time{})
		p.timed = false
	}
}

// sayGoodbye makes the reader take what has arrived already, and then fail with errGoodbye.
func (p *pipe) sayGoodbye() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return
	}
	p.goodbye.Store(true)
	_ = p.Conn.SetReadDeadline(time.Unix(1, 0)) // wakes a reader that waits
}

// arrived reads what is in the kernel's buffer.
func (p *pipe) arrived(b []byte) (n int, err error) {
	if p.isShut() {
		return p.Conn.Read(b)
	}
	if p.raw == nil {
		return 0, errGoodbye
	}
	_ = p.Conn.SetReadDeadline(time.Time{}) // an expired one would hide what has arrived
	var rerr error
	err = p.raw.Read(func(fd uintptr) bool {
		n, rerr = syscall.Read(int(fd), b)
		return true
	})
	switch {
	case err != nil:
		return 0, err
	case rerr == syscall.EAGAIN || rerr == syscall.EINTR:
		return 0, errGoodbye
	case rerr != nil:
		return 0, rerr
	case n <= 0:
		return 0, io.EOF
	default:
		return n, nil
	}
}

func (p *pipe) isShut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shut
}
