package app

import (
	"context"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/rating"
	"github.com/plygames/ply/projections/ratings"
	"github.com/plygames/ply/transport/rest"
)

var (
	_ commands.Ratings = (*ratings.Ratings)(nil)
	_ rest.Players     = ratedPlayers{}
	_ rest.Players     = noPlayers{}
)

// rated is what the write side asks how people are rated; nil on a server without the view.
func (a *App) rated() commands.Ratings {
	if a.ratings == nil {
		return nil
	}
	return a.ratings
}

// players is what the routes of people ask.
func (a *App) players() rest.Players {
	if a.ratings == nil {
		return noPlayers{}
	}
	return ratedPlayers{a.ratings}
}

// ratedPlayers shows the view of ratings to the HTTP edge, in its words.
type ratedPlayers struct{ view *ratings.Ratings }

// Profile implements rest.Players.
func (p ratedPlayers) Profile(ctx context.Context, player string) (rest.Profile, error) {
	found, err := p.view.Profile(ctx, player)
	if err != nil {
		return rest.Profile{}, err
	}
	return rest.Profile{
		Created: found.Created, Games: found.Games, Rated: found.Rated,
		Tally: rest.Tally{Won: found.Won, Drawn: found.Drawn, Lost: found.Lost}, Ratings: inWordsOfRest(found.Ratings),
	}, nil
}

// Ratings implements rest.Players.
func (p ratedPlayers) Ratings(ctx context.Context, player, kind string, class rating.Class, before string, limit int) ([]rest.RatingChange, string, error) {
	changes, next, err := p.view.History(ctx, ratings.Query{Player: player, Kind: kind, Class: class, Before: before, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	found := make([]rest.RatingChange, len(changes))
	for i, c := range changes {
		found[i] = rest.RatingChange{
			Game: c.Game, Kind: c.Kind, Class: c.Class, At: c.At, Opponents: c.Opponents, Score: c.Score, Before: c.Before,
			After: c.After, Deviation: c.Deviation,
		}
	}
	return found, next, nil
}

// Top implements rest.Players.
func (p ratedPlayers) Top(ctx context.Context, kind string, class rating.Class, limit int) ([]rest.Rated, error) {
	list, err := p.view.Top(ctx, kind, class, limit)
	return inWordsOfRest(list), err
}

// Versus implements rest.Players.
func (p ratedPlayers) Versus(ctx context.Context, player, other string) (rest.Tally, error) {
	r, err := p.view.Versus(ctx, player, other)
	return rest.Tally(r), err
}

func inWordsOfRest(list []ratings.Rated) []rest.Rated {
	found := make([]rest.Rated, len(list))
	for i, r := range list {
		found[i] = rest.Rated{Player: r.Player, Kind: r.Kind, Class: r.Class, Rating: r.Rating, Games: r.Games, At: r.At}
	}
	return found
}

// noPlayers is a server without the role project.
type noPlayers struct{}

var errNoPlayers = domain.Refuse(domain.NotFound, "this server keeps no ratings: ask one with the role project")

// Profile implements rest.Players.
func (noPlayers) Profile(context.Context, string) (rest.Profile, error) {
	return rest.Profile{}, errNoPlayers
}

// Ratings implements rest.Players.
func (noPlayers) Ratings(context.Context, string, string, rating.Class, string, int) ([]rest.RatingChange, string, error) {
	return nil, "", errNoPlayers
}

// Top implements rest.Players.
func (noPlayers) Top(context.Context, string, rating.Class, int) ([]rest.Rated, error) {
	return nil, errNoPlayers
}

// Versus implements rest.Players.
func (noPlayers) Versus(context.Context, string, string) (rest.Tally, error) {
	return rest.Tally{}, errNoPlayers
}
