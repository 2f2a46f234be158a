package app

import (
	"context"
	"errors"
	"io"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	rules "github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/parquet"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections/exports"
	"github.com/plygames/ply/transport/rest"
)

var (
	_ rest.Bulk          = bulk{}
	_ exports.Beginnings = (*pebble.Store)(nil)
)

// bulk shows all of history to the HTTP edge, in its words.
type bulk struct{ source *exports.Source }

func (a *App) bulk() rest.Bulk {
	return bulk{&exports.Source{Log: a.all, Kinds: rules.Kinds, Name: a.names.Name}}
}

// Feed implements rest.Bulk.
func (b bulk) Feed(ctx context.Context, after event.Position, follow bool, see func(event.Position, game.Step) error, flush func() error) error {
	err := b.source.Feed(ctx, after, follow, see, flush)
	if errors.Is(err, pebble.ErrPosition) || errors.Is(err, eventstoredb.ErrBehind) {
		return domain.Refuse(domain.InvalidField, "after is not a position of this store")
	}
	return err
}

// Export implements rest.Bulk.
func (b bulk) Export(ctx context.Context, format string, q rest.ExportQuery, to io.Writer) error {
	f := map[string]exports.Format{"pgn": exports.PGN, "ndjson": exports.NDJSON, "parquet": parquet.Format}[format]
	w, err := f.New(to, 0, nil)
	if err != nil {
		return err
	}
	_, err = b.source.Write(ctx, f, w, exports.Selection(q), exports.Tally{},
		func(exports.Tally) error { return nil }, func(exports.Tally, []byte) error { return nil })
	if err != nil {
		return err
	}
	return w.Close()
}
