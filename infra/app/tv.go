package app

import (
	"github.com/plygames/ply/projections/tv"
	"github.com/plygames/ply/transport/rest"
)

// television is what GET /api/tv asks; nil on a server without lists.
func (a *App) television() rest.TV {
	if a.lists == nil {
		return nil
	}
	return screen{tv.New(tv.Config{Live: a.lists.Live, Watchers: a.presence.Watchers, Now: now})}
}

// screen shows it to the HTTP edge, in its words.
type screen struct{ *tv.TV }

// Best implements rest.TV.
func (s screen) Best(kind string, limit int) []rest.Summary {
	shown := s.TV.Best(kind, limit)
	found := make([]rest.Summary, len(shown))
	for i := range shown {
		found[i] = summary(&shown[i].Row)
		found[i].Watchers = shown[i].Watchers
	}
	return found
}
