// Package fanouttest is what the tests of the edge run on: a host that keeps chess games in memory and judges commands by
// the real rules. Only tests import it. It may import the domain.
//
// The one invariant: it keeps the contracts of fanout.Feed and fanout.History, so that what holds here holds over the
// real ones.
package fanouttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// Server is the incarnation that the host writes into events.
const Server = "test"

// Host keeps games. Safe for concurrent use.
type Host struct {
	mu      sync.Mutex
	games   map[string]*held
	began   time.Time
	follows int
	reads   int
}

type held struct {
	state *game.State
	steps []game.Step
	sinks []game.Sink
}

// NewHost makes an empty host.
func NewHost() *Host { return &Host{games: map[string]*held{}, began: time.Now()} }

// Now is a live clock.
func (h *Host) Now() int64 { return time.Since(h.began).Milliseconds() }

// Wall is the time in Unix ms.
func (h *Host) Wall() int64 { return time.Now().UnixMilli() }

// Create makes a game that ann (white) and bob (black) play. change may alter what is asked for.
func (h *Host) Create(id string, change func(*game.Create)) {
	create := game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white",
		Clock: clock.Spec{Type: clock.Fischer, Initial: 180_000}, Access: game.AccessInvite, Watch: game.WatchPublic}
	if change != nil {
		change(&create)
	}
	h.mu.Lock()
	h.games[id] = &held{state: game.New(id)}
	h.mu.Unlock()
	h.Must(id, game.Command{ID: "create", Player: "ann", Wish: create})
	if len(create.Reserved) == 0 {
		h.Must(id, game.Command{ID: "sit", Player: "bob", Wish: game.Sit{Seat: "black", Invited: true}})
	}
}

// Begin plays the first moves, so that clocks run and time can be added.
func (h *Host) Begin(id string) {
	h.Must(id, h.Move(id, "ann", "w1", "e2e4"))
	h.Must(id, h.Move(id, "bob", "b1", "e7e5"))
}

// Fill makes a game n events longer; about 10,000 are possible.
func (h *Host) Fill(id string, n int) {
	for range n {
		v := h.Version(id)
		h.Must(id, game.Command{ID: fmt.Sprintf("fill-%d", v), Player: [2]string{"ann", "bob"}[v%2], Basis: v, Wish: game.AddTime{}})
	}
}

// Move is a command made from the newest version.
func (h *Host) Move(id, player, command, uci string) game.Command {
	m, err := json.Marshal(uci)
	if err != nil {
		panic(err)
	}
	return game.Command{ID: command, Player: player, Basis: h.Version(id), Wish: game.Move{M: m}}
}

// Must carries out a command that can't be refused.
func (h *Host) Must(id string, c game.Command) game.Receipt {
	r, err := h.Do(context.Background(), id, c, game.Arrival{})
	if err != nil {
		panic(fmt.Sprintf("%s by %s: %v", c.Wish.Name(), c.Player, err))
	}
	return r
}

// Do judges and carries out a command.
func (h *Host) Do(_ context.Context, id string, c game.Command, _ game.Arrival) (game.Receipt, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.games[id]
	if g == nil {
		return game.Receipt{}, errNone
	}
	for _, v := range g.state.Accepted(c.Player, c.ID) {
		if g.steps[v-1].Meta.Content != c.Fingerprint() {
			return game.Receipt{}, domain.Refuse(domain.CommandIDReused, "used")
		}
		return game.Receipt{Version: v, Duplicate: true}, nil
	}
	events, err := game.Decide(g.state, c, game.Env{At: h.Wall(), Seats: []game.Measured{{Absent: game.Present}, {Absent: game.Present}}})
	if err != nil {
		var refusal *domain.Error
		if errors.As(err, &refusal) {
			told := *refusal
			told.Version = g.state.Version
			err = &told
		}
		return game.Receipt{}, err
	}
	rules := g.state.Rules
	if create, ok := c.Wish.(game.Create); ok {
		rules = create.Rules
	}
	meta := event.Meta{At: h.Wall(), Server: Server, Up: h.Now()}
	if c.ID != "" {
		meta.Command, meta.Player, meta.Content = c.ID, c.Player, c.Fingerprint()
	}
	steps := game.Record(g.state, rules, events, meta)
	g.steps = append(g.steps, steps...)
	g.state = steps[len(steps)-1].After
	for _, sink := range g.sinks {
		sink.Steps(steps)
	}
	return game.Receipt{Version: g.state.Version}, nil
}

var errNone = domain.Refuse(domain.NotFound, "no such game")

// State is a game as it is now.
func (h *Host) State(_ context.Context, id string) (*game.State, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if g := h.games[id]; g != nil {
		return g.state, nil
	}
	return nil, errNone
}

// Version is a game's newest version.
func (h *Host) Version(id string) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.games[id].state.Version
}

// Follow is fanout.Feed's.
func (h *Host) Follow(_ context.Context, id string, sink game.Sink) (*game.State, func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.follows++
	g := h.games[id]
	if g == nil {
		return nil, nil, errNone
	}
	g.sinks = append(g.sinks, sink)
	stop := func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for i, s := range g.sinks {
			if s == sink {
				g.sinks = append(g.sinks[:i:i], g.sinks[i+1:]...)
				return
			}
		}
	}
	return g.state, stop, nil
}

// Steps is fanout.History's.
func (h *Host) Steps(_ context.Context, id string, from, to uint64, yield func(game.Step) bool) error {
	h.mu.Lock()
	h.reads++
	g := h.games[id]
	var steps []game.Step
	if g != nil {
		if to == 0 || to > uint64(len(g.steps)) {
			to = uint64(len(g.steps))
		}
		steps = g.steps[min(from, to):to]
	}
	h.mu.Unlock()
	if g == nil {
		return errNone
	}
	for _, step := range steps {
		if !yield(step) {
			return nil
		}
	}
	return nil
}

// Counts tells how often games were followed and read, and how many sinks there are now.
func (h *Host) Counts() (follows, reads, sinks int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.games {
		sinks += len(g.sinks)
	}
	return h.follows, h.reads, sinks
}

// Stale and Lose tell all who follow a game so.
func (h *Host) Stale(id string, stale bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sink := range h.games[id].sinks {
		sink.Stale(stale)
	}
}

// Lose ends all feeds of a game.
func (h *Host) Lose(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sink := range h.games[id].sinks {
		sink.Lost(errors.New("unreadable"))
	}
	h.games[id].sinks = nil
}
