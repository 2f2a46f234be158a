package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/socket"
)

// site is how a run of a server and the others tell each other, through Redis, who is where: what infra/redis does with
// its signals. What is lost is made good when everything is said again.
type site struct {
	w      *world
	h      *host
	run    chan struct{}
	heard  int64            // own live clock at the last word that came back
	sees   bool             // whether others can be heard
	others map[string]int64 // own live clock when they were heard last
}

const (
	speakEvery = time.Second
	silentFor  = 3000 // ms
)

// speak says everything again and again, and judges who is silent.
func (s *site) speak() {
	s.w.after(speakEvery, s.h.name+" says who is there", func() {
		if s.h.died != s.run || !s.h.up {
			return
		}
		if !s.h.paused {
			now := s.h.clock.Now()
			if s.reaches(s.h) && s.reached(s.h) {
				s.heard = now
			}
			if sees := now-s.heard < silentFor; sees != s.sees {
				s.sees = sees
				s.h.presence.Sighted(sees)
			}
			for _, inc := range slices.Sorted(maps.Keys(s.others)) {
				if s.sees && now-s.others[inc] > silentFor {
					delete(s.others, inc)
					s.h.presence.Silent(inc)
				}
			}
			s.tell(func(to *host) { to.presence.Heard(s.h.inc, s.h.presence.OwnAll(), true) })
		}
		s.speak()
	})
}

// reaches tells whether Redis hears a server, reached whether a server hears Redis.
func (s *site) reaches(h *host) bool {
	r := &s.w.redis.process
	return r.up && !r.paused && !s.w.parted(&h.process, r)
}

func (s *site) reached(h *host) bool { return !s.w.parted(&s.w.redis.process, &h.process) }

// Changed implements socket.Site.
func (s *site) Changed(id string, _ bool) {
	s.w.post(s.h.name+" tells who is at "+id, func() {
		s.tell(func(to *host) {
			to.presence.Heard(s.h.inc, map[string]socket.Attendance{id: s.h.presence.Own(id)}, false)
		})
	})
}

// Rematch implements socket.Site.
func (s *site) Rematch(id string, by game.Seat, next string) {
	s.w.post(s.h.name+" tells of rematch "+next, func() { s.tell(func(to *host) { to.presence.HeardRematch(id, by, next) }) })
}

func (s *site) tell(what func(*host)) {
	s.w.after(s.w.between(20*time.Millisecond, 60*time.Millisecond), s.h.name+" is heard by others", func() {
		if s.h.died != s.run || !s.h.up || s.h.paused || !s.reaches(s.h) {
			return
		}
		for _, other := range s.w.hosts {
			if other != s.h && other.up && !other.paused && s.reached(other) {
				other.site.others[s.h.inc] = other.clock.Now()
				what(other)
			}
		}
	})
}
