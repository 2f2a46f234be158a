package trial

import (
	"encoding/json"
	"strconv"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// Play records a Race by hand: facts in, stored events out. It is not safe for concurrent use.
type Play struct {
	State *game.State
	At    int64 // Unix ms of the next event
	Log   *Log  // nil = nothing is appended
}

// NewPlay begins a game of p and q: created, seated, seated, started.
func NewPlay(log *Log, id string, at int64, setup game.Created) *Play {
	p := &Play{State: game.New(id), At: at, Log: log}
	setup.Kind = "race"
	if setup.Clock.Type == "" {
		setup.Clock.Type = clock.None
	}
	if setup.Watch == "" {
		setup.Watch = game.WatchPublic
	}
	if setup.Access == "" {
		setup.Access = game.AccessInvite
	}
	p.Do(setup)
	return p
}

// Started is NewPlay with both seats taken and the game started.
func Started(log *Log, id string, at int64, setup game.Created) *Play {
	p := NewPlay(log, id, at, setup)
	p.Do(game.Seated{Seat: "a", Player: "p"})
	p.Do(game.Seated{Seat: "b", Player: "q"}, game.Started{Turn: []game.Seat{"a"}})
	return p
}

// Do records facts as one append and gives what was stored.
func (p *Play) Do(events ...game.Event) []event.Recorded {
	steps := game.Record(p.State, Race{}, events, event.Meta{At: p.At, Server: "s1"})
	stored := make([]event.Recorded, len(steps))
	for i, step := range steps {
		stored[i] = step.Recorded
	}
	p.State = steps[len(steps)-1].After
	if p.Log != nil {
		stored = p.Log.Append(stored...)
	}
	return stored
}

// Move plays n for whoever is on turn; a clock loses nothing.
func (p *Play) Move(n int) []event.Recorded {
	m := game.MovePlayed{Seat: p.State.Turn()[0], M: json.RawMessage(strconv.Itoa(n)), Left: p.State.Times()}
	return p.Do(m)
}

// End lets the second seat resign.
func (p *Play) End() []event.Recorded {
	return p.Do(game.Ended{Reason: game.Resigned, Winner: "a", Scores: map[game.Seat]int{"a": 2, "b": 0}, Left: p.State.Times()})
}
