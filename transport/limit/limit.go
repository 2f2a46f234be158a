package limit

import "time"

// The limits of section 10; each bucket holds twice its rate.
const (
	CommandsPerSecond   = 10 // of a player in a game
	HandshakesPerSecond = 20 // of an address
	keys                = 100_000
)

// Limiter says whether a player may send one more command to a game. Safe for concurrent use.
type Limiter interface {
	// Allow counts a command; if it is one too many it does not, and after is in how many ms it would be allowed.
	Allow(player, game string) (after int64, ok bool)
}

type pair struct{ player, game string }

// Commands limits commands, on sockets and over HTTP together.
type Commands struct{ buckets *Buckets[pair] }

// NewCommands makes the limit of section 10. now is the time; nil = time.Now.
func NewCommands(now func() time.Time) *Commands {
	return &Commands{NewBuckets[pair](CommandsPerSecond, 2*CommandsPerSecond, keys, now)}
}

// Allow implements Limiter.
func (c *Commands) Allow(player, game string) (after int64, ok bool) {
	return c.buckets.Take(pair{player, game})
}

// Off is the Limiter that allows everything, for load tests.
type Off struct{}

// Allow implements Limiter.
func (Off) Allow(string, string) (int64, bool) { return 0, true }

// NewHandshakes makes the buckets of handshakes, keyed by address.
func NewHandshakes(now func() time.Time) *Buckets[string] {
	return NewBuckets[string](HandshakesPerSecond, 2*HandshakesPerSecond, keys, now)
}

var (
	_ Limiter = (*Commands)(nil)
	_ Limiter = Off{}
)
