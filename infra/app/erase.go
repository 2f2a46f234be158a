package app

import (
	"context"
	"net/url"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
)

// ErasePath is where the second listener erases a player.
func ErasePath(id string) string { return "/admin/players/" + url.PathEscape(id) + "/erase" }

// leftOnSharedStore is what an operator has still to do after an erasure: what a server can reach it has done.
const leftOnSharedStore = "the shared store shows the names to nobody any more, but has them on its disk still: run `ply erase` on the data " +
	"folder of its `ply store`, or let EventStoreDB scavenge"

// Erase implements rest.Operator. The tokens go first: one of a guest has the name in it, and would bring it back. They go
// once more when it is done: that is what makes the other servers of the site, which hear of every revocation, read the
// name again.
func (o *operator) Erase(ctx context.Context, id string) (left string, err error) {
	revoke := func() error {
		if err := o.people.Revoke(id, now()); err != nil {
			return &domain.Error{Kind: domain.Unavailable, Message: "the revocation could not be recorded: try again", Err: err}
		}
		o.sockets.Revoke(id)
		return nil
	}
	if err := revoke(); err != nil {
		return "", err
	}
	if err := o.games.Erase(ctx, id, o.emptier()); err != nil {
		return "", err
	}
	o.names.Erase(id)
	o.renamed(id)
	if o.config.Store != "" {
		left = leftOnSharedStore
	}
	return left, revoke()
}

// renamed drops what is in memory with an old name in it.
func (a *App) renamed(player string) {
	a.sockets.Renamed(player)
	if a.lobby != nil {
		a.lobby.Renamed(player)
	}
}

// emptier is the store itself: people's streams are in no journal.
func (a *App) emptier() commands.Emptier {
	if store, ok := a.all.(commands.Emptier); ok {
		return store
	}
	return a.local
}

// Erase implements rest.Operator: who was erased by a server that uses this store is taken off its disk.
func (s *storeOperator) Erase(ctx context.Context, id string) (left string, err error) {
	last, found, err := s.local.Last(ctx, event.PlayerStream(id))
	if err == nil && (!found || last.Type != player.ErasedType) {
		return "", domain.Refuse(domain.NotFound, "no server has erased such a player yet: ask one of those that use this store first")
	}
	if err == nil {
		err = s.local.Empty(ctx, last.Stream, last.Version)
	}
	if err != nil {
		return "", &domain.Error{Kind: domain.Unavailable, Message: "not all names are out of the store yet; ask again", Err: err}
	}
	return "", nil
}
