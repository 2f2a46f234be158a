package app

import (
	"context"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	rules "github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/players"
	"github.com/plygames/ply/projections/ratings"
	"github.com/plygames/ply/transport/rest"
)

// nameRefresh is how old a name may be on a server that does not read the whole store.
const nameRefresh = 30 * time.Second

// readsNames: who folds the store, or has it in the data folder, learns new names from it.
func (a *App) readsNames() bool { return a.config.Roles.Project || a.config.Store == "" }

// openViews opens the folders of the views and makes what folds into them. A server without the role keeps none.
func (a *App) openViews() error {
	refresh := nameRefresh
	if a.readsNames() {
		refresh = 0
	}
	a.names = players.New(a.all, refresh, a.log)
	if !a.config.Roles.Project {
		return nil
	}
	a.deadlines = deadlines.New()
	a.lists = games.New(rules.Kinds, wall)
	a.ratings = ratings.New()
	for _, view := range []fold.View{a.deadlines, a.lists, a.ratings} {
		folder, err := a.local.View(view.Name())
		if err != nil {
			return fmt.Errorf("view %s: %w", view.Name(), err)
		}
		a.folds = append(a.folds, fold.New(fold.Config{
			Log: a.all, Views: folder, View: view, Logger: a.log, Observer: a.metrics.Views,
		}))
	}
	return nil
}

// quota counts a player's unfinished games where they are listed. In a cluster games are created there too; elsewhere
// people only sit down, and are not counted.
func (a *App) quota() commands.Quota {
	if a.lists == nil {
		return noQuota{}
	}
	return a.lists
}

type noQuota struct{}

func (noQuota) Reserve(string, string) bool { return true }
func (noQuota) Release(string, string)      {}

// list is what GET /api/games asks.
func (a *App) list() rest.Lists {
	if a.lists == nil {
		return noLists{}
	}
	return lists{a.lists}
}

// noLists is a server without the role project.
type noLists struct{}

// Games implements rest.Lists.
func (noLists) Games(context.Context, rest.Query) ([]rest.Summary, string, error) {
	return nil, "", domain.Refuse(domain.NotFound, "this server keeps no lists: ask one with the role project")
}

// lists shows the view of games to the HTTP edge, in its words.
type lists struct{ view *games.Games }

// Games implements rest.Lists.
func (l lists) Games(ctx context.Context, q rest.Query) ([]rest.Summary, string, error) {
	rows, next, err := l.view.List(ctx, games.Query(q))
	if err != nil {
		return nil, "", err
	}
	found := make([]rest.Summary, len(rows))
	for i := range rows {
		found[i] = summary(&rows[i])
	}
	return found, next, nil
}

// summary is a row in the words of the HTTP edge.
func summary(r *games.Row) rest.Summary {
	seats := make([]game.Place, len(r.Seats))
	for i, s := range r.Seats {
		seats[i] = game.Place{Seat: s.Seat, Player: s.Player, Rating: s.Rating, Reserved: s.Reserved}
	}
	return rest.Summary{
		Game: r.Game, Kind: r.Kind, Status: r.Status, Clock: r.Clock, Rated: r.Rated, Access: r.Access, Watch: r.Watch,
		Delay: r.Delay, Creator: r.Creator, Pair: r.Pair, Seats: seats, Result: r.Result, Created: r.Created, At: r.At,
	}
}
