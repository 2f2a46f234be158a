package redis

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/transport/auth"
)

// Revocations keep whose tokens are no longer believed in this server's own file, and share it with the other servers:
// each hears of it at once, and one that starts later finds it in Redis. A Redis that was wiped is told again by any
// server that still knows. It is an auth.Revocations, and does its sharing while Signals run. Safe for concurrent use.
type Revocations struct {
	client *Client
	kept   auth.Revocations

	mu     sync.Mutex
	known  map[string]int64 // in this server's file
	shared map[string]int64 // in Redis, as far as this server has seen
	owed   chan struct{}    // holds one entry if known has what shared lacks
}

// NewRevocations makes one in front of this server's own file.
func NewRevocations(c *Client, kept auth.Revocations) *Revocations {
	return &Revocations{client: c, kept: kept, known: map[string]int64{}, shared: map[string]int64{},
		owed: make(chan struct{}, 1)}
}

// All gives what this server has saved and what is in Redis. A Redis that does not answer within 2 s is left out: the
// server starts, and hears of it later, as it would have while running.
func (r *Revocations) All() (map[string]int64, error) {
	all, err := r.kept.All()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for player, at := range all {
		r.known[player] = max(at, r.known[player])
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	shared, err := r.read(ctx)
	if err != nil {
		r.client.log.Warn("revocations of other servers are not known yet", "error", err)
	}
	both := map[string]int64{}
	for _, half := range []map[string]int64{r.known, shared} {
		for player, at := range half {
			both[player] = max(at, both[player])
		}
	}
	return both, nil
}

// Save makes a revocation durable on this server. The others hear of it as soon as Redis answers; nobody waits for that.
func (r *Revocations) Save(player string, at int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at > r.known[player] {
		if err := r.kept.Save(player, at); err != nil {
			return err
		}
		r.known[player] = at
	}
	if at > r.shared[player] {
		r.owe()
	}
	return nil
}

// owe makes run share what the others lack.
func (r *Revocations) owe() {
	select {
	case r.owed <- struct{}{}:
	default:
	}
}

// syncEvery is how often a server compares what it knows with Redis, in case that forgot.
const syncEvery = 10 * time.Second

// run shares and learns until ctx ends. told hears of what others have revoked.
func (r *Revocations) run(ctx context.Context, told func(player string, at time.Time)) {
	compare := time.NewTicker(syncEvery)
	defer compare.Stop()
	for {
		if r.share(ctx) != nil || r.compare(ctx, told) != nil {
			pause(ctx, listenMost)
			r.owe()
		}
		select {
		case <-ctx.Done():
			return
		case <-r.owed:
		case <-compare.C:
		}
	}
}

var revokeScript = rueidis.NewLuaScript(`
local was = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '-1')
if tonumber(ARGV[2]) > was then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return redis.call('PUBLISH', KEYS[2], ARGV[3])`)

// share tells Redis and the others what they lack.
func (r *Revocations) share(ctx context.Context) error {
	for player, at := range r.lacking() {
		text, err := json.Marshal(message{Revoked: map[string]int64{player: at}})
		if err != nil {
			return err
		}
		call, cancel := context.WithTimeout(ctx, time.Second)
		err = r.client.Exec(call, revokeScript, []string{r.key(), r.client.channel()},
			[]string{player, strconv.FormatInt(at, 10), string(text)}).Error()
		cancel()
		if err = Failed("share a revocation", err); err != nil {
			r.client.log.Warn("a revocation has not reached the other servers yet", "error", err)
			return err
		}
		r.mu.Lock()
		r.shared[player] = max(at, r.shared[player])
		r.mu.Unlock()
	}
	return nil
}

// lacking is what this server knows and Redis does not.
func (r *Revocations) lacking() map[string]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	lacking := map[string]int64{}
	for player, at := range r.known {
		if at > r.shared[player] {
			lacking[player] = at
		}
	}
	return lacking
}

// compare learns what Redis has, and what it has forgotten.
func (r *Revocations) compare(ctx context.Context, told func(player string, at time.Time)) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	shared, err := r.read(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.shared = shared
	r.mu.Unlock()
	r.hear(shared, told)
	if len(r.lacking()) > 0 {
		r.owe()
	}
	return nil
}

// hear takes what others have revoked. Called without mu held: whoever is told will Save.
func (r *Revocations) hear(revoked map[string]int64, told func(player string, at time.Time)) {
	for player, at := range revoked {
		r.mu.Lock()
		r.shared[player] = max(at, r.shared[player])
		isNew := at > r.known[player]
		r.mu.Unlock()
		if isNew && told != nil {
			told(player, time.UnixMilli(at))
		}
	}
}

// read gives what is in Redis.
func (r *Revocations) read(ctx context.Context) (map[string]int64, error) {
	shared, err := r.client.Do(ctx, r.client.B().Hgetall().Key(r.key()).Build()).AsIntMap()
	if err := Failed("read revocations", err); err != nil {
		return nil, err
	}
	if shared == nil {
		shared = map[string]int64{}
	}
	return shared, nil
}

func (r *Revocations) key() string { return r.client.Key("revoked") }

var _ auth.Revocations = (*Revocations)(nil)
