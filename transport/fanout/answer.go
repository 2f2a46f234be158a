package fanout

import (
	"sync"
	"time"
)

// answerFor bounds how long an answer waits for the versions it must follow.
const answerFor = 2 * time.Second

// answer is a line for one socket only, behind all lines up to a version.
type answer struct {
	line    []byte
	version uint64
	done    chan struct{} // closed when it was sent, or never will be; nil as long as nobody waits for that
}

// Hold keeps the events of a command back until it is answered, so that they and the answer are one message. Events of
// others pass until then.
func (c *Cursor) Hold(player, command string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hold = hold{player, command}
}

// Answer sends a line behind everything up to a version (0: behind what there is), in one message, and ends the hold.
// Usually that is done when it returns. If the socket is full it waits until it has drained or ended, and if the log
// has not come to that version it waits for that, but not for long: false means that the line was not sent.
//
// One answer at a time: whoever asks reads on only after this.
func (c *Cursor) Answer(line []byte, version uint64) bool {
	a := &answer{line: line, version: version}
	c.mu.Lock()
	if c.left {
		c.mu.Unlock()
		return false
	}
	c.hold = hold{}
	c.answer = a
	c.write()
	sent := c.answer == nil
	if !sent {
		a.done = make(chan struct{})
	}
	c.mu.Unlock()
	if sent {
		return true
	}
	var patience <-chan time.Time // while only the socket is full: as long as that lasts
	if c.log.Version() < version {
		timer := time.NewTimer(answerFor)
		defer timer.Stop()
		patience = timer.C
	}
	select {
	case <-a.done:
		return !c.gone()
	case <-c.sock.Ended():
	case <-patience:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answer != a {
		return !c.left
	}
	c.answer = nil
	return false
}

func (c *Cursor) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left
}

// send sends a message, and with it the pending answer if everything up to its version is in or before the message. Called
// with mu held.
func (c *Cursor) send(msg []byte, version uint64) {
	a := c.answer
	if a == nil || version < a.version {
		if len(msg) > 0 {
			c.sock.Send(msg)
		}
		return
	}
	c.answer = nil
	if a.done != nil {
		close(a.done)
	}
	if len(msg) == 0 {
		c.sock.Send(a.line)
		return
	}
	both := scratch.Get().(*[]byte)
	*both = append(append(append((*both)[:0], msg...), '\n'), a.line...)
	c.sock.Send(*both) // which keeps nothing of it
	if cap(*both) <= maxScratch {
		scratch.Put(both)
	}
}

// scratch holds buffers for a message and its answer.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch is how much memory such a buffer may keep.
const maxScratch = 64 << 10
