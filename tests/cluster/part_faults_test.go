package cluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// part is a process that can be ended and frozen.
type part struct {
	name, kind                          string // kind: what the table of a run calls it
	Kill9, Stop, Restart, Pause, Resume func()
}

func (at *site) parts() []part {
	all := []part{
		{"Redis", "Redis", at.redis.Kill9, at.redis.Stop, func() { at.redis.Restart() }, at.redis.Pause, at.redis.Resume},
		{"Kafka", "Kafka", at.kafka.Kill9, at.kafka.Stop, at.kafka.Restart, at.kafka.Pause, at.kafka.Resume},
		{"the store", "the store", at.store.Kill9, at.store.Stop, func() { at.store.Restart() }, at.store.Pause, at.store.Resume},
		{"HAProxy", "HAProxy", at.proxy.Kill9, at.proxy.Stop, at.proxy.Restart, at.proxy.Pause, at.proxy.Resume},
	}
	for _, s := range at.servers() {
		all = append(all, part{s.Name(), "a server", s.Kill9, s.Stop, func() { s.Restart() }, s.Pause, s.Resume})
	}
	return all
}

func (p part) kill() netFault {
	return netFault{kind: "kill -9 of " + p.kind, name: "kill -9 of " + p.name, begin: func() error { p.Kill9(); p.Restart(); return nil }}
}

// away ends the part as its operator would, and starts it again after a while.
func (p part) away(d time.Duration) netFault {
	return netFault{kind: p.kind + " is away", name: p.name + " is away", lasts: d,
		begin: func() error { p.Stop(); return nil }, end: func() error { p.Restart(); return nil }}
}

func (p part) freeze(d time.Duration) netFault {
	return netFault{kind: "SIGSTOP of " + p.kind, name: p.name + " stands still", lasts: d,
		begin: func() error { p.Pause(); return nil }, end: func() error { p.Resume(); return nil }}
}

// full leaves the store's disk with so many bytes. A writer that runs into the end stops for good: then the store is
// started again, as its alarm says.
func (at *site) full(keep int64, d time.Duration) netFault {
	what := "disk nearly full"
	if keep == 0 {
		what = "disk full"
	}
	return netFault{kind: what, name: what, lasts: d,
		begin: func() error { at.disk.Fill(keep); return nil },
		end: func() error {
			at.disk.Free()
			if at.store.Metric("ply_store_stopped") == 1 {
				at.store.Kill9()
				at.store.Restart()
			}
			return nil
		}}
}

// step sets the wall clock of one server, and sets it right again. Back only by what tokens allow for (5 s): a server that
// is an hour behind knows nobody who came within that hour.
func (at *site) step(name string, by, d time.Duration) netFault {
	c := at.clocks[name]
	return netFault{kind: "clock skew", name: fmt.Sprintf("clock of %s is off by %v", name, by), lasts: d,
		begin: func() error { c.Step(by); return nil }, end: func() error { c.Step(0); return nil }}
}

// strobe sets a clock back and forth.
func (at *site) strobe(name string, d time.Duration) netFault {
	c := at.clocks[name]
	return netFault{kind: "clock skew", name: fmt.Sprintf("clock of %s jumps by a second", name), begin: func() error {
		for began := time.Now(); time.Since(began) < d; {
			c.Step(time.Second)
			pass(100 * time.Millisecond)
			c.Step(-time.Second)
			pass(100 * time.Millisecond)
		}
		c.Step(0)
		return nil
	}}
}

// rotten is a kind of fault.
const rotten = "snapshots rot"

// rot spoils all snapshots while the servers that read them are down: one bit of each, or its end.
func (at *site) rot(random *rand.Rand) netFault {
	what, spoil := "one bit", `redis.call('setbit', k, at, 1 - redis.call('getbit', k, at))`
	if random.IntN(2) == 0 {
		what, spoil = "their ends", `redis.call('set', k, redis.call('getrange', k, 0, math.floor(at / 8)))`
	}
	script := fmt.Sprintf(`math.randomseed(%d) local n = 0
for _, k in ipairs(redis.call('keys', '*snapshot:*')) do
  local size = redis.call('strlen', k)
  if size > 1 then local at = math.random(8, 8 * size - 8) - 1; %s; n = n + 1 end
end
return n`, random.IntN(1<<30), spoil)
	f := netFault{kind: rotten}
	f.name = "snapshots lose " + what
	f.begin = func() error {
		for _, s := range at.play {
			s.Kill9()
		}
		n, err := at.redis.Eval(script)
		at.rotten += n
		for _, s := range at.play {
			s.Restart()
		}
		return err
	}
	return f
}

// clocked are the servers that go by a wall clock at all. (The store's only stands beside its events.)
func (at *site) clocked() (names []string) {
	for _, s := range slices.Concat(at.play, at.watch, at.project) {
		names = append(names, s.Name())
	}
	return names
}

// seesTheStep proves that a server goes by its clock: what it gives people expires by it. Then its clock is right again.
func (at *site) seesTheStep(ctx context.Context) {
	at.t.Helper()
	for _, by := range []time.Duration{time.Hour, 0} {
		at.clocks["project1"].Step(by)
		harness.Eventually(at.t, time.Minute, "a server goes by the clock that it was given", func() bool {
			lasts := time.Now().Add(24 * time.Hour)
			g, err := at.nobody().Guest(ctx, "Early")
			return err == nil && (time.UnixMilli(g.Person().Expires).Sub(lasts) > 30*time.Minute) == (by > 0)
		})
	}
}

// clock makes the clock of a process that is about to be started.
func (at *site) clock(name string) []string {
	if at.apart == nil {
		return nil
	}
	c := harness.NewClock(at.t)
	at.clocks[name] = c
	return []string{c.Env()}
}
