package upgrade_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/process"
	"github.com/plygames/ply/tests/robustness"
	"github.com/plygames/ply/transport/client"
)

func TestMain(m *testing.M) {
	// Sarama's library of metrics never ends its ticker.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// today is the ply that is built from this source.
const today = ""

// site is two servers, of whichever releases, that share a store and Redis.
type site struct {
	t        *testing.T
	store    *harness.Server
	servers  [2]*harness.Server
	storeURL string
	env      []string // of each server
}

// shape is what a site is made of.
type shape struct {
	store   string // program
	servers [2]string
	journal bool
	kafka   bool
}

// open starts a site.
func open(t *testing.T, s shape) *site {
	t.Helper()
	redis := harness.StartRedis(t, "maxmemory-policy noeviction")
	free, err := process.FreeAddrs(1)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "signing.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	at := &site{t: t, storeURL: "esdb://" + free[0] + "?tls=false"}
	at.store = harness.StartPly(t, s.store, "", harness.Env("PLY_ROLES", "store"), harness.Env("PLY_STORE_ADDR", free[0]))
	at.env = []string{
		harness.NoLimits, harness.Env("PLY_STORE", at.storeURL), harness.Env("PLY_REDIS", redis.URL()),
		harness.Env("PLY_SIGNING_KEY_FILE", key), harness.Env("PLY_TRUSTED_PROXIES", "127.0.0.1/32"),
		harness.Env("PLY_ROLES", "play,watch,relay,project"), harness.Env("PLY_JOURNAL", map[bool]string{true: "on", false: "off"}[s.journal]),
		harness.Env("PLY_SNAPSHOT_EVERY", "3"), harness.Env("PLY_EVICT_AFTER", "1s"),
	}
	if s.kafka {
		at.env = append(at.env, harness.Env("PLY_KAFKA", strings.Join(harness.StartKafka(t).Brokers(), ",")), harness.Env("PLY_KAFKA_REPLICATION", "1"))
	}
	for i, program := range s.servers {
		at.servers[i] = harness.StartPly(t, program, "", append(at.env[:len(at.env):len(at.env)], harness.Env("PLY_APP_ID", "server"+string(rune('1'+i))))...)
	}
	return at
}

// either is a client whose every request and handshake goes to one of the two servers, by chance: whoever plays over it
// changes servers in the middle of games, and the halves of a game are decided by both.
func (at *site) either() *client.Client {
	var hosts [2]string
	for i, s := range at.servers {
		hosts[i] = strings.TrimPrefix(s.URL, "http://")
	}
	spread := &spread{hosts: hosts, via: &http.Transport{MaxIdleConnsPerHost: 64}}
	at.t.Cleanup(func() {
		spread.via.CloseIdleConnections()
		if a, b := spread.sent[0].Load(), spread.sent[1].Load(); a == 0 || b == 0 {
			at.t.Errorf("%d requests went to one server and %d to the other", a, b)
		}
	})
	return client.New("http://either.invalid", client.Options{HTTP: &http.Client{Transport: spread},
		FirstReconnect: 100 * time.Millisecond, MaxReconnect: time.Second, ResendAfter: time.Second})
}

type spread struct {
	hosts [2]string
	sent  [2]atomic.Int64
	via   *http.Transport
}

func (s *spread) RoundTrip(r *http.Request) (*http.Response, error) {
	n := rand.IntN(2)
	s.sent[n].Add(1)
	r = r.Clone(r.Context())
	r.URL.Host, r.Host = s.hosts[n], s.hosts[n]
	return s.via.RoundTrip(r)
}

// direct is a client of one server.
func direct(s *harness.Server) *client.Client {
	return client.New(s.URL, client.Options{FirstReconnect: 100 * time.Millisecond, MaxReconnect: time.Second, ResendAfter: time.Second})
}

// settle ends everything but the store and judges what is left: the views of each server by the release that folded them, and
// the store by this one, which knows the streams of both, and by the checker, which judges every move again.
func (at *site) settle(ctx context.Context, record *robustness.Recorder, folded [2]string) {
	at.t.Helper()
	for i, s := range at.servers {
		s.Stop()
		verify(at.t, folded[i], "--views", "--data="+s.Data, "--store="+at.storeURL)
	}
	at.store.Stop()
	verify(at.t, today, "--data="+at.store.Data)
	log, findings, err := robustness.ReadLog(ctx, at.store.Data)
	if err != nil {
		at.t.Fatal(err)
	}
	h := record.History()
	findings = append(findings, robustness.Check(h, log)...)
	findings = append(findings, robustness.Linearizable(h, log, time.Minute)...)
	for i, f := range findings {
		if i == 20 {
			at.t.Errorf("and %d more", len(findings)-i)
			break
		}
		at.t.Error(f)
	}
	for _, s := range append(at.servers[:], at.store) {
		for line := range strings.Lines(s.Logs()) {
			if strings.Contains(line, "level=ERROR") {
				at.t.Errorf("%s says: %s", s.Name(), line)
			}
		}
	}
	events := 0
	for _, entries := range log {
		events += len(entries)
	}
	var count [3]int
	codes := map[string]int{}
	for _, a := range h.Attempts {
		count[a.Outcome]++
		if a.Outcome == robustness.Rejected {
			codes[a.Code]++
		}
	}
	at.t.Logf("%d games, %d events; %d commands accepted, %d refused %v, %d of unknown outcome; %d reads; %d findings", len(log), events,
		count[robustness.Accepted], count[robustness.Rejected], codes, count[robustness.Unknown], len(h.Reads), len(findings))
	for code := range codes {
		if !asked[code] {
			at.t.Errorf("%d commands were refused for %s, which no player asked for", codes[code], code)
		}
	}
}

// asked are the refusals that the crowd provokes.
var asked = map[string]bool{"illegal_move": true, "version_conflict": true, "not_your_turn": true, "command_id_reused": true, "game_over": true,
	"no_offer": true, "not_started": true, "too_early": true, "forbidden": true} // the last: time for somebody without a clock

// verify runs the ply verify of a release, which must find nothing wrong.
func verify(t *testing.T, program string, args ...string) {
	t.Helper()
	if program == today {
		program = harness.Binary(t)
	}
	if out, err := exec.CommandContext(t.Context(), program, append([]string{"verify"}, args...)...).CombinedOutput(); err != nil {
		t.Errorf("%s verify %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
}
