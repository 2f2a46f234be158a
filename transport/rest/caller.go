package rest

import (
	"context"
	"net/http"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/auth"
)

// caller is who asks; the zero Person if nobody says. A token that is not valid is refused, also where none is needed:
// its owner believes to be somebody.
func (a *api) caller(r *http.Request) (auth.Person, error) {
	token, present := auth.FromRequest(r)
	if !present {
		return auth.Person{}, nil
	}
	return a.People.Verify(token)
}

// person is who asks, on routes that need to know.
func (a *api) person(r *http.Request) (auth.Person, error) {
	p, err := a.caller(r)
	if err == nil && p.ID == "" {
		err = domain.Refuse(domain.Unauthorized, "no token, or none that is valid")
	}
	return p, err
}

// player is who asks, on routes that change games.
func (a *api) player(r *http.Request) (auth.Person, error) {
	p, err := a.person(r)
	if err == nil && !p.Can(auth.ScopePlay) && !p.Can(auth.ScopeBot) {
		err = domain.Refuse(domain.Forbidden, "the token is not for playing")
	}
	return p, err
}

// allow counts one command of a player in a game (empty: in none yet).
func (a *api) allow(p auth.Person, game string) error {
	after, ok := a.Limiter.Allow(p.ID, game)
	if ok {
		return nil
	}
	return &domain.Error{Kind: domain.RateLimited, Message: "too many commands", After: after}
}

// remember records what a person is called. A game goes on without, so a failure is for the log.
func (a *api) remember(ctx context.Context, p auth.Person) {
	if p.Name == "" {
		return
	}
	if err := a.Namer.Remember(ctx, p.ID, p.Name); err != nil {
		a.Log.Warn("a name could not be recorded", "err", err)
	}
}
