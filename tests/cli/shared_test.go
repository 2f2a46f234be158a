package cli_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/process"
	"github.com/plygames/ply/transport/client"
)

// deployment is what servers share, for the commands that need it.
type deployment struct {
	redis *harness.Redis
	store string // connection string
	key   string // file
}

func deploy(t *testing.T) deployment {
	t.Helper()
	addrs, err := process.FreeAddrs(1)
	if err != nil {
		t.Fatal(err)
	}
	start(t, t.TempDir(), "PLY_ROLES=store", "PLY_STORE_ADDR="+addrs[0])
	d := deployment{redis: harness.StartRedis(t), store: "esdb://" + addrs[0] + "?tls=false", key: filepath.Join(t.TempDir(), "key")}
	if err := os.WriteFile(d.key, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// env is a server's environment in the deployment.
func (d deployment) env(t *testing.T, more ...string) []string {
	return append([]string{"PLY_ADDR=127.0.0.1:0", "PLY_ADMIN_ADDR=127.0.0.1:0", "PLY_DATA=" + t.TempDir(),
		"PLY_STORE=" + d.store, "PLY_REDIS=" + d.redis.URL(), "PLY_SIGNING_KEY_FILE=" + d.key}, more...)
}

// wantRefused runs a server that must not start, and looks for what it says.
func wantRefused(t *testing.T, env []string, words ...string) {
	t.Helper()
	r := run(t, env)
	if r.code != 1 || r.out != "" {
		t.Errorf("code %d, output %q", r.code, r.out)
	}
	for _, word := range words {
		if !strings.Contains(r.errors, word) {
			t.Errorf("no %q in %q", word, r.errors)
		}
	}
}

// TestWhatIsSharedAndAway: one clear line for each service that does not answer, or that does not fit.
func TestWhatIsSharedAndAway(t *testing.T) {
	d := deploy(t)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := nobody.Addr().String()
	_ = nobody.Close()
	t.Run("store", func(t *testing.T) {
		wantRefused(t, d.env(t, "PLY_STORE=esdb://"+away+"?tls=false"), "event store")
	})
	t.Run("redis", func(t *testing.T) {
		wantRefused(t, d.env(t, "PLY_REDIS=redis://"+away), "redis")
	})
	t.Run("a folder with games of its own", func(t *testing.T) {
		data := t.TempDir()
		alone := start(t, data)
		ann, err := client.New(alone.addr, client.Options{}).Guest(t.Context(), "Ann")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ann.Create(t.Context(), client.NewGame{Kind: "chess"}); err != nil {
			t.Fatal(err)
		}
		alone.stop()
		wantRefused(t, d.env(t, "PLY_DATA="+data), "holds games of its own", "ply store")
	})
	t.Run("a Redis that can lose moves", func(t *testing.T) {
		d.redis.Set("appendfsync", "everysec")
		defer d.redis.Set("appendfsync", "always")
		wantRefused(t, d.env(t, "PLY_JOURNAL=on"), "appendfsync", "can lose acknowledged moves")
	})
}

// TestTheJournalIsAFactOfTheDeployment: servers that are set up otherwise don't start and are told what to do; turning
// it on and off are commands; a Redis that was wiped is noticed.
func TestTheJournalIsAFactOfTheDeployment(t *testing.T) {
	d := deploy(t)
	flags := []string{"--store", d.store, "--redis", d.redis.URL()}
	command := func(words ...string) result {
		return run(t, nil, append(append([]string{"journal"}, words...), flags...)...)
	}
	first := launch(t, d.env(t))
	first.stop()
	wantRefused(t, d.env(t, "PLY_JOURNAL=on"), "turn-on command")
	if r := command("on"); r.code != 0 || !strings.Contains(r.out, "the journal is on") {
		t.Fatalf("on: %+v", r)
	}
	wantRefused(t, d.env(t), "turn-off command")
	with := launch(t, d.env(t, "PLY_JOURNAL=on"))
	with.stop()
	if r := command("status"); r.code != 0 || !strings.Contains(r.out, "the journal is on") || !strings.Contains(r.out, "0 games have moves in Redis only") {
		t.Errorf("status: %+v", r)
	}
	if r := command("off"); r.code != 0 || !strings.Contains(r.out, "off and empty") {
		t.Fatalf("off: %+v", r)
	}
	if r := command("on"); r.code != 0 {
		t.Fatalf("on again: %+v", r)
	}
	d.redis.Flush()
	wantRefused(t, d.env(t, "PLY_JOURNAL=on"), "incarnation", "append-only file")
	if r := run(t, nil, "journal", "give-up", "--store", d.store); r.code != 2 || !strings.Contains(r.errors, "--redis-is-lost") {
		t.Errorf("give up without saying so: %+v", r)
	}
	if r := run(t, nil, "journal", "give-up", "--redis-is-lost", "--store", d.store); r.code != 0 {
		t.Errorf("give up: %+v", r)
	}
	launch(t, d.env(t)).stop()
	if r := run(t, nil, "verify", "--store", d.store); r.code != 0 || !strings.Contains(r.out, "verified") {
		t.Errorf("verify: %+v", r)
	}
}
