package crash_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/robustness"
	"github.com/plygames/ply/transport/client"
)

var fills = flag.Int("fills", 20, "how often the disk is filled under a whole server")

// diskMiB is the disk: what the store wants to keep free (128 MiB) and what its logs and the games of a run take.
const diskMiB = 512

// TestFullDisk fills the disk under a server that people play on, again and again: in turn until it is nearly full, where
// appends are refused and come back by themselves, and to the last byte, where the writer may run into the end and a
// restart reads what is really there. Reads go on all the time, and nothing that was acknowledged is lost.
func TestFullDisk(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	disk := harness.NewRAMDisk(t, diskMiB)
	server := harness.Start(t, harness.NoLimits, harness.Env("PLY_DATA", filepath.Join(disk.Dir, "data")), harness.Env("PLY_SNAPSHOT_EVERY", "7"))
	ctx := harness.Within(t, 5*time.Minute+time.Duration(*fills)*time.Minute)
	ann, err := server.Client().Guest(ctx, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := ann.Create(ctx, client.NewGame{Kind: "chess", Seat: "white"})
	if err != nil {
		t.Fatal(err)
	}
	record := robustness.NewRecorder()
	crowd := robustness.Gather(ctx, server.Client(), record, 4, seed)
	restarts := 0
	var refused, back, restarted spans
	for i := range *fills {
		prober, err := server.Client().Guest(ctx, "Prober") // one person may not have many unfinished games
		if err != nil {
			t.Fatal(err)
		}
		acked := record.Acked()
		harness.Eventually(t, time.Minute, "commands are acknowledged", func() bool { return record.Acked() >= acked+20 })
		keep := int64(harness.StoreReserve / 2)
		if i%2 == 1 {
			keep = 0
		}
		full := time.Now()
		disk.Fill(keep)
		harness.Eventually(t, time.Minute, "an append is refused", func() bool {
			full = time.Now()
			return create(t, server.URL, prober) != ""
		})
		refused.since(full)
		for range 5 {
			full = time.Now()
			if code := create(t, server.URL, prober); code != "unavailable" {
				t.Errorf("fill %d: a game on a full disk: %q", i+1, code)
			}
			refused.since(full)
		}
		if _, err := ann.Look(ctx, kept.Game, 0); err != nil {
			t.Errorf("fill %d: a read: %v", i+1, err)
		}
		disk.Free()
		free, how := time.Now(), &back
		if server.Metric("ply_store_stopped") == 1 {
			restarts++
			how = &restarted
			server.Kill9()
			server.Restart()
		}
		harness.Eventually(t, time.Minute, "appends are taken again", func() bool { return create(t, server.URL, prober) == "" })
		how.since(free)
	}
	if _, err := crowd.Leave(); err != nil {
		t.Error(err)
	}
	server.Stop()
	log, findings, err := robustness.ReadLog(ctx, server.Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(findings, robustness.Check(record.History(), log)...) {
		t.Error(f)
	}
	if restarts == 0 {
		t.Log("the writer never ran into the end of the disk")
	}
	t.Logf("%d fills, %d of them stopped the writer, %d acknowledgements, none lost", *fills, restarts, record.Acked())
	t.Logf("a refusal takes %s; appends are back after space %s, with a restart %s", refused, back, restarted)
}

// spans are how long something took, each time.
type spans []time.Duration

func (s *spans) since(began time.Time) { *s = append(*s, time.Since(began)) }

func (s spans) String() string {
	if len(s) == 0 {
		return "(never)"
	}
	sorted := slices.Sorted(slices.Values(s))
	return fmt.Sprintf("%v at most, %v in the middle", sorted[len(s)-1].Round(time.Millisecond), sorted[len(s)/2].Round(time.Millisecond))
}

// create asks for a game once, and gives the code of the refusal; empty: there is one.
func create(t *testing.T, url string, as *client.Client) string {
	t.Helper()
	body := fmt.Sprintf(`{"id":%q,"kind":"chess","access":"invite"}`, client.NewID())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/games", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+as.Person().Token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var refusal struct{ Code string }
	if err := json.NewDecoder(answer.Body).Decode(&refusal); err != nil {
		t.Fatal(err)
	}
	return refusal.Code
}
