package rest

import (
	"net/http"

	"github.com/plygames/ply/domain"
)

// TV chooses games to look at. Safe for concurrent use.
type TV interface {
	// Best gives at most limit live games of a kind ("" = of all), the best first, with their watchers; none that is not
	// public or that is delayed.
	Best(kind string, limit int) []Summary
}

// mostChannels is how many games can be asked for: as many as one socket shows.
const mostChannels = 16

// tv shows the best live games: GET /api/tv[?kind=&limit=].
func (a *api) tv(w http.ResponseWriter, r *http.Request) error {
	if a.TV == nil {
		return domain.Refuse(domain.NotFound, "this server keeps no lists: ask one with the role project")
	}
	if _, err := a.caller(r); err != nil {
		return err
	}
	kind, given, err := queryText(r.URL.Query(), "kind")
	if err != nil {
		return err
	}
	if given && kind == "" {
		return domain.Refuse(domain.InvalidField, "kind is empty")
	}
	limit, given, err := queryVersion(r.URL.Query(), "limit")
	if err != nil || given && (limit < 1 || limit > mostChannels) {
		return domain.Refuse(domain.InvalidField, "limit must be 1..%d", mostChannels)
	}
	if !given {
		limit = 1
	}
	rows := a.TV.Best(kind, int(limit))
	out := listReply{Games: make([]row, 0, len(rows))}
	for i := range rows {
		shown := a.row(&rows[i])
		shown.Watchers = &rows[i].Watchers
		out.Games = append(out.Games, shown)
	}
	return reply(w, http.StatusOK, out)
}
