package app

import (
	"context"
	"errors"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/projections"
)

// deployment is where this server keeps what outlives it, and how it hears of others: all in its own process and folder,
// or in services that it shares with other servers.
type deployment struct {
	store     commands.EventStore // what commands append to, and single games are read from
	all       projections.Log     // what is folded in the global order
	snapshots commands.Snapshots
	alive     marks
	prover    relay.Prover // nil: the store can't have been taken back behind our back
	bus       bus.Bus
	relays    func(context.Context) error // carries the store to the bus until its context ends
	refuses   func(context.Context) error // says, as soon as it is known, that the bus can't be used; nil = it can

	redis   *redis.Client      // nil: nothing is shared
	revoked *redis.Revocations // nil: nothing is shared
	closers []func() error     // in the order of opening
}

// marks are the marks of life of all servers, and our own.
type marks interface {
	commands.Alive
	// Mark writes down that this run of the server is alive at a live-clock reading of up ms.
	Mark(up int64) error
}

// openDeployment opens what the settings ask for.
func (a *App) openDeployment(ctx context.Context) error {
	if a.config.Store != "" {
		return a.openShared(ctx)
	}
	a.store, a.all, a.snapshots, a.alive = a.local, a.local, a.local, a.local
	a.openOwnBus()
	return nil
}

// openOwnBus makes a bus inside this process, which its own relay fills.
func (a *App) openOwnBus() { a.bus = bus.NewLocal(a.metrics.Bus, a.log) }

// openRelay finds the place where the relay begins. Over a bus inside this process that is the store's end, before the
// first command can be accepted: nobody was there to miss anything.
func (a *App) openRelay(ctx context.Context) error {
	if a.relays != nil || !a.config.Roles.Relay {
		return nil
	}
	r, err := relay.Open(ctx, relay.Config{Log: a.all, Bus: a.bus, Prover: a.prover, Observer: a.metrics.Relay, Logger: a.log})
	if err != nil {
		return err
	}
	a.relays = r.Run
	return nil
}

// close ends what was opened, the last first.
func (d *deployment) close() error {
	var errs []error
	for i := len(d.closers) - 1; i >= 0; i-- {
		errs = append(errs, d.closers[i]())
	}
	d.closers = nil
	return errors.Join(errs...)
}
