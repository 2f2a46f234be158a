package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
)

// journalCommand looks after the journal of a deployment.
type journalCommand struct {
	Status  journalStatus  `cmd:"" default:"withargs" help:"Tell whether the journal is on, and what lies in Redis only."`
	On      journalOn      `cmd:"" help:"Turn the journal on. All servers must be stopped."`
	Off     journalOff     `cmd:"" help:"Move everything to the store, prove it, and turn the journal off. All servers must be stopped."`
	GiveUp  journalGiveUp  `cmd:"" help:"Turn the journal off although its Redis is lost, and with it the moves that had not reached the store."`
	Abandon journalAbandon `cmd:"" help:"Take what the journal holds of a halted game out of Redis, into a file; the game goes on from what the store has."`
}

// journalFlags say where the deployment is.
type journalFlags struct {
	Store string `env:"PLY_STORE" required:"" placeholder:"STORE" help:"The store, such as esdb://127.0.0.1:2113?tls=false."`
	Redis string `env:"PLY_REDIS" placeholder:"URL" help:"The journal's Redis, such as redis://127.0.0.1:6379/0."`
}

// toolTime bounds what an operator's command waits for.
const toolTime = time.Minute

// openShared opens a store that servers share.
func openShared(ctx context.Context, address string) (*eventstoredb.Store, error) {
	return eventstoredb.Open(ctx, eventstoredb.Config{ConnectionString: address, Logger: slog.New(slog.DiscardHandler)})
}

// with opens the store and Redis for some work. Without an address of Redis there is no client.
func (f journalFlags) with(work func(context.Context, *eventstoredb.Store, *redis.Client) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), toolTime)
	defer cancel()
	store, err := openShared(ctx, f.Store)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // never fails
	if f.Redis == "" {
		return work(ctx, store, nil)
	}
	client, err := redis.Open(redis.Config{Address: f.Redis})
	if err != nil {
		return err
	}
	defer client.Close()
	return work(ctx, store, client)
}

// needRedis is with for work that can't be done without.
func (f journalFlags) needRedis(work func(context.Context, *eventstoredb.Store, *redis.Client) error) error {
	if f.Redis == "" {
		return errUsage{errors.New("--redis (PLY_REDIS) is missing: give the address of the journal's Redis")}
	}
	return f.with(work)
}

type journalStatus struct{ journalFlags }

// Run tells the setting, and what Redis holds if its address was given.
func (c journalStatus) Run(s streams) error {
	return c.with(func(ctx context.Context, store *eventstoredb.Store, client *redis.Client) error {
		setting, err := journal.ReadSetting(ctx, store)
		if err != nil {
			return err
		}
		switch {
		case !setting.Recorded:
			fmt.Fprintln(s.out, "no server was ever started on this store")
			return nil
		case !setting.On:
			fmt.Fprintln(s.out, "the journal is off")
			return nil
		}
		fmt.Fprintf(s.out, "the journal is on, incarnation %s\n", setting.Incarnation)
		if client == nil {
			return nil
		}
		keys := journal.NewKeys(client, setting.Incarnation, toolTime)
		dirty, err := keys.Dirty(ctx)
		if err != nil {
			return err
		}
		halted, err := keys.Halted(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%d games have moves in Redis only, %d games are halted\n", len(dirty), len(halted))
		for stream, why := range halted {
			fmt.Fprintf(s.out, "halted: %s: %s\n", stream, why)
		}
		return errors.Join(journal.Guard(ctx, client))
	})
}

type journalOn struct{ journalFlags }

// Run turns the journal on.
func (c journalOn) Run(s streams) error {
	return c.needRedis(func(ctx context.Context, store *eventstoredb.Store, client *redis.Client) error {
		if err := errors.Join(journal.Guard(ctx, client)); err != nil {
			return err
		}
		if err := journal.TurnOn(ctx, store, client); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.out, "the journal is on: start all servers with --journal on (PLY_JOURNAL=on)")
		return err
	})
}

type journalOff struct{ journalFlags }

// Run turns the journal off.
func (c journalOff) Run(s streams) error {
	return c.needRedis(func(ctx context.Context, store *eventstoredb.Store, client *redis.Client) error {
		if err := journal.TurnOff(ctx, store, client, journal.Config{}); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.out, "the journal is off and empty: start all servers with --journal off (PLY_JOURNAL=off)")
		return err
	})
}

type journalGiveUp struct {
	journalFlags
	Lost bool `name:"redis-is-lost" help:"Say that the journal's Redis is lost for good. Moves that were acknowledged and had not reached the store are lost with it."`
}

// Run turns the journal off without its Redis.
func (c journalGiveUp) Run(s streams) error {
	if !c.Lost {
		return errUsage{errors.New("give --redis-is-lost to say that the journal's Redis can't be brought back; " +
			"while it can, `ply journal off` loses nothing")}
	}
	return c.with(func(ctx context.Context, store *eventstoredb.Store, _ *redis.Client) error {
		if err := journal.GiveUp(ctx, store); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.out, "the journal is off: games go on from what the store has")
		return err
	})
}

type journalAbandon struct {
	journalFlags
	Game string `arg:"" help:"The game's id."`
	File string `arg:"" help:"New file for what the journal held: the events were acknowledged, so keep it."`
}

// Run writes what the journal holds of a halted game to a file, one event a line, and forgets it.
func (c journalAbandon) Run(s streams) error {
	return c.needRedis(func(ctx context.Context, store *eventstoredb.Store, client *redis.Client) (err error) {
		setting, err := journal.ReadSetting(ctx, store)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		events, err := journal.Abandon(ctx, client, setting.Incarnation, event.GameStream(c.Game))
		out := json.NewEncoder(f)
		for _, e := range events {
			err = errors.Join(err, out.Encode(map[string]any{
				"v": e.Version, "id": e.ID.String(), "type": e.Type, "meta": json.RawMessage(e.Meta), "data": json.RawMessage(e.Data),
			}))
		}
		if err = errors.Join(err, f.Sync()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%d events of %s are in %s; the game goes on from what the store has\n", len(events), c.Game, c.File)
		return err
	})
}
