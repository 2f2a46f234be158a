package socket

import (
	"time"

	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/wire"
)

// The pace at which one socket is read: as fast as a client can send that keeps to the limits, if all it says were as long
// as a message can be. Who sends more is not read sooner, waits in buffers of its own and of the kernel, and can't keep the
// server busy: neither with what the limits count, nor with what they do not (pongs that nobody asked for, fragments of
// nothing, whatever comes after our closing frame).
const (
	readPerSecond = (limit.CommandsPerSecond + 1000/pingInterval) * wire.MaxMessage // bytes
	readBurst     = 2 * readPerSecond

	frameCost   = 32              // bytes that a frame counts as beside its own: an empty one is work too
	refusalCost = wire.MaxMessage // ... and what was above a limit

	partingDiscount = 16 // of what is only thrown away

	leastRest = 20 * time.Millisecond // a timer for every few bytes would cost more than the bytes
)

// epoch makes times small; see pipe.paid.
var epoch = time.Now()

// count counts so many bytes. Called by the reader only, as is rest.
func (p *pipe) count(bytes int) {
	if !p.sock.server.Unlimited {
		p.paid = max(p.paid, time.Since(epoch)) + time.Duration(bytes)*time.Second/readPerSecond
	}
}

// rest returns when more may be read. What has arrived before a goodbye is read at once: it must be answered.
func (p *pipe) rest() {
	over := p.paid - time.Since(epoch) - readBurst*time.Second/readPerSecond
	if over > 0 && !p.goodbye.Load() {
		time.Sleep(max(over, leastRest))
	}
}

// seeOff throws away what a client still sends after our closing frame, so that the frame is not lost to a reset. A polite
// client gets until it has closed too, or the frame's time is over; one that broke the protocol a moment.
func (p *pipe) seeOff(polite bool) {
	if !polite {
		_ = p.Conn.SetReadDeadline(time.Now().Add(discardFor))
	}
	buf := p.sock.server.messages.Get().(*[]byte)
	defer p.sock.server.messages.Put(buf)
	p.paid = 0 // what came before the end is forgiven
	if polite && p.frames.closed() {
		return
	}
	for {
		n, err := p.read(*buf)
		if err != nil {
			return
		}
		p.count(n / partingDiscount)
		if p.refuse == nil {
			p.refuse = p.frames.feed((*buf)[:n]).refuse
		}
		switch {
		case polite && p.frames.closed():
			return
		case n < len(*buf): // it trickles: take it in heaps
			time.Sleep(leastRest)
		}
	}
}

const discardFor = 500 * time.Millisecond
