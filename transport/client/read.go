package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/coder/websocket"
)

// errHole ends a socket that left a version out; the session comes back with from=last.
var errHole = errors.New("a version is missing")

// serve reads one socket to its end.
func (s *Session) serve(conn *websocket.Conn) error {
	s.mu.Lock()
	if s.ctx.Err() != nil { // Close came between the dial and here
		s.mu.Unlock()
		_ = conn.CloseNow()
		return s.ctx.Err()
	}
	s.conn = conn
	s.mu.Unlock()
	s.heard.Store(time.Now().UnixNano())
	watch := s.watchdog(conn)
	defer func() {
		watch.Stop()
		s.mu.Lock()
		s.conn, s.live = nil, false
		s.mu.Unlock()
		_ = conn.CloseNow() // a closed one stays closed
	}()
	var buffer bytes.Buffer
	for {
		// No deadline here: one on Read would close the socket. The watchdog sees dead ones.
		typ, r, err := conn.Reader(context.Background())
		if err != nil {
			return err
		}
		buffer.Reset()
		if _, err := buffer.ReadFrom(r); err != nil {
			return err
		}
		if typ != websocket.MessageText {
			return io.ErrUnexpectedEOF
		}
		s.heard.Store(time.Now().UnixNano())
		if err := s.lines(buffer.Bytes()); err != nil {
			return err
		}
	}
}

// watchdog cuts a socket that brings nothing for too long: a server that vanished without a goodbye.
func (s *Session) watchdog(conn *websocket.Conn) *time.Timer {
	limit := s.client.options.Silence
	var timer *time.Timer
	armed := make(chan struct{})
	timer = time.AfterFunc(limit, func() {
		<-armed
		if rest := limit - time.Since(time.Unix(0, s.heard.Load())); rest > 0 {
			timer.Reset(rest)
			return
		}
		_ = conn.CloseNow()
	})
	close(armed)
	return timer
}

// lines handles one message: objects separated by newlines.
func (s *Session) lines(data []byte) error {
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		read := parse
		if s.boards {
			read = parseWhole
		}
		m, err := read(line)
		if err != nil {
			return err
		}
		if err := s.message(m); err != nil {
			return err
		}
	}
	return nil
}

// message handles one object: section 11, rules 2 and 3.
func (s *Session) message(m Message) error {
	switch {
	case s.boards: // every game has its own count, and every socket starts anew
	case m.Type == "state":
		s.mu.Lock()
		s.resume = true
		s.last.Store(m.V)
		s.mu.Unlock()
	case m.Numbered():
		last := s.last.Load()
		if m.V <= last {
			return nil
		}
		if m.V != last+1 {
			s.holes.Add(1)
			return errHole
		}
		s.mu.Lock()
		s.resume = true
		s.last.Store(m.V)
		s.mu.Unlock()
	}
	s.handler(m)
	switch m.Type {
	case "live":
		s.goLive()
	case "ok", "error":
		s.answer(m)
	}
	return nil
}
