package config

// Flags are the settings as a person gives them. The tags are read by the command line (kong) and by Table; every flag
// has an environment variable. All values are texts, so that Config can name every mistake and not just the first.
type Flags struct {
	Addr      string `group:"Listening" env:"PLY_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where players, spectators and the API are served. Port 0 takes any free port; :8080 listens on all interfaces."`
	AdminAddr string `group:"Listening" env:"PLY_ADMIN_ADDR" placeholder:"HOST:PORT" help:"Second listener, for operators: /metrics and /admin. It asks nobody who they are, so keep it on loopback. If not given: 127.0.0.1:8081, or any free port if that one is taken."`
	Origins   string `group:"Listening" env:"PLY_ORIGINS" placeholder:"ORIGIN,..." help:"Web sites besides the server's own that may open sockets, such as https://play.example.org."`
	Trusted   string `group:"Listening" name:"trusted-proxies" env:"PLY_TRUSTED_PROXIES" placeholder:"CIDR,..." help:"Proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8. Without it the limits per address count the proxy."`
	Limits    string `group:"Listening" name:"rate-limits" env:"PLY_RATE_LIMITS" default:"on" placeholder:"on|off" help:"Limits per second on commands, pings and handshakes. Off is for load tests."`

	Data  string `group:"Data" env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Folder that holds everything: events, snapshots, views, signing keys. One server at a time may use it."`
	Roles string `group:"Data" env:"PLY_ROLES" default:"play,watch,relay,project" placeholder:"ROLE,..." help:"What this server does: play (hosts games), watch (spectators), relay (store to bus), project (views, deadlines); or store alone: serves the embedded store to other servers."`

	AppID            string `group:"Cluster" name:"app-id" env:"PLY_APP_ID,APPID" placeholder:"NAME" help:"What this server is called in logs, at Kafka and in the Ply-Server header of its answers."`
	Store            string `group:"Cluster" env:"PLY_STORE" default:"embedded" placeholder:"STORE" help:"Where events are kept: embedded (in the data folder), or the address of an EventStoreDB, a KurrentDB or a ply store, such as esdb://events:2113?tls=false."`
	StoreAddr        string `group:"Cluster" env:"PLY_STORE_ADDR" default:"127.0.0.1:2113" placeholder:"HOST:PORT" help:"Where the role store serves EventStoreDB's protocol. It asks nobody who they are: keep it inside."`
	Redis            string `group:"Cluster" env:"PLY_REDIS" placeholder:"URL" help:"Redis that all servers share, such as redis://cache:6379/0: snapshots, marks of life, presence, the journal. Needed with a store that is not embedded."`
	Journal          string `group:"Cluster" env:"PLY_JOURNAL" default:"off" placeholder:"on|off" help:"Moves are acknowledged when Redis has them on disk, and go to the store in bulk. A fact of the whole deployment."`
	JournalUnsafe    string `group:"Cluster" env:"PLY_JOURNAL_UNSAFE" default:"off" placeholder:"on|off" help:"Accepts a Redis that can lose acknowledged moves: with appendfsync everysec about a second of them, without a file all that are not in the store yet."`
	Kafka            string `group:"Cluster" env:"PLY_KAFKA" placeholder:"HOST:PORT,..." help:"Brokers that carry events from the relay to all servers. Without them every server relays the store to itself."`
	KafkaPartitions  string `group:"Cluster" env:"PLY_KAFKA_PARTITIONS" default:"12" placeholder:"NUMBER" help:"Partitions of the topic. The same on every server, and never changed."`
	KafkaReplication string `group:"Cluster" env:"PLY_KAFKA_REPLICATION" default:"1" placeholder:"NUMBER" help:"Copies that a new topic has."`
	SigningKey       string `group:"Cluster" env:"PLY_SIGNING_KEY" placeholder:"SECRET" help:"Secret that signs tokens and invitations, the same on all servers: at least 32 bytes in hex. Give it by the variable, not by the flag. If not given, it lies in the data folder."`
	SigningKeyFile   string `group:"Cluster" env:"PLY_SIGNING_KEY_FILE" placeholder:"FILE" help:"File that holds the signing key."`

	SnapshotEvery string `group:"Memory" env:"PLY_SNAPSHOT_EVERY" default:"100" placeholder:"EVENTS" help:"Events of a game between two snapshots."`
	HotGames      string `group:"Memory" env:"PLY_HOT_GAMES" default:"100000" placeholder:"GAMES" help:"Most games kept in memory; about 4 KB each. The longest idle make room."`
	EvictAfter    string `group:"Memory" env:"PLY_EVICT_AFTER" default:"5m" placeholder:"DURATION" help:"A game that nobody follows leaves memory after this long without an event."`

	TokenTTL    string `group:"Identity" name:"token-ttl" env:"PLY_TOKEN_TTL" default:"24h" placeholder:"DURATION" help:"How long a guest's token is valid."`
	JWKSFile    string `group:"Identity" name:"jwks-file" env:"PLY_JWKS_FILE" placeholder:"FILE" help:"JSON Web Key Set of a site that signs tokens for its own users."`
	JWKSURL     string `group:"Identity" name:"jwks-url" env:"PLY_JWKS_URL" placeholder:"URL" help:"The same, fetched and refreshed over https."`
	JWTAudience string `group:"Identity" name:"jwt-audience" env:"PLY_JWT_AUDIENCE" default:"ply" placeholder:"NAME" help:"Audience (aud) of this server: a site's token that names audiences must name this one."`

	LogLevel  string `group:"Operation" env:"PLY_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error. Logs go to standard error."`
	LogFormat string `group:"Operation" env:"PLY_LOG_FORMAT" default:"text" placeholder:"FORMAT" help:"text for people, json for machines."`
	Drain     string `group:"Operation" env:"PLY_DRAIN" default:"3s" placeholder:"DURATION" help:"On SIGTERM, sockets are told to reconnect spread over this long. 0s tells all at once."`
	Pprof     string `group:"Operation" env:"PLY_PPROF" default:"off" placeholder:"on|off" help:"Serves Go profiles under /debug/pprof on the second listener."`
}
