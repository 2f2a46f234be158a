package crash_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/robustness"
)

var images = flag.Int("images", 25, "how often the power is cut under a whole server")

// TestPowerCut cuts the power under a whole server that people play on: its data lies on a disk of its own, an ext4 file
// system in a file, and what that file has at a random moment is what the disk would have kept. The store that comes up
// on the copy must have every command that was acknowledged until then.
func TestPowerCut(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	disk := harness.NewDisk(t, 2048)
	server := harness.Start(t, harness.NoLimits, harness.Env("PLY_DATA", filepath.Join(disk.Dir, "data")),
		harness.Env("PLY_SNAPSHOT_EVERY", "7"), harness.Env("PLY_EVICT_AFTER", "1s"))
	ctx := harness.Within(t, 5*time.Minute+time.Duration(*images)*time.Minute)
	record := robustness.NewRecorder()
	crowd := robustness.Gather(ctx, server.Client(), record, 12, seed)
	acked := 0
	for i := range *images {
		harness.Eventually(t, time.Minute, "commands are acknowledged", func() bool { return record.Acked() >= acked+100 })
		<-time.After(time.Duration(random.IntN(200)) * time.Millisecond) // any moment, not one that the test can choose
		server.Pause()
		seen := record.History()
		acked = record.Acked()
		after := disk.Cut()
		server.Resume()
		after.Mount()
		if findings := lost(ctx, t, seen, filepath.Join(after.Dir, "data")); len(findings) > 0 {
			t.Fatalf("cut %d, after %d acknowledgements: %d findings, the first: %s", i+1, acked, len(findings), findings[0])
		}
		after.Close()
	}
	if _, err := crowd.Leave(); err != nil {
		t.Error(err)
	}
	server.Stop()
	t.Logf("%d cuts, %d acknowledgements", *images, record.Acked())
}

// lost holds what was acknowledged against what the disk kept. Refusals prove nothing here: a command may have been done
// by a later attempt whose answer was still on its way.
func lost(ctx context.Context, t *testing.T, seen robustness.History, dir string) []string {
	log, findings, err := robustness.ReadLog(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	var acked robustness.History
	for _, a := range seen.Attempts {
		if a.Outcome == robustness.Accepted {
			acked.Attempts = append(acked.Attempts, a)
		}
	}
	return append(findings, robustness.Check(acked, log)...)
}
