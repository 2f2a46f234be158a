package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/infra/config"
)

func TestDefaults(t *testing.T) {
	c := config.Default()
	if c.Addr != "127.0.0.1:8080" || c.Data != "./data" || !c.RateLimits || c.AdminAddr != "" ||
		c.SnapshotEvery != 100 || c.EvictAfter != 5*time.Minute || c.TokenTTL != 24*time.Hour || c.Drain != 3*time.Second {
		t.Errorf("got %+v", c)
	}
	if c.Roles != (config.Roles{Play: true, Watch: true, Relay: true, Project: true}) {
		t.Errorf("roles %+v", c.Roles)
	}
}

// good is a full set of values that all are accepted.
func good(t *testing.T) config.Flags {
	t.Helper()
	keys := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(keys, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Flags{
		Addr: "[::1]:0", AdminAddr: "localhost:9", Origins: "https://a.example, http://b.example:81",
		Trusted: "10.0.0.0/8,192.0.2.7,::1", Limits: "OFF", Data: t.TempDir(), Roles: "relay, watch",
		SnapshotEvery: "7", HotGames: "10", EvictAfter: "90s", TokenTTL: "1h", JWKSFile: keys, JWTAudience: "ply",
		LogLevel: "WARN", LogFormat: "json", Drain: "0s", Pprof: "on",
		AppID: "1111", Store: "esdb://events:2113?tls=false", StoreAddr: ":2113", Redis: "redis://cache:6379/0",
		Journal: "on", JournalUnsafe: "off", Kafka: "k1:9092, k2:9092", KafkaPartitions: "12", KafkaReplication: "3",
		SigningKey: strings.Repeat("0a", 32),
	}
}

func TestEveryValueIsTaken(t *testing.T) {
	c, err := good(t).Config()
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "[::1]:0" || c.RateLimits || !c.JSONLogs || !c.Pprof || c.SnapshotEvery != 7 || c.Drain != 0 {
		t.Errorf("got %+v", c)
	}
	if !slices.Equal(c.Origins, []string{"https://a.example", "http://b.example:81"}) {
		t.Errorf("origins %q", c.Origins)
	}
	if len(c.TrustedProxies) != 3 || c.TrustedProxies[1].String() != "192.0.2.7/32" {
		t.Errorf("proxies %v", c.TrustedProxies)
	}
	if c.Roles != (config.Roles{Relay: true, Watch: true}) {
		t.Errorf("roles %+v", c.Roles)
	}
	if c.Store != "esdb://events:2113?tls=false" || !c.Journal || len(c.SigningKey) != 32 || c.AppID != "1111" ||
		!slices.Equal(c.Kafka.Brokers, []string{"k1:9092", "k2:9092"}) || c.Kafka.Partitions != 12 || c.Kafka.Replication != 3 {
		t.Errorf("got %+v", c)
	}
}

func TestTheKeyIsReadFromAFile(t *testing.T) {
	f := good(t)
	f.SigningKey, f.SigningKeyFile = "", filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(f.SigningKeyFile, []byte(strings.Repeat("0b", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := f.Config(); err != nil || string(c.SigningKey) != strings.Repeat("\x0b", 32) {
		t.Errorf("key %x, %v", c.SigningKey, err)
	}
}

func TestNoMistakeShowsTheKey(t *testing.T) {
	f := good(t)
	f.SigningKey = "secret"
	if _, err := f.Config(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestAWrongValueGetsOneLineThatSaysWhatToDo(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, c := range map[string]struct {
		change func(*config.Flags)
		want   string
	}{
		"address without port": {func(f *config.Flags) { f.Addr = "localhost" }, "--addr (PLY_ADDR): \"localhost\" is no address; give HOST:PORT"},
		"port too large":       {func(f *config.Flags) { f.Addr = "localhost:65536" }, "--addr (PLY_ADDR)"},
		"url as address":       {func(f *config.Flags) { f.AdminAddr = "http://a:1" }, "--admin-addr (PLY_ADMIN_ADDR)"},
		"origin with path":     {func(f *config.Flags) { f.Origins = "https://a.example/x" }, "--origins (PLY_ORIGINS)"},
		"origin without scheme": {func(f *config.Flags) { f.Origins = "a.example" },
			"give scheme and host"},
		"no network":         {func(f *config.Flags) { f.Trusted = "10.0.0.0/99" }, "--trusted-proxies (PLY_TRUSTED_PROXIES)"},
		"neither on nor off": {func(f *config.Flags) { f.Limits = "maybe" }, "give on or off"},
		"no folder":          {func(f *config.Flags) { f.Data = "" }, "--data (PLY_DATA)"},
		"file as folder":     {func(f *config.Flags) { f.Data = f.JWKSFile }, "is a file"},
		"unknown role":       {func(f *config.Flags) { f.Roles = "play,queen" }, "\"queen\" is no role"},
		"no role":            {func(f *config.Flags) { f.Roles = " , " }, "names no role"},
		"no number":          {func(f *config.Flags) { f.SnapshotEvery = "often" }, "from 1 to 20000"},
		"too small":          {func(f *config.Flags) { f.HotGames = "0" }, "--hot-games (PLY_HOT_GAMES)"},
		"no unit":            {func(f *config.Flags) { f.EvictAfter = "5" }, "such as 90s"},
		"drain too long":     {func(f *config.Flags) { f.Drain = "4s" }, "from 0s to 3s"},
		"no level":           {func(f *config.Flags) { f.LogLevel = "loud" }, "give debug, info, warn or error"},
		"no format":          {func(f *config.Flags) { f.LogFormat = "xml" }, "give text or json"},
		"missing keys":       {func(f *config.Flags) { f.JWKSFile = missing }, "--jwks-file (PLY_JWKS_FILE)"},
		"plain http":         {func(f *config.Flags) { f.JWKSFile, f.JWKSURL = "", "http://id.example/keys" }, "is no https address"},
		"both key sets":      {func(f *config.Flags) { f.JWKSURL = "https://id.example/keys" }, "give one of them"},
		"no audience":        {func(f *config.Flags) { f.JWTAudience = "" }, "--jwt-audience (PLY_JWT_AUDIENCE)"},
		"watch, no relay":    {func(f *config.Flags) { f.Roles, f.Kafka = "watch", "" }, "add relay"},
		"shared, no relay":   {func(f *config.Flags) { f.Roles, f.Kafka = "play", "" }, "add relay"},
		"store and others":   {func(f *config.Flags) { f.Roles = "store,play" }, "give store alone"},
		"store of a store":   {func(f *config.Flags) { f.Roles = "store" }, "--store (PLY_STORE)"},
		"no store":           {func(f *config.Flags) { f.Store = "tcp://x:1" }, "give embedded, or an address"},
		"kurrentdb":          {func(f *config.Flags) { f.Store = "kurrentdb://x:2113" }, "write esdb instead"},
		"no redis":           {func(f *config.Flags) { f.Redis = "" }, "--redis (PLY_REDIS)"},
		"redis by http":      {func(f *config.Flags) { f.Redis = "http://cache" }, "no address of a Redis"},
		"journal, embedded":  {func(f *config.Flags) { f.Store, f.Kafka, f.Roles = "embedded", "", "play" }, "turn the journal off"},
		"unsafe, no journal": {func(f *config.Flags) { f.Journal, f.JournalUnsafe = "off", "on" }, "without the journal"},
		"kafka, embedded":    {func(f *config.Flags) { f.Store, f.Journal = "embedded", "off" }, "belongs to one alone"},
		"no broker":          {func(f *config.Flags) { f.Kafka = "k1" }, "is no broker"},
		"no partitions":      {func(f *config.Flags) { f.KafkaPartitions = "0" }, "--kafka-partitions (PLY_KAFKA_PARTITIONS)"},
		"no key":             {func(f *config.Flags) { f.SigningKey = "" }, "must sign with the same key"},
		"short key":          {func(f *config.Flags) { f.SigningKey = "abcd" }, "64 hex digits"},
		"missing key file":   {func(f *config.Flags) { f.SigningKey, f.SigningKeyFile = "", missing }, "--signing-key-file (PLY_SIGNING_KEY_FILE)"},
		"both keys":          {func(f *config.Flags) { f.SigningKeyFile = f.JWKSFile }, "--signing-key-file (PLY_SIGNING_KEY_FILE)"},
		"no name":            {func(f *config.Flags) { f.AppID = "a b" }, "--app-id (PLY_APP_ID)"},
	} {
		t.Run(name, func(t *testing.T) {
			f := good(t)
			c.change(&f)
			_, err := f.Config()
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line with %q", err, c.want)
			}
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	f := good(t)
	f.Addr, f.HotGames, f.LogLevel, f.Roles = "x", "y", "z", "king,queen"
	_, err := f.Config()
	if err == nil {
		t.Fatal("accepted")
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 5 {
		t.Errorf("%d lines, want 5:\n%v", len(lines), err)
	}
}

func TestUnknownVariables(t *testing.T) {
	got := config.UnknownVariables([]string{
		"PLY_ADR=x", "PLY_DATA=y", "HOME=z", "PLY_TEST_ESDB=1", "PLY_ZZZZZZZZZZZZZZZZ=1", "PLY_GAMES=5",
	}, "PLY_GAMES")
	want := []string{
		"environment variable PLY_ADR means nothing to ply and is ignored; did you mean PLY_ADDR?",
		"environment variable PLY_ZZZZZZZZZZZZZZZZ means nothing to ply and is ignored",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

var write = flag.Bool("write", false, "write the table of settings into the README")

func TestTheReadmeHoldsTheTable(t *testing.T) {
	const begin, end = "<!-- settings: begin -->\n", "<!-- settings: end -->\n"
	place := filepath.Join("..", "..", "README.md")
	text, err := os.ReadFile(place)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	table, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("README.md has no place for the settings: the lines %q and %q", begin, end)
	}
	if *write {
		if err := os.WriteFile(place, []byte(before+begin+config.Table()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != config.Table() {
		t.Error("the table of settings in README.md is old: run go generate ./infra/config")
	}
}
