package robustness_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/robustness"
	"github.com/plygames/ply/transport/client"
)

const (
	tables  = 12
	between = 300 // acknowledged commands, at least, between two kills
)

// cycles is how often the server is killed: 20, or PLY_TEST_KILLS.
func cycles(t *testing.T) int {
	text := os.Getenv("PLY_TEST_KILLS")
	if text == "" {
		return 20
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("PLY_TEST_KILLS=%q is no number of kills", text)
	}
	return n
}

// TestKill9 kills a loaded server at random moments and looks for what it must never do.
func TestKill9(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed) // the clients' choices; the scheduler makes its own
	random := rand.New(rand.NewPCG(seed, 0))
	server := harness.Start(t, harness.NoLimits, harness.Env("PLY_SNAPSHOT_EVERY", "7"), harness.Env("PLY_EVICT_AFTER", "1s"))
	record := robustness.NewRecorder()
	kills := cycles(t)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute+time.Duration(kills)*20*time.Second)
	defer cancel()

	nobody := server.Client()
	crowd := robustness.Gather(ctx, nobody, record, tables, seed)
	spoiled := map[string]int{} // by kind of file
	for range kills {
		before := record.Acked()
		harness.Eventually(t, time.Minute, "commands are acknowledged after a restart", func() bool {
			return record.Acked() >= before+between
		})
		<-time.After(time.Duration(random.IntN(300)) * time.Millisecond) // any moment, not one that the test can choose
		server.Kill9()
		if random.IntN(2) == 0 {
			spoiled[filepath.Ext(spoil(t, filepath.Join(server.Data, "snapshots"), random))]++
		}
		server.Restart()
	}
	t.Logf("%d kills; files of snapshots that were spoiled: %v", kills, spoiled)
	games, err := crowd.Leave()
	if err != nil {
		t.Error(err)
	}
	shown := map[string]int{}
	for _, id := range games {
		if err := nobody.Events(ctx, id, 0, func(m client.Message) error {
			if shown[id]++; m.V != uint64(shown[id]) {
				t.Errorf("%s: GET events has version %d as number %d", id, m.V, shown[id])
			}
			return nil
		}); err != nil {
			t.Errorf("%s: GET events: %v", id, err)
		}
	}
	server.Stop()
	judge(ctx, t, record.History(), server.Data, shown)
}

// spoil damages a file of a folder as a bad disk might: one bit, or its end is gone. It gives the file's name.
func spoil(t *testing.T, dir string, random *rand.Rand) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, list[random.IntN(len(list))].Name())
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 {
		return file
	}
	at := random.IntN(len(data))
	if random.IntN(2) == 0 {
		data = data[:at]
	} else {
		data[at] ^= 1 << random.IntN(8)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// judge holds the history against the log.
func judge(ctx context.Context, t *testing.T, h robustness.History, dir string, shown map[string]int) {
	log, findings, err := robustness.ReadLog(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	findings = append(findings, robustness.Check(h, log)...)
	findings = append(findings, robustness.Linearizable(h, log, time.Minute)...)
	for i, f := range findings {
		if i == 20 {
			t.Errorf("and %d more", len(findings)-i)
			break
		}
		t.Error(f)
	}
	events := 0
	for id, entries := range log {
		events += len(entries)
		if n, ok := shown[id]; ok && n != len(entries) {
			t.Errorf("%s: GET events showed %d of %d events", id, n, len(entries))
		}
	}
	var count [3]int
	duplicates := 0
	for _, a := range h.Attempts {
		count[a.Outcome]++
		if a.Duplicate {
			duplicates++
		}
	}
	t.Logf("%d games, %d events; attempts: %d accepted (%d of them duplicates), %d refused, %d of unknown outcome; %d reads, %d spectators",
		len(log), events, count[robustness.Accepted], duplicates, count[robustness.Rejected], count[robustness.Unknown], len(h.Reads), len(h.Seen))
	if duplicates == 0 || count[robustness.Rejected] == 0 || count[robustness.Unknown] == 0 || len(h.Reads) == 0 {
		t.Error("the traffic was too tame to prove anything")
	}
}
