package app

import (
	"context"
	"fmt"

	"github.com/plygames/ply/domain/game"
	rules "github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/players"
	"github.com/plygames/ply/transport/rest"
)

// openViews opens the folders of the views and makes what folds into them.
func (a *App) openViews() error {
	a.names = players.New(a.store, a.log)
	a.deadlines = deadlines.New()
	a.lists = games.New(rules.Kinds, wall)
	for _, view := range []fold.View{a.deadlines, a.lists} {
		folder, err := a.store.View(view.Name())
		if err != nil {
			return fmt.Errorf("view %s: %w", view.Name(), err)
		}
		a.folds = append(a.folds, fold.New(fold.Config{
			Log: a.store, Views: folder, View: view, Logger: a.log, Observer: a.metrics.Views,
		}))
	}
	return nil
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
	for i, r := range rows {
		seats := make([]game.Place, len(r.Seats))
		for j, s := range r.Seats {
			seats[j] = game.Place{Seat: s.Seat, Player: s.Player, Rating: s.Rating, Reserved: s.Reserved}
		}
		found[i] = rest.Summary{
			Game: r.Game, Kind: r.Kind, Status: r.Status, Clock: r.Clock, Rated: r.Rated, Access: r.Access, Watch: r.Watch,
			Delay: r.Delay, Creator: r.Creator, Pair: r.Pair, Seats: seats, Result: r.Result, Created: r.Created, At: r.At,
		}
	}
	return found, next, nil
}
