package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/transport/auth"
)

// relayName names the relay's lease and its checkpoint in Redis.
const relayName = "relay"

// openShared opens the services that all servers share: the event store, Redis, and Kafka if there is one.
func (a *App) openShared(ctx context.Context) error {
	c := a.config
	if head, err := a.local.Head(ctx); err != nil || head != "" {
		return errors.Join(err, fmt.Errorf("data folder %s holds games of its own, which servers with a shared store would not see: "+
			"choose another folder with --data (PLY_DATA), or serve this one to all with `ply store`", a.data))
	}
	client, err := redis.Open(redis.Config{Address: c.Redis, Logger: a.log, Observer: a.metrics.Redis})
	if err != nil {
		return err
	}
	a.redis = client
	a.closers = append(a.closers, func() error { client.Close(); return nil })
	events, err := eventstoredb.Open(ctx, eventstoredb.Config{
		ConnectionString: c.Store, Logger: a.log, Observer: a.metrics.ESDB,
	})
	if err != nil {
		return err
	}
	a.closers = append(a.closers, events.Close)
	a.store, a.all, a.prover = events, events, events
	if err := a.openJournal(ctx, events); err != nil {
		return err
	}
	alive := redis.NewAlive(client, a.incarnation)
	a.beside.run(alive.Hold)
	a.alive, a.snapshots = alive, redis.NewSnapshots(client, 0)
	if len(c.Kafka.Brokers) == 0 {
		a.openOwnBus()
		return nil
	}
	return a.openKafka()
}

// openJournal puts the journal in front of the store, if the deployment has it, on every server: one that decided a game
// around it would fork the game, and one that only shows games would not know those that have just begun.
func (a *App) openJournal(ctx context.Context, events *eventstoredb.Store) error {
	if !a.config.Journal {
		return journal.AgreeOff(ctx, events)
	}
	j, err := journal.Open(ctx, events, a.redis, journal.Options{
		Config: journal.Config{Logger: a.log, Observer: a.metrics.Journal}, Unsafe: a.config.JournalUnsafe,
	})
	if err != nil {
		return err
	}
	a.closers = append(a.closers, func() error {
		if err := j.Close(); err != nil { // nothing is lost: others take what is left to the store
			a.log.Warn("not all moves have left the journal", "error", err)
		}
		return nil
	})
	a.store = j
	return nil
}

// openKafka makes the bus between servers. One relay at a time carries the store to it, by a lease that only saves work.
func (a *App) openKafka() error {
	c := a.config.Kafka
	kafka, err := bus.NewKafka(bus.KafkaConfig{
		Brokers: c.Brokers, Partitions: c.Partitions, Replication: c.Replication, NodeName: a.config.AppID,
		Observer: a.metrics.Bus, Logger: a.log,
	})
	if err != nil {
		return err
	}
	a.bus = kafka
	lease := &redis.Lease{Client: a.redis, Name: relayName, Stubborn: true}
	a.relays = func(ctx context.Context) error {
		lease.Run(ctx, func(ctx context.Context) error {
			r, err := relay.Open(ctx, relay.Config{
				Log: a.all, Bus: kafka, AtOnce: bus.AtOnce, Checkpoints: redis.NewCheckpoints(a.redis, relayName), Prover: a.prover,
				Observer: a.metrics.Relay, Logger: a.log,
			})
			if err != nil {
				return err
			}
			return r.Run(ctx)
		})
		return nil
	}
	a.refuses = func(ctx context.Context) error {
		if err := kafka.Connected(ctx); errors.Is(err, bus.ErrPartitions) {
			return err
		}
		return nil
	}
	return nil
}

// shareRevocations puts what all servers know in front of this server's own file.
func (a *App) shareRevocations(own *revocations) auth.Revocations {
	if a.redis == nil {
		return own
	}
	a.revoked = redis.NewRevocations(a.redis, own)
	return a.revoked
}

// joinSite lets this server and the others tell each other what no event says: who is where, rematches, revocations.
func (a *App) joinSite(context.Context) error {
	if a.redis == nil {
		return nil
	}
	signals := redis.NewSignals(a.redis, redis.SignalsConfig{
		Incarnation: a.incarnation, Presence: a.presence, Clock: a.clock, Revocations: a.revoked,
		Revoked: func(player string, at time.Time) {
			if err := a.people.Revoke(player, at); err != nil {
				a.log.Error("a revocation of another server was not recorded here", "error", err)
			}
			a.sockets.Revoke(player)
			go a.names.Renew(player) // they may have been erased; reading takes time that signals don't have
		},
	})
	a.beside.run(signals.Run)
	return nil
}
