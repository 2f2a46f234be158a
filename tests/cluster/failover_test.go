package cluster_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/haproxy"
	"github.com/plygames/ply/transport/client"
)

// BenchmarkFailover kills a game's server with -9 again and again while it is white's turn on a running clock, and
// measures until white's next move is acknowledged by another server, and how much of white's time the outage has cost.
func BenchmarkFailover(b *testing.B) {
	at := open(b, shape{journal: true, brokers: 1, play: 2})
	ctx := harness.Within(b, time.Hour)
	// A client as protocol.md wants it waits up to a second before it comes back; this one comes at once.
	eager := client.New(at.proxy.URL(), client.Options{FirstReconnect: time.Millisecond, MaxReconnect: 100 * time.Millisecond, ResendAfter: 500 * time.Millisecond})
	p := at.seat(ctx, b, client.Clock{Type: "fischer", Initial: 3_600_000, Increment: 10_000}, eager, eager)
	p.move(ctx, 0, "e2e4")
	p.move(ctx, 1, "e7e5")
	line := []string{"g1f3", "g8f6", "f3g1", "f6g8"}
	var back, lost []time.Duration
	for i := range b.N {
		home := 0 // where both sit; the proxy would send newcomers elsewhere
		if at.sockets(0) == 0 {
			home = 1
		}
		before := p.seats[0].State().Clock.Left["white"]
		began := time.Now()
		at.play[home].Kill9()
		killed := time.Now()
		r, err := p.seats[0].Do(ctx, client.Move(line[i%2*2]))
		if err != nil {
			b.Fatal(err)
		}
		back = append(back, time.Since(killed))
		thought := time.Since(began)
		lost = append(lost, max(0, time.Duration(before+10_000-p.seats[0].State().Clock.Left["white"])*time.Millisecond-thought))
		if _, err := p.seats[1].Wait(ctx, func(s client.State) bool { return s.V >= r.V }); err != nil {
			b.Fatal(err)
		}
		p.move(ctx, 1, line[i%2*2+1])
		if at.sockets(1-home) == 0 {
			b.Fatal("nobody has come to the other server: nothing was measured")
		}
		at.play[home].Restart()
		at.proxy.Await("play", fmt.Sprintf("ws%d", home+1), haproxy.Up)
		if i%4 == 3 { // no position a fifth time
			for _, seat := range p.seats {
				seat.Close()
			}
			p = at.seat(ctx, b, client.Clock{Type: "fischer", Initial: 3_600_000, Increment: 10_000}, eager, eager)
			p.move(ctx, 0, "e2e4")
			p.move(ctx, 1, "e7e5")
		}
	}
	slices.Sort(back)
	slices.Sort(lost)
	b.ReportMetric(float64(back[len(back)/2].Microseconds())/1000, "next-ack-p50-ms")
	b.ReportMetric(float64(back[len(back)-1].Microseconds())/1000, "next-ack-max-ms")
	b.ReportMetric(float64(lost[len(lost)-1].Milliseconds()), "clock-lost-max-ms")
}
