package rest

import (
	"net/http"
	"strings"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

// read gives a game as it is or as it was: GET /api/games/{game}[?v=56]; with .pgn behind it, the moves for other
// programs.
func (a *api) read(w http.ResponseWriter, r *http.Request) error {
	id, pgn := strings.CutSuffix(r.PathValue("game"), ".pgn")
	at, past, err := queryVersion(r.URL.Query(), "v")
	if err != nil {
		return err
	}
	v, err := a.look(r, id)
	if err != nil {
		return err
	}
	if pgn {
		return a.pgn(w, r, v)
	}
	here := a.Presence.Here
	if v.lag > 0 {
		here = a.Presence.WasHere
	}
	context := wire.StateContext{TS: v.at, To: v.to, Here: here(id), Elapsed: a.elapsed(v.lag), Revealed: v.over}
	shown := v.shown
	if past && at != shown.Version {
		if shown, err = a.asOf(r, v, at); err != nil {
			return err
		}
		// The clocks as they stood then: nothing has run since.
		context.TS, context.Elapsed = shown.At, nil
	}
	line(w, http.StatusOK, a.Encoder.State(shown, context))
	return nil
}

// asOf is the game at an earlier version that the caller may see.
func (a *api) asOf(r *http.Request, v sight, at uint64) (*game.State, error) {
	var found *game.State
	if at > 0 && at <= v.shown.Version {
		err := a.History.Steps(r.Context(), v.shown.ID, at-1, at, func(step game.Step) bool {
			found = step.After
			return false
		})
		if err != nil {
			return nil, err
		}
	}
	if found == nil {
		return nil, domain.Refuse(domain.NotFound, "the game has no such version")
	}
	return found, nil
}

// elapsed reads clocks for somebody whose now is lag ms behind ours.
func (a *api) elapsed(lag int64) func(game.Origin) int64 {
	if lag == 0 {
		return a.Elapsed
	}
	return func(o game.Origin) int64 { return max(0, a.Elapsed(o)-lag) }
}
