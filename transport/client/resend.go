package client

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"github.com/coder/websocket"
)

// unanswered is a command that was sent, or is to be sent as soon as the session is live.
type unanswered struct {
	command Command // its ID never changes; the rest is guarded by Session.mu
	object  []byte  // as sent first; resends are the same bytes
	order   uint64
	timer   *time.Timer
	answer  func(Receipt, error)
}

// encode fixes the bytes; with them the basis, unless nothing has been heard of the game yet.
func (u *unanswered) encode(last uint64) error {
	if u.command.V == 0 {
		u.command.V = last
	}
	object, err := json.Marshal(u.command)
	if err != nil {
		return fmt.Errorf("encode the command: %w", err)
	}
	u.object = object
	return nil
}

// Send sends a command and calls answer once: with the receipt, the refusal (*Error), or a *Stopped. answer is called by
// the session's goroutine, after the handler has seen everything up to the receipt's version; it must not block. The
// command that was sent is returned, with its id.
//
// A command that was not answered is sent again, unchanged, after Options.ResendAfter and after each reconnect.
func (s *Session) Send(command Command, answer func(Receipt, error)) (Command, error) {
	if command.ID == "" {
		command.ID = NewID()
	}
	id := command.ID
	u := &unanswered{command: command, answer: answer}
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return command, s.err // set before ended, under the same lock
	}
	if _, twice := s.unheard[id]; twice {
		s.mu.Unlock()
		return command, fmt.Errorf("command %s is under way already", id)
	}
	// Under the lock: a session that is live here has told its version before.
	if err := u.encode(s.last.Load()); err != nil {
		s.mu.Unlock()
		return command, err
	}
	s.sent++
	u.order = s.sent
	s.unheard[id] = u
	u.timer = time.AfterFunc(s.client.options.ResendAfter, func() { s.resend(id, u) })
	conn, object, sent := s.ready(), u.object, u.command
	s.mu.Unlock()
	write(conn, object)
	return sent, nil
}

// Do sends a command and waits for the answer. When ctx ends first, the command is no longer sent again, and it is not
// known whether it was done.
func (s *Session) Do(ctx context.Context, command Command) (Receipt, error) {
	type result struct {
		receipt Receipt
		err     error
	}
	answered := make(chan result, 1)
	command, err := s.Send(command, func(r Receipt, err error) { answered <- result{r, err} })
	if err != nil {
		return Receipt{}, err
	}
	select {
	case r := <-answered:
		return r.receipt, r.err
	case <-ctx.Done():
		s.take(command.ID)
		return Receipt{}, ctx.Err()
	}
}

// ready is the socket if commands may go out on it. s.mu is held.
func (s *Session) ready() *websocket.Conn {
	if !s.live {
		return nil
	}
	return s.conn
}

// write sends one object. A failure needs no answer here: the reader of the same socket meets it too, and the
// command stays unanswered until the next socket.
func write(conn *websocket.Conn, object []byte) {
	if conn != nil {
		_ = conn.Write(context.Background(), websocket.MessageText, object)
	}
}

// resend sends a command again if it is still unanswered.
func (s *Session) resend(id string, u *unanswered) {
	s.mu.Lock()
	if s.unheard[id] != u {
		s.mu.Unlock()
		return
	}
	u.timer.Reset(s.client.options.ResendAfter)
	conn, object := s.ready(), u.object
	s.mu.Unlock()
	write(conn, object)
}

// goLive sends everything that is unanswered, in the order in which it was first sent.
func (s *Session) goLive() {
	s.mu.Lock()
	if s.live {
		s.mu.Unlock()
		return
	}
	s.live = true
	waiting := make([]*unanswered, 0, len(s.unheard))
	for _, u := range s.unheard {
		u.timer.Reset(s.client.options.ResendAfter)
		if u.command.V == 0 && u.encode(s.last.Load()) != nil {
			continue // can't be: the same fields were encoded before
		}
		waiting = append(waiting, u)
	}
	conn := s.ready()
	s.mu.Unlock()
	sort.Slice(waiting, func(i, j int) bool { return waiting[i].order < waiting[j].order })
	for _, u := range waiting {
		write(conn, u.object)
	}
}

// take removes an unanswered command.
func (s *Session) take(id string) *unanswered {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.unheard[id]
	if u != nil {
		u.timer.Stop()
		delete(s.unheard, id)
	}
	return u
}

// answer matches an ok or error with its command. Answers to what nobody waits for any more are dropped.
func (s *Session) answer(m Message) {
	if m.Type == "ok" {
		var r Receipt
		if m.Decode(&r) != nil {
			return
		}
		if u := s.take(r.ID); u != nil {
			u.answer(r, nil)
		}
		return
	}
	e := &Error{}
	if m.Decode(e) != nil || e.ID == "" {
		return
	}
	if e.again() {
		s.mu.Lock()
		if u := s.unheard[e.ID]; u != nil {
			u.timer.Reset(e.pause())
		}
		s.mu.Unlock()
		return
	}
	if u := s.take(e.ID); u != nil {
		u.answer(Receipt{}, e)
	}
}

// finish ends the session: whoever still waits for an answer learns that none will come.
func (s *Session) finish(err error) {
	s.mu.Lock()
	s.err, s.ended = err, true
	waiting := s.unheard
	s.unheard = nil
	s.mu.Unlock()
	for _, u := range waiting {
		u.timer.Stop()
		u.answer(Receipt{}, err)
	}
}
