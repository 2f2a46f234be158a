package cluster_test

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/process"
	"github.com/plygames/ply/transport/client"
)

// site is a whole cluster.
type site struct {
	t     testing.TB
	redis *harness.Redis
	kafka *harness.Kafka
	store *harness.Server // nil: somebody else's, see PLY_TEST_ESDB
	proxy *harness.HAProxy

	play, watch, project []*harness.Server
	relay                *harness.Server

	storeURL string
}

// shape says what a site is made of.
type shape struct {
	journal bool
	brokers int // 1 or 3
	play    int
	watch   int // 0 = 2
	project int // 0 = 1
	env     []string
}

// open starts a site and waits until all of it is ready.
func open(t testing.TB, s shape) *site {
	t.Helper()
	at := &site{t: t, redis: harness.StartRedis(t, "maxmemory-policy noeviction"), storeURL: harness.RealESDB()}
	if s.brokers == 3 {
		at.kafka = harness.StartKafkaCluster(t)
	} else {
		at.kafka = harness.StartKafka(t)
	}
	if at.storeURL == "" {
		addrs, err := process.FreeAddrs(1)
		if err != nil {
			t.Fatal(err)
		}
		at.store = harness.Start(t, harness.Env("PLY_ROLES", "store"), harness.Env("PLY_STORE_ADDR", addrs[0]))
		at.storeURL = "esdb://" + addrs[0] + "?tls=false"
	} else {
		harness.SwitchJournal(t, at.storeURL, at.redis.Addr, s.journal)
	}
	key := filepath.Join(t.TempDir(), "signing.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	common := append([]string{
		harness.NoLimits,
		harness.Env("PLY_STORE", at.storeURL), harness.Env("PLY_REDIS", at.redis.URL()),
		harness.Env("PLY_KAFKA", strings.Join(at.kafka.Brokers(), ",")),
		harness.Env("PLY_KAFKA_REPLICATION", strconv.Itoa(s.brokers)),
		harness.Env("PLY_SIGNING_KEY_FILE", key), harness.Env("PLY_TRUSTED_PROXIES", "127.0.0.1/32"),
		harness.Env("PLY_JOURNAL", map[bool]string{true: "on", false: "off"}[s.journal]),
		harness.Env("PLY_SNAPSHOT_EVERY", "20"), harness.Env("PLY_EVICT_AFTER", "10s"),
	}, s.env...)
	start := func(role, name string) *harness.Server {
		return harness.Start(t, append(common[:len(common):len(common)], harness.Env("PLY_ROLES", role), harness.Env("PLY_APP_ID", name))...)
	}
	for i := range cmp.Or(s.project, 1) {
		at.project = append(at.project, start("project", "project"+strconv.Itoa(i+1)))
	}
	at.relay = start("relay", "relay")
	for i := range s.play {
		at.play = append(at.play, start("play", strings.Repeat(strconv.Itoa(i+1), 4)))
	}
	for i := range cmp.Or(s.watch, 2) {
		at.watch = append(at.watch, start("watch", "watch"+strconv.Itoa(i+1)))
	}
	at.proxy = harness.StartHAProxy(t, harness.Servers{
		Play: addrs(at.play), Watch: addrs(at.watch), Project: addrs(at.project),
	})
	return at
}

func addrs(servers []*harness.Server) (list []string) {
	for _, s := range servers {
		list = append(list, strings.TrimPrefix(s.URL, "http://"))
	}
	return list
}

// nobody is a client of the site that speaks for no one.
func (at *site) nobody() *client.Client {
	return client.New(at.proxy.URL(), client.Options{FirstReconnect: 200 * time.Millisecond, MaxReconnect: time.Second, ResendAfter: time.Second})
}

// servers are all ply processes that can be killed without the store going away.
func (at *site) servers() []*harness.Server {
	return append(slices.Concat(at.play, at.watch, at.project), at.relay)
}

// drain drains everything but the store, so that nothing is on its way any more.
func (at *site) drain() {
	at.t.Helper()
	for _, s := range at.servers() {
		s.Stop()
	}
}

// close drains everything, the store last.
func (at *site) close() {
	at.t.Helper()
	at.drain()
	if at.store != nil {
		at.store.Stop()
	}
}
