package redis

import (
	"context"
	crypto "crypto/rand"
	"math/rand/v2"
	"time"

	"github.com/redis/rueidis"
)

// Lease lets one of several servers do a piece of work, most of the time. It is for economy: two servers that do the work
// at once must be harmless, and it happens: a holder that was paused can't know, before it goes on, that its time has
// passed.
type Lease struct {
	Client *Client
	Name   string        // one of ours: it is a key and a label of metrics
	TTL    time.Duration // how long others wait for a holder that vanishes; zero means 3 s
	// Stubborn holders go on when Redis does not answer, until it says that somebody else has the lease. Others stop when
	// the TTL has passed on their own monotonic clock.
	Stubborn bool
}

// takeScript gives the lease to whoever asks while nobody else has it.
var takeScript = rueidis.NewLuaScript(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

var releaseScript = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// Run waits for the lease, runs work while it is held, and starts over when the lease was lost or work has failed. It
// returns when ctx ends, or when work returns nil without having been told to. work must return soon after its context
// has ended; the lease is given back then, so that another server goes on at once.
func (l *Lease) Run(ctx context.Context, work func(context.Context) error) {
	h := holder{Lease: l, key: l.Client.Key("lease", l.Name), token: crypto.Text(), ttl: l.TTL}
	if h.ttl == 0 {
		h.ttl = 3 * time.Second
	}
	for ctx.Err() == nil {
		if mine, _ := h.take(ctx); mine {
			if h.hold(ctx, work) {
				return
			}
		}
		pause(ctx, h.ttl/3)
	}
}

// holder is one server that wants a lease.
type holder struct {
	*Lease
	key, token string
	ttl        time.Duration
	until      time.Time // it is ours at least until then
}

// take asks for the lease, or for more time. The time counts from before the question.
func (h *holder) take(ctx context.Context) (mine bool, err error) {
	asked := time.Now()
	ctx, cancel := context.WithTimeout(ctx, h.ttl/3)
	defer cancel()
	got, err := h.Client.Exec(ctx, takeScript, []string{h.key}, []string{h.token, millis(h.ttl)}).AsInt64()
	if err != nil {
		return false, err
	}
	if got == 1 {
		h.until = asked.Add(h.ttl)
	}
	return got == 1, nil
}

// hold runs work until it returns or the lease is lost; true = there is nothing more to do.
func (h *holder) hold(ctx context.Context, work func(context.Context) error) (done bool) {
	h.Client.log.Info("lease taken", "lease", h.Name)
	h.Client.observer.Lease(h.Name, true)
	defer h.Client.observer.Lease(h.Name, false)
	defer h.release()
	working, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- work(working) }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				h.Client.log.Error("work under a lease failed; trying again", "lease", h.Name, "error", err)
			}
			return err == nil
		case <-ctx.Done():
			<-ended
			return true
		case <-time.After(jitter(h.ttl / 3)):
		}
		if !h.keep(ctx) {
			h.Client.log.Warn("lease lost", "lease", h.Name)
			stop()
			<-ended
			return ctx.Err() != nil
		}
	}
}

// keep asks for more time; false = the lease is lost.
func (h *holder) keep(ctx context.Context) bool {
	within, cancel := context.WithDeadline(ctx, h.until)
	if h.Stubborn {
		within, cancel = context.WithCancel(ctx)
	}
	defer cancel()
	for {
		mine, err := h.take(within)
		switch {
		case err == nil:
			return mine
		case h.Stubborn || ctx.Err() != nil:
			return true // asked again at the next turn
		case within.Err() != nil:
			return false
		}
		pause(within, h.ttl/10)
	}
}

// release lets others have it, if there is a Redis to tell; else it runs out.
func (h *holder) release() {
	ctx, cancel := context.WithTimeout(context.Background(), h.ttl/3)
	defer cancel()
	_ = h.Client.Exec(ctx, releaseScript, []string{h.key}, []string{h.token}).Error()
}

// pause waits for about d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(jitter(d)):
	}
}

// jitter keeps servers that started together from asking together: four to six fifths of d.
func jitter(d time.Duration) time.Duration { return d*4/5 + rand.N(d*2/5+1) }
