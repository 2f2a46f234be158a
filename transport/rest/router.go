package rest

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/spec"
)

// api has a method for each route.
type api struct {
	Deps
	kinds []byte // the answer of GET /api/kinds never changes

	feeds, exports, searches slots
}

// action answers a request, or refuses it.
type action func(w http.ResponseWriter, r *http.Request) error

// Route is one row of the table: a method and a pattern of net/http.
type Route struct {
	Method, Pattern string
	do              action
}

// routes is the one table of routes.
func (a *api) routes() []Route {
	return append([]Route{
		{http.MethodPost, "/api/guests", a.guest},
		{http.MethodPost, "/api/games", a.create},
		{http.MethodGet, "/api/games", a.list},
		{http.MethodGet, "/api/games/{game}", a.read},
		{http.MethodGet, "/api/games/{game}/events", a.events},
		{http.MethodPost, "/api/games/{game}/seats/{seat}", a.sit},
		{http.MethodPost, "/api/games/{game}/commands", a.command},
		{http.MethodGet, "/api/events", a.feed},
		{http.MethodGet, "/api/export/games.pgn", a.export("pgn")},
		{http.MethodGet, "/api/export/games.ndjson", a.export("ndjson")},
		{http.MethodGet, "/api/export/games.parquet", a.export("parquet")},
		{http.MethodGet, "/api/me", a.me},
		{http.MethodGet, "/api/me/games", a.myGames},
		{http.MethodGet, "/api/players", a.find},
		{http.MethodGet, "/api/players/{player}", a.profile},
		{http.MethodGet, "/api/players/{player}/ratings", a.ratings},
		{http.MethodGet, "/api/players/{player}/versus/{other}", a.versus},
		{http.MethodGet, "/api/leaderboards/{kind}", a.leaderboards},
		{http.MethodGet, "/api/tv", a.tv},
		{http.MethodGet, "/api/kinds", a.listKinds},
		{http.MethodGet, "/api/openapi.yaml", yaml(spec.OpenAPI)},
		{http.MethodGet, "/api/asyncapi.yaml", yaml(spec.AsyncAPI)},
	}, a.Health.routes()...)
}

// routes tell a proxy how the server is.
func (h *Health) routes() []Route {
	return []Route{{http.MethodGet, "/livez", livez}, {http.MethodGet, "/ready", h.ready}}
}

// NewHealth makes the handler of a server that people don't talk to: /livez and /ready.
func NewHealth(h *Health, log *slog.Logger) http.Handler { return serve(h.routes(), log, unobserved{}) }

// Routes lists the routes of New, for whoever compares them with their description. The PGN of a game is a route of its
// own in the description, but not here: net/http has no patterns for a part of a segment.
func Routes() []Route { return (&api{}).routes() }

// New makes the handler of /api/, /livez and /ready. Anything else it answers with not_found.
func New(d Deps) http.Handler {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Observer == nil {
		d.Observer = unobserved{}
	}
	if d.Patience == 0 {
		d.Patience = patience
	}
	if d.Heartbeat == 0 {
		d.Heartbeat = Heartbeat
	}
	a := &api{Deps: d, kinds: describeKinds(d.Kinds), feeds: make(slots, maxFeeds), exports: make(slots, maxExports),
		searches: make(slots, maxSearches)}
	return a.allowOrigins(serve(a.routes(), d.Log, d.Observer))
}

// serve makes a handler of a table of routes: what is not in it gets an error object too.
func serve(routes []Route, log *slog.Logger, seen Observer) http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, route := range routes {
		mux.Handle(route.Method+" "+route.Pattern, handle(route.do, log, seen))
		methods[route.Pattern] = append(methods[route.Pattern], route.Method)
	}
	for pattern, allowed := range methods {
		if slices.Contains(allowed, http.MethodGet) {
			allowed = append(allowed, http.MethodHead)
		}
		slices.Sort(allowed)
		mux.Handle(pattern, handle(notAllowed(strings.Join(allowed, ", ")), log, seen))
	}
	mux.Handle("/", handle(func(http.ResponseWriter, *http.Request) error {
		return domain.Refuse(domain.NotFound, "no such route")
	}, log, seen))
	return mux
}

// notAllowed answers methods that a route does not have.
func notAllowed(allowed string) action {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", allowed)
		return &failure{status: http.StatusMethodNotAllowed,
			err: domain.Refuse(domain.BadMessage, "this route has the methods %s", allowed)}
	}
}

func yaml(document func() []byte) action {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		_, _ = w.Write(document())
		return nil
	}
}
