package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// DefaultAdminAddr is where the second listener goes if nobody says otherwise and the port is free.
const DefaultAdminAddr = "127.0.0.1:8081"

// Config is what a server runs with. Make it with Flags.Config, or start from Default in tests.
type Config struct {
	Addr           string // HOST:PORT
	AdminAddr      string // HOST:PORT; empty = DefaultAdminAddr, or any free port
	Origins        []string
	TrustedProxies []netip.Prefix
	RateLimits     bool

	Data  string
	Roles Roles

	AppID         string
	Store         string // connection string; empty = embedded
	StoreAddr     string // HOST:PORT
	Redis         string // URL; empty = none
	Journal       bool
	JournalUnsafe bool
	Kafka         Kafka
	SigningKey    []byte // nil = from the data folder

	SnapshotEvery int // events
	HotGames      int
	EvictAfter    time.Duration

	TokenTTL    time.Duration
	JWKSFile    string
	JWKSURL     string
	JWTAudience string

	LogLevel slog.Level
	JSONLogs bool
	Drain    time.Duration
	Pprof    bool
}

// Roles are what a server does. At least one is set.
type Roles struct {
	Play    bool // hosts games
	Watch   bool // shows them to spectators
	Relay   bool // carries the store to the bus
	Project bool // views and policies
	Store   bool // serves the embedded store; alone
}

// Kafka is the bus between servers.
type Kafka struct {
	Brokers     []string // empty = every server relays the store to itself
	Partitions  int
	Replication int
}

// Default is the Config of a server that was told nothing.
func Default() Config {
	c, err := defaults().Config()
	if err != nil {
		panic("config: a default is refused: " + err.Error())
	}
	return c
}
