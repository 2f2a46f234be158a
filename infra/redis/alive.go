package redis

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
)

// Alive keeps a mark of each run of each server: its live-clock reading and Redis' own time at which it was left. All
// ages are measured by Redis, so servers' clocks are never compared. Safe for concurrent use.
//
// A run counts as dead when its mark is older than 3 s, or at once when the connection of Hold, which the mark says was
// there, is not any more: the kernel closes it with the process. Where that can't be told, it counts as running, and
// then an outage is charged less, never more:
//
//   - Redis does not answer.
//   - Marks have not been arriving for long enough: Redis was away, restarted, or forgot everything, and the others have
//     not had their chance to leave a mark. So after an outage of all servers none is dead for the first seconds.
//
// The other mistake, a living run whose connection has just broken and that is taken for dead until its next mark, costs
// a superfluous event in a game that two servers have: what is charged is what that run itself had measured.
type Alive struct {
	client   *Client
	own      string
	up       atomic.Int64
	marked   atomic.Bool
	patience patience
}

const (
	freshFor  = 3000 // ms: a run whose mark is not older runs
	steadyFor = 4000 // ms for which marks must have been arriving before a missing one says anything
	holeAfter = 2500 // ms without any mark, with at least one server marking each second
	marksKept = 7 * 24 * time.Hour
)

// NewAlive makes one for a run of this server, which calls Mark each second and keeps Hold running.
func NewAlive(c *Client, incarnation string) *Alive {
	return &Alive{client: c, own: incarnation, patience: patience{most: 250 * time.Millisecond, pause: time.Second}}
}

// steadiness is the head of both scripts. KEYS[2] holds since when marks have been arriving without a hole, when the
// last one came, and which run of Redis that was.
const steadiness = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local since, last, was = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+) (%d+) (%w+)$')
if not since or was ~= run or now - last > tonumber(ARGV[1]) then since = now end
local held = redis.call('PUBSUB', 'NUMSUB', KEYS[1])[2]
`

var markScript = rueidis.NewLuaScript(steadiness + `
redis.call('SET', KEYS[2], string.format('%.0f %.0f %s', since, now, run), 'PX', ARGV[2])
redis.call('SET', KEYS[1], string.format('%s %.0f %d', ARGV[3], now, held), 'PX', ARGV[2])
return now`)

var lastScript = rueidis.NewLuaScript(steadiness + `
local up, at, hadHeld = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+)$')
if not up then return {now - since} end
return {now - since, tonumber(up), now - at, tonumber(hadHeld), held}`)

// Mark writes down that this run of the server is alive at a live-clock reading of up ms. Call it each second. It takes a
// second at most.
func (a *Alive) Mark(up int64) error {
	a.up.Store(up)
	a.marked.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	args := []string{strconv.Itoa(holeAfter), millis(marksKept), strconv.FormatInt(up, 10)}
	return Failed("mark of life", a.client.Exec(ctx, markScript, a.keys(a.own), args).Error())
}

// Hold keeps the connection by which the end of this process is seen at once, until ctx ends.
func (a *Alive) Hold(ctx context.Context) {
	a.client.subscribe(ctx, a.key(a.own), subscriber{})
}

// LastAlive implements commands.Alive. It waits for a quarter of a second at most.
func (a *Alive) LastAlive(ctx context.Context, incarnation string) (up int64, running, known bool) {
	if incarnation == a.own {
		return a.up.Load(), true, a.marked.Load()
	}
	var answer []int64
	err := a.patience.ask(ctx, func(ctx context.Context) (err error) {
		answer, err = a.client.Exec(ctx, lastScript, a.keys(incarnation), []string{strconv.Itoa(holeAfter)}).AsIntSlice()
		return err
	})
	if err != nil || len(answer) == 0 {
		a.client.log.Warn("it can't be told whether a server runs; taken as running", "incarnation", incarnation, "error", err)
		return 0, true, false
	}
	unsteady := answer[0] < steadyFor
	if len(answer) < 5 {
		return 0, unsteady, false
	}
	up, age, hadHeld, held := answer[1], answer[2], answer[3], answer[4]
	fresh := age <= freshFor && (hadHeld == 0 || held > 0)
	return up, fresh || unsteady, true
}

func (a *Alive) keys(incarnation string) []string {
	return []string{a.key(incarnation), a.client.Key("marks")}
}

// key is an incarnation's mark, and the channel that it listens to.
func (a *Alive) key(incarnation string) string { return a.client.Key("alive", incarnation) }

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

var _ commands.Alive = (*Alive)(nil)
