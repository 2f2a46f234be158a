package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// TestFaults plays 200 games at once through everything, while one part after the other is killed or frozen.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED with -short: plays for minutes")
	}
	at := open(t, shape{journal: true, brokers: 1, play: 4})
	ctx := harness.Within(t, 12*time.Minute)
	c := gather(ctx, at, 200, 400)
	for _, f := range at.schedule() {
		c.goesOn("before: " + f.name)
		t.Log("fault:", f.name)
		f.do()
		c.goesOn("after: " + f.name)
		if t.Failed() {
			break
		}
	}
	c.leave()
	if !t.Failed() {
		at.judge(ctx, c)
	}
}

// fault is something bad that happens to one part, and ends.
type fault struct {
	name string
	do   func()
}

// schedule is every fault once.
func (at *site) schedule() []fault {
	crash := func(s *harness.Server) func() { return func() { s.Kill9(); s.Restart() } }
	var all []fault
	for i, s := range at.play {
		all = append(all, fault{fmt.Sprintf("kill -9 of play server %d", i+1), crash(s)})
	}
	all = append(all,
		fault{"kill -9 of the relay", crash(at.relay)},
		fault{"kill -9 of a watch server", crash(at.watch[0])},
		fault{"kill -9 of the views", crash(at.project[0])},
		fault{"kill -9 of Redis", func() { at.redis.Kill9(); at.redis.Restart() }},
		fault{"kill -9 of Kafka", func() { at.kafka.Kill9(); at.kafka.Restart() }},
		fault{"a play server, which flushes too, stands still for 10 s", func() {
			at.play[1].Pause()
			defer at.play[1].Resume()
			pass(10 * time.Second)
		}},
		fault{"the server of the views and policies, which flushes too, stands still for 10 s", func() {
			at.project[0].Pause()
			defer at.project[0].Resume()
			pass(10 * time.Second)
		}},
		fault{"the proxy restarts", func() { at.proxy.Kill9(); at.proxy.Restart() }},
	)
	if at.store != nil {
		all = append(all, fault{"kill -9 of the store", crash(at.store)})
	}
	return all
}

// pass lets time pass: how long a part stands still is what is tested.
func pass(d time.Duration) { <-time.After(d) }

// goesOn waits until moves are acknowledged.
func (c *crowd) goesOn(when string) {
	c.t.Helper()
	before := c.record.Acked()
	harness.Eventually(c.t, time.Minute, "commands are acknowledged "+when, func() bool { return c.record.Acked() >= before+200 })
}
