package app

import (
	"fmt"
	"log/slog"

	rules "github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/games"
	"github.com/plygames/ply/projections/ratings"
)

// catalogue makes every view that a server with the role project keeps, anew at each call. A view that is not in it does
// not run, and is neither rebuilt nor verified.
func catalogue() []fold.View {
	return []fold.View{deadlines.New(), games.New(rules.Kinds, wall), ratings.New()}
}

// foldsOf opens the folders of all views. What differs between them is filled in here.
func foldsOf(local *pebble.Store, c fold.Config) ([]*fold.Fold, error) {
	var folds []*fold.Fold
	for i, view := range catalogue() {
		folder, err := local.View(view.Name())
		if err != nil {
			return nil, fmt.Errorf("view %s: %w", view.Name(), err)
		}
		c.View, c.Views, c.Folders = view, folder, local.ViewFolders()
		c.Fresh = func() fold.View { return catalogue()[i] }
		folds = append(folds, fold.New(c))
	}
	return folds, nil
}

// ViewNames lists all views.
func ViewNames() []string {
	var names []string
	for _, view := range catalogue() {
		names = append(names, view.Name())
	}
	return names
}

// StoredFolds are the views of a data folder that no server is using, to be rebuilt or verified, not run. log is the
// store that they are folded from.
func StoredFolds(local *pebble.Store, log projections.Log, version string, logger *slog.Logger) ([]*fold.Fold, error) {
	return foldsOf(local, fold.Config{Log: log, Logger: logger, Program: version})
}
