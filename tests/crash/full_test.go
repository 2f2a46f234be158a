package crash_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/robustness"
	"github.com/plygames/ply/transport/client"
)

var fills = flag.Int("fills", 0, "how often the disk is filled under a whole server")

// TestFullDisk fills the disk under a server that people play on, again and again: in turn until it is nearly full, where
// appends are refused and come back by themselves, and to the last byte at once, where the writer may run into the end
// and a restart reads what is really there. Reads go on all the time, and nothing that was acknowledged is lost.
//
// It is not in make test yet: on a fast machine it sometimes waits in vain for commands after a fill, and it is not known
// whether the server or the test is at fault.
func TestFullDisk(t *testing.T) {
	if *fills == 0 {
		t.Skip("no -fills")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	disk := harness.NewRAMDisk(t, 1024) // far more than the store wants to keep free and the games will take
	data := filepath.Join(disk.Dir, "data")
	server := harness.Start(t, harness.NoLimits, harness.Env("PLY_DATA", data), harness.Env("PLY_SNAPSHOT_EVERY", "7"))
	ctx := harness.Within(t, 20*time.Minute)
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
	for i := range *fills {
		prober, err := server.Client().Guest(ctx, "Prober") // one person may not have many unfinished games
		if err != nil {
			t.Fatal(err)
		}
		acked := record.Acked()
		harness.Eventually(t, time.Minute, "commands are acknowledged", func() bool { return record.Acked() >= acked+20 })
		entirely := i%2 == 1
		balloon := blowUp(t, disk.Dir, entirely)
		harness.Eventually(t, time.Minute, "an append is refused", func() bool { return create(t, server.URL, prober) != "" })
		for range 5 {
			if code := create(t, server.URL, prober); code != "unavailable" {
				t.Errorf("fill %d: a game on a full disk: %q", i+1, code)
			}
		}
		if _, err := ann.Look(ctx, kept.Game, 0); err != nil {
			t.Errorf("fill %d: a read: %v", i+1, err)
		}
		if err := os.Remove(balloon); err != nil {
			t.Fatal(err)
		}
		if entirely && server.Metric("ply_store_stopped") == 1 {
			restarts++
			server.Kill9()
			server.Restart()
		}
		harness.Eventually(t, time.Minute, "appends are taken again", func() bool { return create(t, server.URL, prober) == "" })
	}
	if _, err := crowd.Leave(); err != nil {
		t.Error(err)
	}
	server.Stop()
	log, findings, err := robustness.ReadLog(ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(findings, robustness.Check(record.History(), log)...) {
		t.Error(f)
	}
	if restarts == 0 {
		t.Log("the writer never ran into the end of the disk")
	}
	t.Logf("%d fills, %d restarts, %d acknowledgements", *fills, restarts, record.Acked())
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

// blowUp takes all space, or all but 64 MiB, at once.
func blowUp(t *testing.T, dir string, entirely bool) string {
	t.Helper()
	balloon, err := os.Create(filepath.Join(dir, "balloon"))
	if err != nil {
		t.Fatal(err)
	}
	defer balloon.Close()
	var fs syscall.Statfs_t
	if err := syscall.Fstatfs(int(balloon.Fd()), &fs); err != nil {
		t.Fatal(err)
	}
	size := int64(fs.Bavail) * fs.Bsize
	if !entirely {
		size -= 64 << 20
	}
	// The server may take the last pages first.
	for err = syscall.ENOSPC; err == syscall.ENOSPC && size > 0; size -= 64 << 10 {
		err = syscall.Fallocate(int(balloon.Fd()), 0, 0, size)
	}
	if err != nil {
		t.Fatal(err)
	}
	return balloon.Name()
}
