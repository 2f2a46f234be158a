package planted

// The simulation as a hunter: seed after seed until one fails.
var simulation = Hunter{Package: "./tests/sim", Run: "^TestHunt$", Args: []string{"-long=5m"}}

// suite is a package's own tests, or some of them.
func suite(folder, run string) Hunter { return Hunter{Package: folder, Run: run} }

// Bugs are the twenty of R14 and those of DESIGN 10, in their order.
var Bugs = []Bug{
	{
		Name: "ack before fsync", Hunter: simulation, File: "infra/pebble/folder.go",
		Old: "		writes = lsm.Sync\n", New: "		writes = lsm.NoSync\n",
	},
	{
		Name: "no expected version", Hunter: simulation, File: "infra/pebble/commit.go",
		Old: "	case head == r.expected:\n", New: "	case head >= r.expected:\n",
	},
	{
		Name: "dedupe off", Hunter: simulation, File: "commands/handle.go",
		Old: "range s.Accepted(c.Player, c.ID) {", New: "range s.Accepted(c.Player, c.ID)[:0] {",
	},
	{
		Name: "id reuse unchecked", Hunter: simulation, File: "commands/handle.go",
		Old: "if meta.Content != c.Fingerprint() {", New: "if false {",
	},
	{
		Name: "relay checkpoint before publish", Hunter: suite("./infra/relay", "."), File: "infra/relay/relay.go",
		Old: "	if len(games) > 0 {\n", New: "	r.at = projections.Checkpoint{Position: events[len(events)-1].Position, ID: events[len(events)-1].ID}\n	if len(games) > 0 {\n",
	},
	{
		Name: "unkeyed publish", Hunter: suite("./infra/bus", "."), File: "infra/bus/producer.go",
		Old: "	return game, nil\n", New: "	return game[:0], nil\n",
	},
	{
		Name: "acks=0", Hunter: suite("./infra/bus", "."), File: "infra/bus/settings.go",
		Old: "c.Producer.RequiredAcks = sarama.WaitForAll", New: "c.Producer.RequiredAcks = sarama.NoResponse",
	},
	{
		Name: "projector not idempotent", Hunter: suite("./projections/fold", "."), File: "projections/fold/fold.go",
		Old: "for len(batch) > 0 && batch[0].Position <= at.Position {", New: "for false {",
	},
	{
		Name: "snapshot off by one", Hunter: simulation, File: "domain/game/snapshot.go",
		Old: "range s.receipts.all() {", New: "range s.receipts.all()[:s.receipts.n&^1] {",
	},
	{
		Name: "turn check off", Hunter: suite("./domain/game", "."), File: "domain/game/decide_move.go",
		Old: "if !s.OnTurn(seat) {", New: "if false {",
	},
	{
		Name: "end check off", Hunter: simulation, File: "domain/game/decide.go",
		Old: "	case Over:\n		return &domain.Error", New: "	case \"over\":\n		return &domain.Error",
	},
	{
		Name: "seat check off", Hunter: simulation, File: "domain/game/decide.go",
		Old: "	if err := s.phase(seat, c); err != nil {\n",
		New: "	if turn := s.Turn(); len(turn) > 0 {\n		seat = turn[0]\n	}\n	if err := s.phase(seat, c); err != nil {\n",
	},
	{
		Name: "torn tail accepted", Hunter: suite("./infra/pebble", "."), File: "infra/pebble/folder.go",
		Old: "const formatVersion = lsm.FormatTableFormatV6", New: "const formatVersion = lsm.FormatMinSupported",
	},
	{
		Name: "zombie write", Hunter: simulation, File: "infra/pebble/commit.go",
		Old: "	return refuse, fmt.Errorf(\"%w: it is at %d\", commands.ErrConflict, head)\n", New: "	return repeat, nil\n",
	},
	{
		Name: "slow spectator unbounded", Hunter: suite("./transport/socket", "Slow|Full|slow"), File: "transport/socket/pipe.go",
		Old: "	return p.full\n}\n\n// Write", New: "	return false\n}\n\n// Write",
	},
	{
		Name: "wrong-audience token accepted", Hunter: suite("./transport/auth", "."), File: "transport/auth/token.go",
		Old: "if len(c.Audience) > 0 && !slices.Contains(c.Audience, a.audience) {", New: "if false {",
	},
	{
		Name: "clock trusted from client", Hunter: simulation, File: "transport/socket/play.go",
		Old: "		k.pong(m.TS)\n", New: "		k.pinging.lag.Store(max(0, k.server.Wall()-m.TS))\n		k.pong(m.TS)\n",
	},
	{
		Name: "gap hidden", Hunter: simulation, File: "projections/spectate/watched.go",
		Old: "			w.read(nil)\n			break\n", New: "			break\n",
	},
	{
		Name: "duplicate shown", Hunter: simulation, File: "transport/fanout/cursor.go",
		Old: "		case where == inRing:\n			c.at.started, c.at.version = true, s.From\n",
		New: "		case where == inRing:\n			c.at.started, c.at.version = true, max(s.From, 1)-1\n",
	},
	{
		Name: "unknown told as refused", Hunter: simulation, File: "commands/handle.go",
		Old: "		a.resolve(h, s.Version, steps, c)\n		return s, &domain.Error{Kind: domain.Unknown, Message: \"it may have been done; send the same command again\", Err: err}\n",
		New: "		return s, &domain.Error{Kind: domain.IllegalMove, Message: \"it was not done\", Err: err}\n",
	},
	// Those of DESIGN 10.
	{
		Name: "id from command id only", Hunter: simulation, File: "domain/event/chain.go",
		Old: "	var room [768]byte //",
		New: "	if m, err := DecodeMeta(meta); err == nil && m.Command != \"\" {\n		return sha256.Sum256([]byte(prev.String() + m.Player + m.Command + typ))\n	}\n	var room [768]byte //",
	},
	{
		Name: "journal seed without generation", Hunter: suite("./tests/journal", "TestModelIsRedis"), File: "infra/redis/journal/append.lua",
		Old: "if ARGV[4] ~= gen[2] then", New: "if ARGV[4] == '' then",
	},
	{
		Name: "journal fall-through", Hunter: suite("./tests/journal", "^TestInterleavings$"), File: "infra/redis/journal/append.go",
		Old: "		if err != nil {\n			return false, err\n		}\n		switch answer.Verdict {",
		New: "		if err != nil {\n			return false, j.Store.Append(ctx, stream, expected, events)\n		}\n		switch answer.Verdict {",
	},
	{
		Name: "conflict read as drop", Hunter: suite("./tests/journal", "^TestInterleavings$"), File: "infra/redis/journal/flush.go",
		Old: "			found, err := j.compare(ctx, stream, entries)\n			if err != nil {\n				return 0, err\n			}\n			if found < part[0].Version {",
		New: "			found, err := part[len(part)-1].Version, error(nil)\n			if err != nil {\n				return 0, err\n			}\n			if found < part[0].Version {",
	},
	{
		Name: "last event lost on the bus", Hunter: simulation, File: "projections/spectate/partition.go",
		Old: "				s.spawn(p.compare)\n", New: "",
	},
	{
		Name: "wall clock in elapsed", Hunter: simulation, File: "commands/measure.go",
		Old: "		return max(0, live-h.thinking[seat])\n", New: "		return max(0, wall-p.Origin.At)\n",
	},
	{
		Name: "push missing on the other host", Hunter: simulation, File: "commands/learn.go",
		Old: "		if h == nil {\n			continue", New: "		if true {\n			continue",
	},
	{
		Name: "snapshot without chain check", Hunter: simulation, File: "commands/load.go",
		Old: "rec.Version != s.Version || rec.ID != s.Chain.ID()", New: "rec.Version != s.Version",
	},
	{
		Name: "view fed from Kafka", Hunter: suite("./projections/fold", "."), File: "projections/fold/fold.go",
		Old: "	at, rows, err := f.live.batch(batch)\n", New: `	var one, two []event.Recorded
	last := batch[len(batch)-1]
	for _, e := range batch[:len(batch)-1] {
		if e.Stream[len(e.Stream)-1]%2 == 0 {
			one = append(one, e)
		} else {
			two = append(two, e)
		}
	}
	batch = append(append(one, two...), last)
	at, rows, err := f.live.batch(batch)
`,
	},
}
