package app

import (
	"fmt"

	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/players"
)

// openViews opens the folders of the views and makes what folds into them.
func (a *App) openViews() error {
	a.names = players.New(a.store, a.log)
	a.deadlines = deadlines.New()
	a.lists = newLists()
	for _, view := range []fold.View{a.deadlines} {
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
