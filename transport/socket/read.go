package socket

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/plygames/ply/transport/wire"
)

// readSize holds the largest message and one byte, so that the library meets its end.
const readSize = wire.MaxMessage + 1

// longestRetry is how long, in ms, a client may be asked to wait when the server drains.
const longestRetry = 3000

// read takes messages until the socket has ended, and then gives it back.
func (k *sock) read() {
	for {
		k.pipe.wait()
		typ, r, err := k.ws.Reader(context.Background())
		if err == nil {
			err = k.message(typ, r)
		}
		switch {
		case err == nil && k.kind == kindWatch:
			go k.read() // see wait.go
			return
		case err == nil:
			continue
		}
		if errors.Is(err, errGoodbye) && !k.pipe.isShut() {
			k.drop(closeDraining(rand.Int64N(longestRetry + 1)))
			continue // until the peer has closed too
		}
		k.failed(err)
		k.end()
		return
	}
}

// message takes one message. After a drop it only throws it away.
func (k *sock) message(typ websocket.MessageType, r io.Reader) error {
	if typ != websocket.MessageText {
		k.drop(closeBinary)
	}
	buf := k.server.messages.Get().(*[]byte)
	defer k.server.messages.Put(buf)
	n := 0
	for {
		m, err := r.Read((*buf)[n:])
		n += m
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if n == readSize { // can't be: the pipe refuses longer ones at their first frame that is too long
			return errRefused
		}
	}
	arrived := k.server.Clock.Now() // the frame is complete: here a player's time stops
	select {
	case <-k.ended:
		return nil
	default:
	}
	msg := (*buf)[:n]
	if !utf8.Valid(msg) {
		k.drop(closeNotUTF8)
		return nil
	}
	k.heard.Store(arrived)
	k.handle(msg, arrived)
	return nil
}

// failed says goodbye to a client that broke the protocol, as far as the library has not done so already.
func (k *sock) failed(err error) {
	switch {
	case websocket.CloseStatus(err) != -1: // the peer closed, and the library answered
		return
	case errors.Is(err, errShut): // we have closed, and the peer may have
		k.pipe.seeOff(true)
		return
	case k.pipe.refuse != nil && k.pipe.refuse.Code == wire.CloseTooBig.Code:
		k.drop(closeTooBig)
	case k.pipe.refuse != nil:
		k.drop(closeBroken)
	case k.pipe.late:
		k.drop(closeIncomplete)
	}
	k.pipe.seeOff(false)
}
