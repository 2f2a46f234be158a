package rest

import (
	"net/http"

	"github.com/plygames/ply/domain/game"
)

// events gives the numbered lines of a game: GET /api/games/{game}/events[?from=0&to=...]. from is exclusive, to is
// inclusive.
func (a *api) events(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	from, _, err := queryVersion(q, "from")
	if err != nil {
		return err
	}
	to, bounded, err := queryVersion(q, "to")
	if err != nil {
		return err
	}
	id := r.PathValue("game")
	v, err := a.look(r, id)
	if err != nil {
		return err
	}
	if !bounded || to > v.shown.Version {
		to = v.shown.Version
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	if from >= to {
		return nil
	}
	begun := false
	err = a.History.Steps(r.Context(), id, from, to, func(step game.Step) bool {
		begun = true
		_, err := w.Write(append(a.Encoder.Line(step, v.lines()), '\n'))
		return err == nil
	})
	if err != nil && begun {
		// Half an answer must not look like a whole one.
		a.Log.Warn("a game's lines could not be read to the end", "err", err)
		panic(http.ErrAbortHandler)
	}
	return err
}
