package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/commands/policies"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/metrics"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/projections/fold"
	views "github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/history"
	"github.com/plygames/ply/projections/paced"
	"github.com/plygames/ply/projections/spectate"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/rest"
	"github.com/plygames/ply/transport/socket"
	"github.com/plygames/ply/transport/wire"
)

// The adapters satisfy the ports.
var (
	_ commands.Observer = (*metrics.Commands)(nil)
	_ commands.Presence = (*socket.Presence)(nil)
	_ commands.Announce = (*socket.Presence)(nil)
	_ pebble.Observer   = (*metrics.Store)(nil)
	_ relay.Observer    = (*metrics.Relay)(nil)
	_ bus.Observer      = (*metrics.Bus)(nil)
	_ fanout.Observer   = (*metrics.Fanout)(nil)
	_ socket.Observer   = (*metrics.Sockets)(nil)
	_ rest.Observer     = (*metrics.HTTP)(nil)
	_ spectate.Observer = (*metrics.Spectate)(nil)
	_ fold.Observer     = (*metrics.Views)(nil)
	_ policies.Overdue  = (*overdue)(nil)
	_ policies.Waker    = (*commands.Application)(nil)
	_ bus.Handler       = (*spectate.Spectate)(nil)
	_ relay.Publisher   = (bus.Bus)(nil)
	_ relay.Prover      = (*eventstoredb.Store)(nil)
	_ relay.Checkpoints = (*redis.Checkpoints)(nil)
	_ journal.Client    = (*redis.Client)(nil)
	_ fanout.Feed       = (*commands.Application)(nil)
	_ fanout.Feed       = (*spectate.Spectate)(nil)
	_ socket.Watched    = (*spectate.Spectate)(nil)
	_ fanout.History    = (*history.History)(nil)
	_ rest.Commands     = (*commands.Application)(nil)
	_ rest.Lists        = lists{}
	_ rest.Lists        = noLists{}
	_ commands.Quota    = (*views.Games)(nil)
	_ commands.Quota    = noQuota{}
	_ rest.Operator     = (*operator)(nil)
	_ auth.Revocations  = (*revocations)(nil)
	_ auth.Revocations  = (*redis.Revocations)(nil)
	_ redis.Presence    = (*socket.Presence)(nil)
)

