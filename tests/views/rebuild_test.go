package views_test

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/harness"
)

// TestRebuildIsKilled: 20 rebuilds of a server under load are stopped at random points, by the death of the server, of
// the command, or by an operator; some on a data folder that no server uses. Nobody who reads ever misses a game, and in
// the end a rebuild gives rows that are equal to those in use.
func TestRebuildIsKilled(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	server := harness.Start(t, harness.NoLimits)
	server.Stop()
	events := past(t, server.Data)
	server.Restart()
	harness.Eventually(t, patience, "the views know the past", func() bool { return caughtUp(server.Admin, events) })
	crowd := newCrowd(t, server)
	halfway := 0
	for round := range 20 {
		if round%5 == 4 {
			crowd.away()
			server.Stop()
			halfway += killedAlone(t, r, server.Data)
			server.Restart()
			crowd.back()
			continue
		}
		rebuild := begin(t, "rebuild", "all", "--data", server.Data)
		until := r.Int64N(events)
		name := []string{"games", "deadlines"}[r.IntN(2)]
		harness.Eventually(t, patience, "the rebuild has come far enough", func() bool {
			for _, v := range views(server.Admin) {
				if v.View == name && v.Rebuild != nil && v.Rebuild.Events >= until {
					halfway++
					return true
				}
			}
			return rebuild.ended()
		})
		switch round % 5 {
		case 0, 1:
			crowd.away()
			server.Kill9()
			rebuild.code()
			server.Restart()
			crowd.back()
		case 2:
			rebuild.signal(syscall.SIGKILL)
			rebuild.code()
		case 3:
			rebuild.signal(syscall.SIGINT)
			if code := rebuild.code(); code == 1 && !strings.Contains(rebuild.said(), "goes on from here") || code > 1 {
				t.Errorf("interrupted: %d, %s", code, rebuild.said())
			}
		}
		harness.Eventually(t, patience, "nothing is being rebuilt", func() bool {
			shown := views(server.Admin)
			for _, v := range shown {
				if v.Rebuild != nil || v.Parked != 0 {
					return false
				}
			}
			return len(shown) > 0
		})
	}
	said := must(t, "rebuild", "all", "--data", server.Data)
	if strings.Count(said, "equal to the rows that it replaces") != 2 {
		t.Errorf("the last rebuild said %s", said)
	}
	games, asks := crowd.leave()
	t.Logf("%d of 20 stopped halfway; %d games played and %d lists read meanwhile", halfway, games, asks)
	if halfway < 10 || games == 0 || asks == 0 {
		t.Errorf("too little happened")
	}
	must(t, "verify", "--views", "--data", server.Data) // by the server
	server.Stop()
	said = must(t, "verify", "--views", "--data", server.Data)
	if strings.Count(said, "equal to the stored rows") != 2 {
		t.Errorf("verify said %s", said)
	}
	spoil(t, server.Data)
}

// killedAlone kills a rebuild that no server does, in a random phase, and tells whether there was one to kill.
func killedAlone(t *testing.T, r *rand.Rand, data string) int {
	t.Helper()
	rebuild := begin(t, "rebuild", "all", "--data", data)
	lines := 1 + r.IntN(6) // a line for each phase of each view
	harness.Eventually(t, patience, "the rebuild has come far enough", func() bool {
		return strings.Count(rebuild.said(), "rebuilding") >= lines || rebuild.ended()
	})
	alive := !rebuild.ended()
	rebuild.signal(syscall.SIGKILL)
	rebuild.code()
	if alive {
		return 1
	}
	return 0
}

// spoil changes a row behind the back of the program: verify must find it, and rebuild put it right.
func spoil(t *testing.T, data string) {
	t.Helper()
	store, err := pebble.Open(pebble.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := store.View("games")
	if err != nil {
		t.Fatal(err)
	}
	at, err := folder.Checkpoint()
	if err == nil {
		err = folder.Commit(map[string][]byte{"\x01g/Past00030007": nil}, at)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	verify := begin(t, "verify", "--views", "--data", data)
	if code, said := verify.code(), verify.said(); code != 1 || !strings.Contains(said, `games: `) ||
		!strings.Contains(said, `1 rows differ from the stored rows; the first keys are ["g/Past00030007"]`) {
		t.Errorf("verify of spoilt rows: %d, %s", code, said)
	}
	if said := must(t, "rebuild", "games", "--data", data); !strings.Contains(said, "1 rows differ from the rows that it replaces") {
		t.Errorf("rebuild of spoilt rows said %s", said)
	}
	must(t, "verify", "--views", "--data", data)
}
