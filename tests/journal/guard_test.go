package journal_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/tests/harness"
)

// Every setting that can lose an acknowledged move is found, named and explained.
func TestGuard(t *testing.T) {
	r := newRig(t)
	r.must(journal.Guard(t.Context(), r.client))
	for _, c := range []struct{ name, bad, good string }{
		{"appendfsync", "everysec", "always"},
		{"appendfsync", "no", "always"},
		{"no-appendfsync-on-rewrite", "yes", "no"},
		{"maxmemory-policy", "allkeys-lru", "noeviction"},
		{"appendonly", "no", "yes"},
	} {
		r.redis.Set(c.name, c.bad)
		err := journal.Guard(t.Context(), r.client)
		r.mustBe(err, journal.ErrUnsafe)
		if !strings.Contains(err.Error(), fmt.Sprintf("%s is %q and must be %q", c.name, c.bad, c.good)) {
			t.Errorf("%s %s: %v", c.name, c.bad, err)
		}
		r.redis.Set(c.name, c.good)
		r.eventually("it is trusted again", func() bool { return journal.Guard(t.Context(), r.client) == nil })
	}
	// All mistakes at once, and a server does not start.
	r.redis.Set("appendfsync", "no")
	r.redis.Set("maxmemory-policy", "volatile-ttl")
	err := r.open()
	r.mustBe(err, journal.ErrUnsafe)
	for _, name := range []string{"appendfsync", "maxmemory-policy"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
	if n := len(r.store.read(journal.SettingsStream, 1)); n != 0 {
		t.Error("a start that was refused has recorded something")
	}
	// The only way past.
	j, err := journal.Open(t.Context(), r.store, r.client, journal.Options{Unsafe: true})
	r.must(err)
	script := game()
	r.must(put(j, script.Say("1")))
	r.must(j.Close())
}

// A replica, and one that is connected, are refused.
func TestGuardSeesReplicas(t *testing.T) {
	r := newRig(t)
	replica := newRig(t)
	_, port, err := net.SplitHostPort(r.redis.Addr)
	r.must(err)
	r.must(replica.client.Do(t.Context(), replica.client.B().Arbitrary("REPLICAOF", "127.0.0.1", port).Build()).Error())
	r.eventually("the replica is seen", func() bool {
		err := journal.Guard(t.Context(), r.client)
		return err != nil && strings.Contains(err.Error(), "connected_slaves")
	})
	r.eventually("a replica is refused", func() bool {
		err := journal.Guard(t.Context(), replica.client)
		return err != nil && strings.Contains(err.Error(), `role is "slave"`)
	})
}

func TestGuardSeesACluster(t *testing.T) {
	r := newRig(t, "cluster-enabled yes")
	if err := journal.Guard(t.Context(), r.client); err == nil || !strings.Contains(err.Error(), "cluster_enabled") {
		t.Errorf("%v", err)
	}
}

// A real Sentinel watches the server.
func TestGuardSeesASentinel(t *testing.T) {
	r := newRig(t)
	binary := harness.NeedPackage(t, "redis-server", "redis-server")
	_, port, err := net.SplitHostPort(r.redis.Addr)
	r.must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	_, own, _ := net.SplitHostPort(listener.Addr().String())
	r.must(listener.Close())
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	r.must(os.WriteFile(config, fmt.Appendf(nil, "port %s\nbind 127.0.0.1\nsentinel monitor ply 127.0.0.1 %s 1\n", own, port), 0o600))
	sentinel := exec.Command(binary, config, "--sentinel")
	r.must(sentinel.Start())
	t.Cleanup(func() {
		_ = sentinel.Process.Kill()
		_ = sentinel.Wait()
	})
	r.eventually("the Sentinel is seen", func() bool {
		err := journal.Guard(t.Context(), r.client)
		return err != nil && strings.Contains(err.Error(), "a Sentinel watches it")
	})
}

// Somebody changes a setting while servers run: moves are refused until it is put right.
func TestGuardWhileRunning(t *testing.T) {
	r := newRig(t)
	j := r.server(func(o *journal.Options) { o.CheckEvery = 5 * time.Millisecond })
	script := game()
	r.must(put(j, script.Say("1")))
	r.redis.Set("appendfsync", "everysec")
	r.eventually("moves are refused", func() bool { return !r.seen.trusts() })
	second := script.Say("2")
	r.mustBe(put(j, second), journal.ErrUnsafe)
	if !r.seen.alarmed("journal: Redis can't be trusted") {
		t.Error("no alarm")
	}
	r.redis.Set("appendfsync", "always")
	r.eventually("moves are taken again", func() bool { return put(j, second) == nil })
}

// A Redis that is starting again has not become one that loses moves. Nobody is to be refused for a minute because a check
// fell into that time.
func TestGuardWhileLoading(t *testing.T) {
	r := newRig(t)
	r.must(r.server(func(*journal.Options) {}).Close()) // the journal has thousands of keys
	met := false
	for try := 0; try < 10 && !met; try++ {
		r.redis.Kill9()
		up, asked := make(chan struct{}), make(chan error, 1)
		go func() {
			for {
				err := journal.Guard(t.Context(), r.client)
				loading := err != nil && strings.Contains(err.Error(), "reading its data")
				select {
				case <-up:
					asked <- nil
					return
				default:
				}
				if loading || err != nil && !errors.Is(err, commands.ErrUnavailable) && !errors.Is(err, commands.ErrUnknown) {
					asked <- err
					return
				}
			}
		}()
		r.redis.Restart("key-load-delay 500", "loading-process-events-interval-bytes 1024")
		close(up)
		if err := <-asked; err != nil {
			r.mustBe(err, commands.ErrUnavailable)
			met = true
		}
	}
	if !met {
		t.Error("Redis was never asked while it was reading its data")
	}
}