func (a *App) openKeys(ctx context.Context) (err error) {
	folder := filepath.Join(a.data, keysFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	key := a.config.SigningKey
	if key == nil {
		if key, err = auth.LoadOrCreateKey(filepath.Join(folder, "signing.key")); err != nil {
			return err
		}
	}
	keySet := a.config.JWKSFile
	if keySet == "" {
		keySet = a.config.JWKSURL
	}
	a.people, err = auth.New(ctx, auth.Config{
		Key: key, KeySet: keySet, Audience: a.config.JWTAudience, Lifetime: a.config.TokenTTL, Now: now, Log: a.log,
		Revoked: a.shareRevocations(&revocations{path: filepath.Join(folder, "revoked")}),
	})
	return err
}

// buildWriteSide: sockets' presence comes first, because commands ask who is here.
func (a *App) buildWriteSide(context.Context) error {
	if err := a.openViews(); err != nil {
		return err
	}
	a.presence = socket.NewPresence(a.clock)
	a.games = commands.New(commands.Config{
		Incarnation:   a.incarnation,
		SnapshotEvery: uint64(a.config.SnapshotEvery),
		HotGames:      a.config.HotGames,
		EvictAfter:    a.config.EvictAfter,
		Shared:        a.config.Store != "",
	}, commands.Ports{
		Store: a.store, Snapshots: a.snapshots, Alive: a.alive, Clock: a.clock, Presence: a.presence, Quota: a.quota(),
		Announce: a.presence, Observer: a.metrics.Commands, Kinds: games.Kinds, Wall: wall, Seed: seed, Log: a.log,
		Ratings: a.rated(),
	})
	return nil
}

// buildWatching: the relay over a bus of our own finds the store's end here, before the first command can be accepted, and
// the subscriptions stand before it publishes.
func (a *App) buildWatching(ctx context.Context) error {
	a.history = &history.History{Log: a.store, Kinds: games.Kinds}
	a.spectate = spectate.New(spectate.Config{
		Log: a.store, Kinds: games.Kinds, Logger: a.log, Observer: a.metrics.Spectate,
		Partitions: a.bus.Partitions(), PartitionOf: a.bus.PartitionOf,
	})
	a.paced = paced.New(paced.Config{Live: a.spectate, Past: a.history, Wall: wall, Logger: a.log})

	// Subscriptions end with the bus.
	if a.config.Roles.Watch {
		partition := func(n int) bus.Handler { return a.spectate.Partition(n) }
		if err := a.bus.SubscribePartitions(context.Background(), "watch", partition); err != nil {
			return err
		}
	}
	if a.hosts() && a.config.Store != "" { // with a store of its own there is no other host
		learn := func(int) bus.Handler { return learner{a.games} }
		if err := a.bus.SubscribePartitions(context.Background(), "play", learn); err != nil {
			return err
		}
	}
	return a.openRelay(ctx)
}

// hosts tells whether this server may have games in memory that it decides on: policies and creation are commands too.
func (a *App) hosts() bool { return a.config.Roles.Play || a.config.Roles.Project }

// learner gives a host what other hosts have committed.
type learner struct{ games *commands.Application }

func (l learner) Events(batch []event.Recorded) { l.games.Learn(batch) }
func (learner) Watermark(event.Position)        {}

// buildEdge: what listens to people.
func (a *App) buildEdge(context.Context) error {
	c := a.config
	encoder := &wire.Encoder{Names: a.names}
	limiter, handshakes := limit.Limiter(limit.Off{}), (*limit.Buckets[string])(nil)
	if c.RateLimits {
		limiter, handshakes = limit.NewCommands(nil), limit.NewHandshakes(nil)
	}
	watched := socket.Watched(nil)
	if c.Roles.Watch && c.Store != "" {
		watched = a.spectate // a crowd that joins must not ask the store
	}
	a.sockets = socket.New(socket.Config{
		Incarnation: a.incarnation, Origins: c.Origins, Proxies: c.TrustedProxies, Unlimited: !c.RateLimits,
	}, socket.Deps{
		Games: a.games, Watched: watched, Play: a.games, Watch: a.spectate, Paced: feeds{a.paced}, History: a.history, Encoder: encoder,
		Auth: a.people, Presence: a.presence, Lobby: a.openLobby(encoder), Commands: limiter, Handshakes: handshakes, Clock: a.clock, Wall: wall,
		Observer: a.metrics.Sockets, FanoutObserver: a.metrics.Fanout, Log: a.log,
	})
	a.names.OnChange(a.renamed)
	api := rest.New(rest.Deps{
		Commands: a.games, History: a.history, People: a.people, Encoder: encoder, Namer: a.games, Lists: a.list(),
		Players: a.players(), Finder: finder{a.names}, TV: a.television(), Bulk: a.bulk(),
		Presence: a.presence, Limiter: limiter, Health: a.health, Kinds: games.All(),
		Now: now, Live: a.clock.Now, Elapsed: a.elapsed, Origins: c.Origins, Observer: a.metrics.HTTP, Log: a.log,
	})
	a.handle(a.routes(api), a.adminRoutes())
	return nil
}

// feeds gives sockets the paced feeds as they know them.
type feeds struct{ *paced.Paced }

func (f feeds) Delayed(d time.Duration) fanout.Feed { return f.Paced.Delayed(d) }

func (f feeds) Replay(from uint64, speed float64, delay time.Duration) fanout.Feed {
	if delay > 0 {
		return f.Paced.Delayed(delay).Replay(from, speed)
	}
	return f.Paced.Replay(from, speed)
}

// elapsed is how long a seat has been thinking, in ms: on our live clock if we put it on turn, else by the wall.
func (a *App) elapsed(o game.Origin) int64 {
	if o.Server == a.incarnation {
		return max(0, a.clock.Now()-o.Up)
	}
	return max(0, wall()-o.At)
}

// listen opens both listeners.
func (a *App) listen(context.Context) error { return a.openListeners() }

// seed is fresh randomness for one decision.
func seed() (s game.Seed) {
	_, _ = rand.Read(s[:]) // never fails
	return s
}
