package app

import (
	"context"
	"net/http"
	"time"

	"github.com/plygames/ply/commands/policies"
	"github.com/plygames/ply/transport/web"
)

// lookEvery is the pace of the deadlines policy.
const lookEvery = time.Second

// work lists what runs while the server serves, as its roles say. Each part returns nil when its context
// ends; one that returns before takes the server down.
func (a *App) work() []func(context.Context) error {
	var work []func(context.Context) error
	if a.readsNames() {
		work = append(work, a.learnNames)
	}
	if a.config.Roles.Relay {
		work = append(work, a.relays)
	}
	if a.refuses != nil {
		work = append(work, a.refuses)
	}
	if a.config.Roles.Project {
		for _, f := range a.folds {
			work = append(work, f.Run)
		}
		work = append(work, a.watchDeadlines, a.pair, a.lobby.Run)
	}
	return work
}

// viewsTime is how long the start waits for views. One that is rebuilt from a long history may take longer.
const viewsTime = 5 * time.Second

// awaitViews waits until the views know what happened before the start, so that the first who come find their games in
// lists, and the quota of games counts them.
func (a *App) awaitViews(ctx context.Context) {
	if !a.config.Roles.Project {
		return
	}
	enough := time.After(viewsTime)
	for _, f := range a.folds {
		select {
		case <-f.CaughtUp():
		case <-enough:
			a.log.Warn("a view is still being built; lists and quotas are behind until it is done", "view", f.View.Name())
			return
		case <-ctx.Done():
			return
		}
	}
}

// learnNames keeps names up to date. A store that does not answer for a while costs fresh names, not the server.
func (a *App) learnNames(ctx context.Context) error {
	for {
		err := a.names.Run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		a.log.Warn("names are not up to date; trying again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// watchDeadlines wakes overdue games, once the view knows all that had happened before the start.
func (a *App) watchDeadlines(ctx context.Context) error {
	for _, f := range a.folds {
		select {
		case <-f.CaughtUp():
		case <-ctx.Done():
			return nil
		}
	}
	policy := &policies.Deadlines{
		View: OverdueIn(a.deadlines, a.lists, a.presence), Games: a.games, Now: wall, Every: lookEvery, Log: a.log,
		Running: func(incarnation string) bool {
			_, running, _ := a.alive.LastAlive(ctx, incarnation)
			return running
		},
	}
	policy.Run(ctx)
	return nil
}

// routes is what people reach.
func (a *App) routes(api http.Handler) http.Handler {
	mux := http.NewServeMux()
	if a.config.Roles.Play {
		mux.HandleFunc("/play/{game}", a.sockets.ServePlay)
	}
	if a.config.Roles.Watch {
		mux.HandleFunc("/watch/{game}", a.sockets.ServeWatch)
		mux.HandleFunc("/watch", a.sockets.ServeBoards)
	}
	if a.config.Roles.Project {
		mux.HandleFunc("/lobby", a.sockets.ServeLobby)
	}
	mux.Handle("/api/", api)
	mux.Handle("/livez", api)
	mux.Handle("/ready", api)
	mux.Handle("/", web.Handler())
	return signed(a.config.AppID, mux)
}

// serverHeader tells which server of a cluster has answered.
const serverHeader = "Ply-Server"

// signed names this server in all answers, if it has a name.
func signed(name string, next http.Handler) http.Handler {
	if name == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(serverHeader, name)
		next.ServeHTTP(w, r)
	})
}

// adminRoutes is what operators reach.
func (a *App) adminRoutes() http.Handler {
	return a.operators(&operator{a}, &a.foldings, func(mux *http.ServeMux) {
		mux.HandleFunc("POST /admin/players/{player}/revoke", a.serveRevoke)
	}, a.foldings.routes)
}
