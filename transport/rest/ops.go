package rest

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

// Operator is what an operator may do to a running server. Safe for concurrent use.
type Operator interface {
	// Drain begins to drain, as SIGTERM does, and returns at once. More than once is harmless.
	Drain()
	// Hot lists the games that are in memory, in no particular order.
	Hot() []HotGame
	// Evict takes a game out of memory, with a snapshot. Refusals are *domain.Error: NotFound if it is not in memory,
	// Busy if it is in use.
	Evict(ctx context.Context, id string) error
	// Erase takes a person's names out of the store for ever, and out of the memory of this server. left is what the operator
	// has still to do, in words; empty = nothing. Refusals are *domain.Error: NotFound if it has none.
	Erase(ctx context.Context, player string) (left string, err error)
}

// HotGame is a game in memory.
type HotGame struct {
	Game    string      `json:"game"`
	Version uint64      `json:"v"`
	Status  game.Status `json:"status"`
	Held    bool        `json:"held"` // somebody needs it there: a socket, or a command on its way
}

// OpsDeps is what the second listener shows. All are required but Views and Log.
type OpsDeps struct {
	Operator Operator
	Views    Views
	Metrics  http.Handler
	Health   *Health
	Log      *slog.Logger
}

// NewOps makes the handler of the second listener. Whoever reaches it may use it: it belongs on an address that only
// operators reach.
func NewOps(d OpsDeps) http.Handler {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Views == nil {
		d.Views = noViews{}
	}
	return serve(d.routes(), d.Log, unobserved{})
}

// OpsRoutes lists the routes of NewOps.
func OpsRoutes() []Route { return (&OpsDeps{}).routes() }

func (d *OpsDeps) routes() []Route {
	return append([]Route{
		{http.MethodGet, "/metrics", d.metrics},
		{http.MethodPost, "/admin/drain", d.drain},
		{http.MethodGet, "/admin/games", d.hot},
		{http.MethodPost, "/admin/games/{game}/evict", d.evict},
		{http.MethodPost, "/admin/players/{player}/erase", d.erase},
		{http.MethodGet, "/admin/views", d.views},
		{http.MethodPost, "/admin/views/{view}/retry", d.retry},
	}, d.Health.routes()...)
}

func (d *OpsDeps) metrics(w http.ResponseWriter, r *http.Request) error {
	d.Metrics.ServeHTTP(w, r)
	return nil
}

func (d *OpsDeps) drain(w http.ResponseWriter, _ *http.Request) error {
	d.Log.Info("drain was asked for by HTTP")
	d.Operator.Drain()
	return reply(w, http.StatusAccepted, healthReply{"draining"})
}

func (d *OpsDeps) hot(w http.ResponseWriter, _ *http.Request) error {
	games := d.Operator.Hot()
	if games == nil {
		games = []HotGame{}
	}
	return reply(w, http.StatusOK, struct {
		Games []HotGame `json:"games"`
	}{games})
}

func (d *OpsDeps) evict(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("game")
	if !gameID(id) {
		return domain.Refuse(domain.NotFound, "there is no such game")
	}
	if err := d.Operator.Evict(r.Context(), id); err != nil {
		return err
	}
	return reply(w, http.StatusOK, struct {
		Game string `json:"game"`
	}{id})
}

func (d *OpsDeps) erase(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("player")
	if !wire.GoodID(id) {
		return domain.Refuse(domain.NotFound, "there is no such player")
	}
	left, err := d.Operator.Erase(r.Context(), id)
	if err != nil {
		return err
	}
	d.Log.Info("a player was erased", "player", id)
	return reply(w, http.StatusOK, struct {
		Player string `json:"player"`
		Left   string `json:"left,omitempty"`
	}{id, left})
}
