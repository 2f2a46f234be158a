package socket

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/lobby"
	"github.com/plygames/ply/transport/wire"
)

// The kinds of socket, as metrics name them.
const (
	kindPlay  = "play"
	kindWatch = "watch"
	kindLobby = "lobby"
)

// sock is one socket. One goroutine at a time reads it, from its opening to its end; everybody else only writes, or asks it to end.
type sock struct {
	server *Server
	kind   string
	player string // empty = nobody we know
	guest  bool
	boards []board
	seat   game.Seat // play only

	gameKind string        // lobby only; empty = all kinds
	viewer   *lobby.Viewer // lobby only; nil until joined

	history bool // watch: the game was over before the handshake, even if a replay ends it again

	ws   *websocket.Conn
	pipe *pipe

	ended   chan struct{} // closed when nothing more will be sent
	ending  sync.Once
	why     atomic.Pointer[string]
	expiry  *time.Timer // of the token; nil = none
	limits  meters
	heard   atomic.Int64 // live clock at the last message, else at the opening
	pinging pinging

	mu       sync.Mutex
	finished int         // boards whose games are over and told
	late     bool        // ... all of which were over at the start
	parting  *time.Timer // until closeFinished
}

// board is one game that a socket shows.
type board struct {
	log    *fanout.Log
	start  fanout.Start
	cursor *fanout.Cursor // nil until joined
}

func (s *Server) newSock(kind string, boards []board) *sock {
	k := &sock{server: s, kind: kind, boards: boards, ended: make(chan struct{}), late: true}
	k.heard.Store(s.Clock.Now())
	k.limits.server = s
	return k
}

// run joins the logs and begins to read. A socket has one goroutine at a time.
func (k *sock) run() {
	for i := range k.boards {
		b := &k.boards[i]
		cursor, err := b.log.Join(context.Background(), k, b.start)
		if err != nil {
			k.drop(closeResync)
			break
		}
		k.mu.Lock()
		b.cursor = cursor
		k.mu.Unlock()
	}
	if k.kind == kindLobby && !k.isEnded() {
		k.look()
	}
	k.drained() // what came while there was no cursor to tell
	go k.read()
}

// end gives back everything the socket holds. Called by read.
func (k *sock) end() {
	k.ending.Do(func() { close(k.ended) })
	_ = k.ws.CloseNow()
	k.mu.Lock()
	if k.parting != nil {
		k.parting.Stop()
	}
	k.mu.Unlock()
	if k.expiry != nil {
		k.expiry.Stop()
	}
	k.server.pings.remove(k)
	for i := range k.boards {
		if c := k.boards[i].cursor; c != nil {
			c.Leave()
		}
	}
	k.lookAway()
	k.server.Presence.leave(k)
	for i := range k.boards {
		k.boards[i].log.Release()
	}
	k.server.remove(k)
}

// drop ends the socket with a closing frame: nothing more is sent, and what arrives until the peer has closed too is
// thrown away. Only the first reason counts.
func (k *sock) drop(c closing) {
	k.ending.Do(func() {
		k.why.Store(&c.name)
		close(k.ended)
		k.pipe.inject(closeFrame(c.Close), true)
	})
}

// cut ends the socket without waiting for the peer.
func (k *sock) cut(c closing) {
	k.drop(c)
	_ = k.pipe.Conn.Close()
}

func (k *sock) reason() string {
	if why := k.why.Load(); why != nil {
		return *why
	}
	return closePeer.name
}

func closeFrame(c wire.Close) []byte {
	frame := make([]byte, 4, 4+len(c.Reason))
	frame[0], frame[1] = 0x88, byte(2+len(c.Reason))
	binary.BigEndian.PutUint16(frame[2:], uint16(c.Code))
	return append(frame, c.Reason...)
}

// Ended, Full, Send, Slow, Lost and Finished make a sock a fanout.Socket.

// Ended is closed when nothing more will be sent.
func (k *sock) Ended() <-chan struct{} { return k.ended }

// Full tells that an earlier message has not left yet.
func (k *sock) Full() bool { return k.pipe.Full() }

// Send writes one message, as one system call.
func (k *sock) Send(msg []byte) {
	full := k.pipe.send(msg)
	k.server.Observer.Wrote(len(msg), full)
}

// drained tells the cursors that they may write again.
func (k *sock) drained() {
	k.mu.Lock()
	for i := range k.boards {
		if c := k.boards[i].cursor; c != nil {
			c.Drained()
		}
	}
	viewer := k.viewer
	k.mu.Unlock()
	if viewer != nil {
		k.server.Lobby.Drained(viewer)
	}
}

func (k *sock) isEnded() bool {
	select {
	case <-k.ended:
		return true
	default:
		return false
	}
}

// Slow ends a socket that can't keep up.
func (k *sock) Slow() { k.drop(closeSlow) }

// Lost ends a socket whose game this server can't show any longer.
func (k *sock) Lost() { k.drop(closeNotHere) }

// Finished arranges the end of a socket that has everything there will be: a while after the end of the (last) game, so
// that a rematch can be agreed on.
func (k *sock) Finished(late bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.finished++
	k.late = k.late && late
	if k.finished < len(k.boards) || k.parting != nil {
		return
	}
	after := k.server.WatchAfter
	switch {
	case k.kind == kindPlay && k.late:
		ended := k.boards[0].log.State().At // nothing follows the end
		passed := time.Duration(k.server.Wall()-ended) * time.Millisecond
		after = max(k.server.PlayLeast, k.server.PlayAfter-passed)
	case k.kind == kindPlay:
		after = k.server.PlayAfter
	case k.late || k.history:
		after = 0
	}
	k.parting = time.AfterFunc(after, func() { k.drop(closeFinished) })
}

var _ fanout.Socket = (*sock)(nil)
