package cluster_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/infra/load"
	"github.com/plygames/ply/tests/harness"
)

// BenchmarkCapacity tells what each part of a cluster spends on a move at a rate that the machine can keep up with: what a
// larger site needs of each is computed from it. A player's move comes each 5 s, so that the rate says how many people
// play. -benchtime says nothing: each rate is measured once.
func BenchmarkCapacity(b *testing.B) {
	for _, journal := range []bool{false, true} {
		for _, rate := range []int{200, 400, 800} {
			b.Run(fmt.Sprintf("journal=%v/people=%d", journal, 10*rate), func(b *testing.B) { keepUp(b, journal, rate) })
		}
	}
}

func keepUp(b *testing.B, journal bool, rate int) {
	at := open(b, shape{journal: journal, brokers: 1, play: 1, watch: 1, env: []string{
		harness.Env("PLY_SNAPSHOT_EVERY", "100"), harness.Env("PLY_EVICT_AFTER", "5m"), // as users run it
	}})
	process := func(pid int) string { return fmt.Sprintf("pid:%d", pid) }
	names := []string{"play", "store", "redis", "proxy", "relay", "kafka", "project", "watch"}
	c := load.Config{
		Program: harness.Binary(b), URL: at.proxy.URL(), Games: 5 * rate, Rate: float64(rate), For: 30 * time.Second, Rounds: 1,
		Meters: []string{
			process(at.play[0].PID()), process(at.store.PID()), process(at.redis.PID()), process(at.proxy.PID()), process(at.relay.PID()),
			process(at.kafka.Nodes[0].PID()), process(at.project[0].PID()), process(at.watch[0].PID()),
		},
	}
	report, err := load.Run(harness.Within(b, 10*time.Minute), c, os.Stderr)
	if err != nil {
		b.Fatal(err)
	}
	var table strings.Builder
	if err := report.Print(&table); err != nil {
		b.Fatal(err)
	}
	b.Logf("%s\n%s", strings.Join(names, ", "), table.String())
	f := report.Server[0]
	if f.Refused != 0 || f.PerSecond() < 0.98*float64(rate) {
		b.Errorf("%.0f moves/s of %d, %d refused: this machine does not keep up", f.PerSecond(), rate, f.Refused)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(f.AckP50.Microseconds())/1000, "ack-p50-ms")
	b.ReportMetric(float64(f.AckP99.Microseconds())/1000, "ack-p99-ms")
	for i, u := range f.Parts {
		b.ReportMetric(u.CPU*1e6/float64(f.Moves), names[i]+"-us/move")
		b.ReportMetric(float64(u.Memory>>20), names[i]+"-MB")
	}
}
