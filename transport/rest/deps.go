package rest

import (
	"context"
	"log/slog"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/wire"
)

// Commands is the write side. All methods are safe for concurrent use; refusals are *domain.Error.
type Commands interface {
	// Create makes a game; c.Wish is a game.Create. The state is the game as of the receipt's version.
	Create(ctx context.Context, c game.Command) (game.Receipt, *game.State, error)
	// Do carries out any other command on a game.
	Do(ctx context.Context, id string, c game.Command, a game.Arrival) (game.Receipt, error)
	// State is the game now, with everything that was ever acknowledged.
	State(ctx context.Context, id string) (*game.State, error)
}

// History reads a game's past.
type History interface {
	// Steps gives the steps with versions from+1..to, in order (to = 0: up to the newest). yield returns false to stop.
	Steps(ctx context.Context, id string, from, to uint64, yield func(game.Step) bool) error
}

// People says who somebody is. See auth.Authority.
type People interface {
	Verify(token string) (auth.Person, error)
	Guest(name string) (auth.Person, string, error)
	Renew(token, name string) (auth.Person, string, error)
	Invite(game string, seat game.Seat) string
	CheckInvite(game string, seat game.Seat, invite string) bool
}

// Namer records what people call themselves. It does nothing if it is recorded already.
type Namer interface {
	Remember(ctx context.Context, player, name string) error
}

// Presence knows which seats of a game have a socket. It must not block.
type Presence interface {
	Here(game string) map[game.Seat]bool
	// WasHere is the same as long ago as the game's delay.
	WasHere(game string) map[game.Seat]bool
}

// Observer is told how requests end; for metrics. Its methods must be quick and safe for concurrent use.
type Observer interface {
	// Refused counts an answer that was an error object.
	Refused(status int, code string)
	// Cut counts an answer without an end in sight that broke off: "feed" or "export".
	Cut(what string)
}

type unobserved struct{}

func (unobserved) Refused(int, string) {}
func (unobserved) Cut(string)          {}

// Deps is what the routes need of the world. All are required but Finder, TV, Origins, Observer, Patience,
// Heartbeat and Log.
type Deps struct {
	Commands Commands
	History  History
	People   People
	Encoder  *wire.Encoder
	Namer    Namer
	Lists    Lists
	Players  Players
	Finder   Finder // nil: nobody is found
	TV       TV     // nil: this server has none
	Bulk     Bulk
	Presence Presence
	Limiter  limit.Limiter
	Health   *Health
	Kinds    []game.Rules // in the order in which they are listed

	Now     func() time.Time        // the wall clock
	Live    func() int64            // ms on this server's live clock
	Elapsed func(game.Origin) int64 // ms that a seat on turn has used by now

	Observer  Observer
	Patience  time.Duration // after which a reader of a feed or an export that takes nothing is cut; 0 = a minute
	Heartbeat time.Duration // a feed that is followed is silent for twice that at most; 0 = 15 s

	Origins []string // of pages that may read the answers, beside our own: "https://example.org"
	Log     *slog.Logger
}
