package socket

import (
	"context"
	"errors"
	"syscall"
)

// An idle socket is a goroutine that waits to read. In the depths of the library that takes a stack of 4 KB, and one that
// has grown never shrinks to less. So the reader waits before it calls the library, where 2 KB do; and as watchers mostly
// wait, one that had to go deeper continues in a fresh goroutine.

// wait returns when the library has something to read. It takes no decisions: whatever ends the waiting, the read that
// follows meets it. Called by the reader only, between two messages.
func (p *pipe) wait() {
	for {
		p.rest()
		// What the library has buffered, it must see first: there will be no other sign of it.
		if p.raw == nil || len(p.early) > 0 || p.buffer.Buffered() > 0 || p.refuse != nil || p.goodbye.Load() {
			return
		}
		if p.raw.Read(p.arrive) != nil || !p.pong() {
			return
		}
	}
}

// pong takes the answer to one of our pings, which is all that most sockets ever send. False: it is something else.
func (p *pipe) pong() bool {
	const header = 6 // final pong, 8 bytes, masked
	f := p.early
	if len(f) != header+8 || f[0] != 0x8a || f[1] != 0x88 || !p.frames.between() {
		return false
	}
	var payload [8]byte
	for i := range payload {
		payload[i] = f[header+i] ^ f[2+i%4]
	}
	p.takeEarly(f)
	p.count(len(f) + frameCost)
	p.sock.ponged(context.Background(), payload[:])
	return true
}

// takeArrived makes one attempt to read, into a buffer that is borrowed only when there is something for it. False: nothing
// has arrived yet.
func (p *pipe) takeArrived(fd uintptr) bool {
	buf := p.sock.server.messages.Get().(*[]byte)
	n, err := syscall.Read(int(fd), *buf)
	if n > 0 {
		p.early, p.borrowed = (*buf)[:n], buf
		return true
	}
	p.sock.server.messages.Put(buf)
	return !errors.Is(err, syscall.EAGAIN)
}

// takeEarly reads what has arrived before the library asked for it.
func (p *pipe) takeEarly(b []byte) int {
	n := copy(b, p.early)
	p.early = p.early[n:]
	if len(p.early) == 0 && p.borrowed != nil {
		p.sock.server.messages.Put(p.borrowed)
		p.early, p.borrowed = nil, nil
	}
	return n
}
