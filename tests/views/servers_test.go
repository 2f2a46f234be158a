package views_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// TestTwoServersAgree: two servers fold the store that they share, each into a folder of its own. At the same position
// the rows are the same, on both and refolded.
func TestTwoServersAgree(t *testing.T) {
	ctx := harness.Within(t, 2*patience)
	store := harness.ServeESDB(t, pebble.Config{Dir: t.TempDir()}, esdbserver.Config{})
	redis := harness.StartRedis(t)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	var servers []*harness.Server
	for range 2 {
		servers = append(servers, harness.Start(t, harness.NoLimits, harness.Env("PLY_STORE", store.URL()),
			harness.Env("PLY_REDIS", redis.URL()), harness.Env("PLY_SIGNING_KEY_FILE", key)))
	}
	guest, err := servers[0].Client().Guest(ctx, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		creator := servers[i%2].Client().As(guest.Person())
		clock := &client.Clock{Type: "fischer", Initial: 600_000}
		made, err := creator.Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Access: "open", Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		opponent, err := servers[1-i%2].Client().Guest(ctx, "Bob")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := opponent.Sit(ctx, made.Game, "black", ""); err != nil {
			t.Fatal(err)
		}
		abort := client.Plain("abort")
		abort.ID, abort.V = client.NewID(), 4
		if i%4 == 0 {
			if _, err := creator.Command(ctx, made.Game, abort); err != nil {
				t.Fatal(err)
			}
		}
	}
	head, err := store.Store.Head(ctx)
	if err != nil || head == "" {
		t.Fatal(head, err)
	}
	for _, s := range servers {
		harness.Eventually(t, patience, "the views have everything", func() bool { return caughtUp(s.Admin, 65) })
	}
	position := views(servers[0].Admin)[0].Position
	for _, s := range servers {
		for _, v := range views(s.Admin) {
			if v.Position != position {
				t.Fatalf("the store still grows: %s is at %s, want %s", v.View, v.Position, position)
			}
		}
	}
	checksum := regexp.MustCompile(`(?m)^(\w+): .*equal to the stored rows, checksum (\w+)$`)
	var sums [2]string
	for i, s := range servers {
		running := must(t, "verify", "--views", "--data", s.Data)
		s.Stop()
		stopped := must(t, "verify", "--views", "--data", s.Data, "--store", store.URL())
		sums[i] = strings.Join(checksum.FindAllString(stopped, -1), "\n")
		if strings.Count(sums[i], "checksum") != 2 || strings.Join(checksum.FindAllString(running, -1), "\n") != sums[i] {
			t.Errorf("verify said %s, and of the stopped server %s", running, stopped)
		}
	}
	if sums[0] != sums[1] {
		t.Errorf("the servers differ:\n%s\n%s", sums[0], sums[1])
	}
	// Folded from another store, which is empty, the rows would be gone.
	wrong := begin(t, "rebuild", "all", "--data", servers[0].Data)
	if code := wrong.code(); code != 1 || !strings.Contains(wrong.said(), "--store") {
		t.Errorf("rebuild without the store: %d, %s", code, wrong.said())
	}
	if said := must(t, "rebuild", "all", "--data", servers[0].Data, "--store", store.URL()); strings.Count(said, "equal to the rows that it replaces") != 2 {
		t.Errorf("rebuild said %s", said)
	}
}
