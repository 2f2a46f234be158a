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
	apart    *apart // nil: all on one machine

	// Only apart:
	disk   *harness.Disk             // the store's
	clocks map[string]*harness.Clock // by server
	rotten int                       // snapshots that were spoiled
}

// shape says what a site is made of.
type shape struct {
	journal bool
	brokers int // 1 or 3
	play    int
	watch   int // 0 = 2
	project int // 0 = 1
	env     []string
	apart   bool // each part on a machine of its own, see apart
}

// open starts a site and waits until all of it is ready.
func open(t testing.TB, s shape) *site {
	t.Helper()
	at := &site{t: t, storeURL: harness.RealESDB(), clocks: map[string]*harness.Clock{}}
	if s.apart {
		at.apart, at.storeURL = newApart(t), "" // a store elsewhere is not behind our router
	}
	at.redis = harness.StartRedisAt(t, at.apart.place(t, "redis"), "maxmemory-policy noeviction")
	redisURL, brokers := at.redis.URL(), ""
	switch {
	case s.apart:
		at.kafka = harness.StartKafkaAt(t, at.apart.place(t, "kafka"), at.apart.front("kafka"))
		at.apart.pass(t, "kafka", at.kafka.Brokers()[0])
		redisURL, brokers = "redis://"+at.apart.pass(t, "redis", at.redis.Addr), at.apart.front("kafka")
	case s.brokers == 3:
		at.kafka = harness.StartKafkaCluster(t)
	default:
		at.kafka = harness.StartKafka(t)
	}
	brokers = cmp.Or(brokers, strings.Join(at.kafka.Brokers(), ","))
	switch {
	case s.apart:
		place := at.apart.place(t, "store")
		at.disk = harness.NewRAMDisk(t, 1024)
		at.store = harness.StartAt(t, place, harness.Env("PLY_ROLES", "store"),
			harness.Env("PLY_STORE_ADDR", place.Host+":2113"), harness.Env("PLY_DATA", filepath.Join(at.disk.Dir, "data")))
		at.storeURL = "esdb://" + at.apart.pass(t, "store", place.Host+":2113") + "?tls=false"
	case at.storeURL == "":
		addrs, err := process.FreeAddrs(1)
		if err != nil {
			t.Fatal(err)
		}
		at.store = harness.Start(t, harness.Env("PLY_ROLES", "store"), harness.Env("PLY_STORE_ADDR", addrs[0]))
		at.storeURL = "esdb://" + addrs[0] + "?tls=false"
	default:
		harness.SwitchJournal(t, at.storeURL, at.redis.Addr, s.journal)
	}
	key := filepath.Join(t.TempDir(), "signing.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	common := append([]string{
		harness.NoLimits,
		harness.Env("PLY_STORE", at.storeURL), harness.Env("PLY_REDIS", redisURL),
		harness.Env("PLY_KAFKA", brokers),
		harness.Env("PLY_KAFKA_REPLICATION", strconv.Itoa(s.brokers)),
		harness.Env("PLY_SIGNING_KEY_FILE", key), harness.Env("PLY_TRUSTED_PROXIES", "127.0.0.1/32,198.18.0.0/15"),
		harness.Env("PLY_JOURNAL", map[bool]string{true: "on", false: "off"}[s.journal]),
		harness.Env("PLY_SNAPSHOT_EVERY", "20"), harness.Env("PLY_EVICT_AFTER", "10s"),
	}, s.env...)
	start := func(role, name string) *harness.Server {
		env := append(common[:len(common):len(common)], harness.Env("PLY_ROLES", role), harness.Env("PLY_APP_ID", name))
		return harness.StartAt(t, at.apart.place(t, name), append(env, at.clock(name)...)...)
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
