package socket

import (
	"sync"
	"time"

	"github.com/plygames/ply/domain"
)

// perPlayer is how many sockets a player may have on this server.
const perPlayer = 5

// longestIdle is the socket that must go for the next one; nil if there is room. Called with Server.mu held.
func longestIdle(socks []*sock) *sock {
	open := 0
	var idle *sock
	for _, k := range socks {
		select {
		case <-k.ended: // is going already
			continue
		default:
		}
		open++
		if idle == nil || k.heard.Load() < idle.heard.Load() {
			idle = k
		}
	}
	if open < perPlayer {
		return nil
	}
	return idle
}

// Limits of one socket (protocol section 10), in ms of the live clock.
const (
	pingInterval  = 100   // 10 pings/s ...
	pingDepth     = 2_000 // ... in a burst of twice that
	floodForgiven = 2_000 // so long without a refusal ends a flood
	badWithin     = 60_000
	badMost       = 3
)

// meters measure what one socket sends. Safe for concurrent use.
type meters struct {
	server *Server

	mu    sync.Mutex
	pings int64 // when the bucket of pings and of commands by nobody will be full again
	flood struct{ since, last int64 }
	told  int64              // when a flood of pings was last answered
	bad   [badMost - 1]int64 // when the last bad messages came; 0 = never
}

// ping counts one ping of either kind, or a command that can't be one. after: in how many ms it would be allowed.
func (m *meters) ping() (after int64, ok bool) {
	if m.server.Unlimited {
		return 0, true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.server.Clock.Now()
	full := max(m.pings, now) + pingInterval
	if over := full - now - pingDepth; over > 0 {
		return over, false
	}
	m.pings = full
	return 0, true
}

// refused counts something above a limit. True: that goes on for too long.
func (m *meters) refused() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.server.Clock.Now()
	if m.flood.last == 0 || now-m.flood.last > floodForgiven {
		m.flood.since = now
	}
	m.flood.last = max(now, 1)
	return now-m.flood.since >= m.server.FloodFor.Milliseconds()
}

// tell says whether a flood of pings is to be answered once more; a second apart is enough.
func (m *meters) tell() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.server.Clock.Now() + 1
	if m.told != 0 && now-m.told < time.Second.Milliseconds() {
		return false
	}
	m.told = now
	return true
}

// badMessage counts one. True: it is the third within a minute.
func (m *meters) badMessage() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.server.Clock.Now() + 1
	first := m.bad[0]
	copy(m.bad[:], m.bad[1:])
	m.bad[len(m.bad)-1] = now
	return first != 0 && now-first < badWithin
}

func rateLimited(after int64) *domain.Error {
	e := domain.Refuse(domain.RateLimited, "too many in too short a time")
	e.After = max(1, after)
	return e
}
