package redis

import (
	"context"
	"sync"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/socket"
)

// Presence is whose news Signals carry, and to whom they bring those of the other servers. socket.Presence is one; the
// comments of its methods are the contract.
type Presence interface {
	Join(site socket.Site)
	Own(id string) socket.Attendance
	OwnAll() map[string]socket.Attendance
	Heard(server string, games map[string]socket.Attendance, all bool)
	HeardRematch(id string, by game.Seat, next string)
	Silent(server string)
	Sighted(sees bool)
}

// SignalsConfig is what Signals are made of. The durations are there for tests.
type SignalsConfig struct {
	Incarnation string // of this run of this server
	Presence    Presence
	Clock       interface{ Now() int64 } // live: a server that was paused must not find that all others were silent
	Revocations *Revocations             // nil = not shared
	// Revoked is told of each player whose tokens another server has revoked until a moment: end their sockets, and
	// Revoke them. It may be called again for the same.
	Revoked func(player string, at time.Time)

	Every   time.Duration // between messages that can wait, and marks of life; zero means 1 s
	Refresh time.Duration // between two messages that say everything; zero means 10 s
	Silence time.Duration // after which a server is not there any more; zero means 4 s
	Settle  time.Duration // for answers, after others can be heard again; zero means 1 s
}

// Signals tell the servers of a site what no event says: who looks at which game, that a rematch is on, and whose tokens
// are revoked. They go over Redis' publish and subscribe, which loses what nobody hears. So each server says what has
// changed, at once or within a second, and everything every ten seconds and when it is asked to: its messages are
// numbered, and who misses one asks.
//
// A server also hears itself. While it does, Redis works, and another server that is silent for long is dead. When it does
// not, nothing is known: all others stay as they were last, until they are heard again.
//
// Make them with NewSignals. They are a socket.Site, and safe for concurrent use.
type Signals struct {
	SignalsConfig
	client *Client

	out  outbox
	in   inbox
	wake chan struct{} // holds one entry if something can't wait
}

// NewSignals makes them, and joins the presence to the site. Run carries the news.
func NewSignals(c *Client, config SignalsConfig) *Signals {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&config.Every, time.Second}, {&config.Refresh, 10 * time.Second}, {&config.Silence, 4 * time.Second},
		{&config.Settle, time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	s := &Signals{SignalsConfig: config, client: c, wake: make(chan struct{}, 1)}
	s.out.changed = map[string]struct{}{}
	s.in.peers, s.in.rematches = map[string]*peer{}, map[rematch]int64{}
	s.Presence.Join(s)
	c.observer.Silent(true)
	return s
}

// Run carries news until ctx ends, and then says goodbye. It outlives failures of Redis. Stop it after the last socket has
// gone.
func (s *Signals) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() {
		s.client.subscribe(ctx, s.client.channel(), subscriber{ready: s.ready, heard: s.heard, lost: s.lost})
	})
	if s.Revocations != nil {
		running.Go(func() { s.Revocations.run(ctx, s.Revoked) })
	}
	running.Go(func() {
		tick := time.NewTicker(s.Every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.look()
			}
		}
	})
	s.speak(ctx)
}

var _ socket.Site = (*Signals)(nil)
