package redis

import (
	"encoding/json"
	"maps"
	"sync"

	"github.com/plygames/ply/transport/socket"
)

// inbox is what this server has heard.
type inbox struct {
	mu      sync.Mutex // held while the presence is told, so that it hears everything in its order
	peers   map[string]*peer
	hearing bool  // we hear ourselves
	since   int64 // ... since then, live clock
	echo    int64 // when we last did
	sighted bool  // the presence was told that others are heard
	// rematches that were heard, and when by the live clock: they are told several times.
	rematches map[rematch]int64
}

// peer is another server.
type peer struct {
	seq   uint64
	heard int64                        // live clock
	whole bool                         // we know everything of it; else it must say it again
	parts map[string]socket.Attendance // of everything, so far; nil = it is not saying that now
}

// ready: from now on everything is heard. What was said before is asked for.
func (s *Signals) ready() {
	s.owe(true, true)
	if s.Revocations != nil {
		s.Revocations.owe()
	}
}

// lost: what is said now is not heard.
func (s *Signals) lost() {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	s.deafen()
}

// deafen: from now on nothing is known. Called with mu held.
func (s *Signals) deafen() {
	s.in.hearing = false
	if s.in.sighted {
		s.in.sighted = false
		s.Presence.Sighted(false)
		s.client.observer.Silent(true)
		s.client.log.Warn("other servers can't be heard; what is known of them stays as it was")
	}
	for _, p := range s.in.peers {
		p.whole = false
	}
}

// heard takes one message.
func (s *Signals) heard(text string) {
	var m message
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		s.client.log.Warn("a signal can't be read", "error", err)
		return
	}
	if s.Revocations != nil && len(m.Revoked) > 0 {
		s.Revocations.hear(m.Revoked, s.Revoked)
	}
	if m.Seq == 0 {
		return
	}
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	if m.From == s.Incarnation {
		s.echoed()
		return
	}
	if m.Ask {
		s.owe(true, false)
	}
	s.take(&m)
}

// echoed: we hear ourselves, so we hear the others. Called with mu held.
func (s *Signals) echoed() {
	now := s.Clock.Now()
	s.in.echo = now
	if s.in.hearing {
		return
	}
	s.in.hearing, s.in.since = true, now
	for _, p := range s.in.peers {
		p.heard = now // it could not be heard before, which is not its fault
	}
}

// take takes another server's message. Called with mu held.
func (s *Signals) take(m *message) {
	p := s.in.peers[m.From]
	switch {
	case m.Bye:
		s.forget(m.From)
		return
	case p == nil:
		p = &peer{seq: m.Seq - 1}
		s.in.peers[m.From] = p
		s.client.observer.Peers(len(s.in.peers))
		if m.Part != 1 {
			s.owe(false, true)
		}
	case m.Seq <= p.seq:
		return // was overtaken
	case m.Seq > p.seq+1 && m.Part != 1:
		p.whole, p.parts = false, nil
		s.owe(false, true)
	}
	p.seq, p.heard = m.Seq, s.Clock.Now()
	games := m.heardGames()
	switch {
	case m.Part == 0:
		s.Presence.Heard(m.From, games, false)
	case m.Part == 1:
		p.parts = games
	case p.parts != nil:
		for id, a := range games {
			p.parts[id] = a
		}
	}
	if m.Last && p.parts != nil {
		s.Presence.Heard(m.From, p.parts, true)
		p.whole, p.parts = true, nil
	}
	for _, r := range m.Rematches {
		if _, known := s.in.rematches[r]; !known {
			s.Presence.HeardRematch(r.Game, r.By, r.Next)
		}
		s.in.rematches[r] = p.heard
	}
}

// forget drops a server that is not there any more. Called with mu held.
func (s *Signals) forget(server string) {
	if s.in.peers[server] == nil {
		return
	}
	delete(s.in.peers, server)
	s.client.observer.Peers(len(s.in.peers))
	s.Presence.Silent(server)
}

// look judges who is silent: we, or another. It is called regularly.
func (s *Signals) look() {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	now := s.Clock.Now()
	if s.in.hearing && now-s.in.echo > s.Silence.Milliseconds()*3/4 {
		s.deafen()
	}
	if !s.in.hearing {
		return
	}
	if !s.in.sighted && now-s.in.since >= s.Settle.Milliseconds() {
		s.in.sighted = true
		s.Presence.Sighted(true)
		s.client.observer.Silent(false)
	}
	maps.DeleteFunc(s.in.rematches, func(_ rematch, heard int64) bool { return now-heard > wishFor.Milliseconds() })
	for server, p := range s.in.peers {
		if s.in.echo-p.heard > s.Silence.Milliseconds() {
			s.client.log.Warn("another server fell silent; whoever sat there is absent", "server", server)
			s.forget(server)
			continue
		}
		if !p.whole {
			s.owe(false, true)
		}
	}
}
