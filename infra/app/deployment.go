package app

import (
	"context"
	"errors"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/projections"
)

// deployment is where this server keeps what outlives it: in its own data folder, or in services that it shares with
// other servers.
type deployment struct {
	store     commands.EventStore // what commands append to, and single games are read from
	all       projections.Log     // what is folded in the global order
	snapshots commands.Snapshots
	alive     marks

	closers []func() error // in the order of opening
}

// marks are the marks of life of all servers, and our own.
type marks interface {
	commands.Alive
	// Mark writes down that this run of the server is alive at a live-clock reading of up ms.
	Mark(up int64) error
}

// openDeployment finds everything in the data folder.
func (a *App) openDeployment(context.Context) error {
	a.deployment = deployment{store: a.local, all: a.local, snapshots: a.local, alive: a.local}
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
