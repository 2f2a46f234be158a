package app

import (
	"context"
	"net/http"
	"net/http/pprof"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/rest"
)

// operator is what an operator may do to a running App.
type operator struct{ *App }

// Hot implements rest.Operator.
func (o *operator) Hot() []rest.HotGame {
	hot := o.games.Hot()
	rows := make([]rest.HotGame, len(hot))
	for i, g := range hot {
		rows[i] = rest.HotGame{Game: g.ID, Version: g.Version, Status: g.Status, Held: g.InUse}
	}
	return rows
}

// Evict implements rest.Operator.
func (o *operator) Evict(_ context.Context, id string) error {
	if o.games.Evict(id) {
		return nil
	}
	for _, g := range o.games.Hot() {
		if g.ID == id {
			return domain.Refuse(domain.Busy, "the game is in use")
		}
	}
	return errNotHot
}

var errNotHot = domain.Refuse(domain.NotFound, "the game is not in memory")

// serveRevoke ends the belief in all tokens that a player has so far, and the player's sockets.
func (a *App) serveRevoke(w http.ResponseWriter, r *http.Request) {
	player := r.PathValue("player")
	if err := a.people.Revoke(player, now()); err != nil {
		a.log.Error("a revocation was not recorded", "error", err)
		http.Error(w, "the revocation could not be recorded: try again", http.StatusInternalServerError)
		return
	}
	a.sockets.Revoke(player)
	w.WriteHeader(http.StatusNoContent)
}

// operators is what the second listener of any server has. It asks nobody who they are, so what a browser was tricked into
// sending is refused.
func (s *shell) operators(o rest.Operator, views rest.Views, more ...func(*http.ServeMux)) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", rest.NewOps(rest.OpsDeps{Operator: o, Views: views, Metrics: s.metrics.Handler(), Health: s.health, Log: s.log}))
	mux.HandleFunc("POST "+BackupPath, s.serveBackup)
	if s.config.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	for _, add := range more {
		add(mux)
	}
	return http.NewCrossOriginProtection().Handler(mux)
}
