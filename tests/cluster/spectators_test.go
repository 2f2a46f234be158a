package cluster_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/plygames/ply/infra/load"
	"github.com/plygames/ply/tests/harness"
)

// BenchmarkSpectators has one game watched by many sockets at once: the move goes from the play server through the store,
// the relay and Kafka to as many watch servers as their limits of open files ask for. The sockets go straight to the watch
// servers, for one proxy may not hold that many files here. -benchtime says nothing: each size is measured once.
func BenchmarkSpectators(b *testing.B) {
	for _, thousands := range []int{10, 25, 50, 100} {
		b.Run(fmt.Sprintf("%dk", thousands), func(b *testing.B) { watchTogether(b, 1000*thousands) })
	}
}

func watchTogether(b *testing.B, n int) {
	const each = 18_000
	at := open(b, shape{brokers: 1, play: 1, watch: max(2, (n+each-1)/each)})
	c := load.Config{
		Program: harness.Binary(b), URL: at.play[0].URL, Games: 1, Watchers: n, Rate: 0.25, For: 40 * time.Second, Rounds: 1,
	}
	for _, s := range at.watch {
		c.WatchOn = append(c.WatchOn, s.URL)
		c.Meters = append(c.Meters, s.Admin)
	}
	report, err := load.Run(harness.Within(b, 30*time.Minute), c, os.Stderr)
	if err != nil {
		b.Fatal(err)
	}
	f := report.Server[0]
	if f.Holes != 0 || f.Watched < n*(f.Moves-1) {
		b.Errorf("%d watchers saw %d moves of %d, with %d holes", n, f.Watched, f.Moves, f.Holes)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(f.WatchP50.Milliseconds()), "p50-ms")
	b.ReportMetric(float64(f.WatchP99.Milliseconds()), "p99-ms")
	b.ReportMetric(f.CPU*1e6/float64(f.Watched), "cpu-us/delivery")
	b.ReportMetric(float64(f.Memory-f.Empty)/1024/float64(n), "KB/socket")
	b.ReportMetric(float64(len(at.watch)), "servers")
}
