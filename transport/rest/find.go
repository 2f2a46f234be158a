package rest

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/plygames/ply/domain"
)

// Finder finds people by name. Safe for concurrent use.
type Finder interface {
	// Find calls yield for people whose name begins with a text, whatever its case, in the order of their names; at most
	// limit. Who was not here lately need not be found.
	Find(beginning string, limit int, yield func(player, name string))
}

const (
	longestName  = 32 // characters
	mostFound    = 50
	defaultFound = 10
	maxSearches  = 2 // at once: each looks at all names in memory
)

// find finds people by the beginning of their name: GET /api/players?name=&limit=.
func (a *api) find(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.caller(r); err != nil {
		return err
	}
	name, _, err := queryText(r.URL.Query(), "name")
	if err != nil {
		return err
	}
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > longestName {
		return domain.Refuse(domain.InvalidField, "name must have 1..%d characters", longestName)
	}
	limit, given, err := queryVersion(r.URL.Query(), "limit")
	if err != nil || given && (limit < 1 || limit > mostFound) {
		return domain.Refuse(domain.InvalidField, "limit must be 1..%d", mostFound)
	}
	if !given {
		limit = defaultFound
	}
	if err := a.searches.enter(); err != nil {
		return err
	}
	defer a.searches.leave()
	found := []named{}
	if a.Finder != nil {
		a.Finder.Find(name, int(limit), func(player, name string) { found = append(found, named{ID: player, Name: name}) })
	}
	return reply(w, http.StatusOK, struct {
		Players []named `json:"players"`
	}{found})
}
