package commands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// importer is the player that imported games are created by, and the server that their events name.
const importer = "import"

// ImportedGame is a game of two that was played elsewhere.
type ImportedGame struct {
	Key     string // what makes the game this one and no other: its ids are derived of it
	Rules   game.Rules
	Setup   json.RawMessage
	Clock   clock.Spec
	Players [2]string // names in the order of Rules.Seats; empty or "?" = not known
	Moves   []ImportedMove
	Winner  int    // index of the seat that won; -1 = a draw
	Reason  string // as far as it is known: game.TimedOut, game.Agreement; anything else is found out
	At      int64  // Unix ms when it began
}

// ImportedMove is a move as a player would have sent it, and the ms that it took.
type ImportedMove struct {
	M       json.RawMessage
	Elapsed int64
}

// ErrBadGame is wrapped by errors that are about the game and not about the store.
var ErrBadGame = errors.New("the game can't be imported")

// Import makes games that were played elsewhere part of the store. Each command goes through game.Decide as a player's
// would, the ids and times of all events follow from the game alone, and the whole game is one append: it is in the
// store entirely or not at all, and importing it again changes nothing. Safe for concurrent use.
type Import struct {
	Store EventStore
	Kinds game.Kinds

	mu    sync.Mutex
	names map[string]string // player id -> name, of those that are recorded
}

// GameID is the id that the game gets.
func (i *ImportedGame) GameID() string { return GameID(importer, i.key()) }

func (i *ImportedGame) key() string {
	sum := sha256.Sum256([]byte(i.Key))
	return hex.EncodeToString(sum[:16])
}

// Game imports one game. done is false if it had been imported before. Errors that wrap ErrBadGame leave no trace.
func (a *Import) Game(ctx context.Context, g ImportedGame) (id string, done bool, err error) {
	id = g.GameID()
	if known, err := a.has(ctx, id, &g); known || err != nil {
		return id, false, err
	}
	steps, err := replayed(id, &g)
	if err != nil {
		return id, false, fmt.Errorf("%w: %w", ErrBadGame, err)
	}
	for seat := range g.Players {
		if err := a.remember(ctx, g.player(seat), g.Players[seat], g.At); err != nil {
			return id, false, err
		}
	}
	switch err := a.Store.Append(ctx, event.GameStream(id), 0, recorded(steps)); {
	case err == nil:
		return id, true, nil
	case errors.Is(err, ErrConflict): // somebody imports the same file at this moment
		known, err := a.has(ctx, id, &g)
		if err == nil && !known {
			err = fmt.Errorf("game %s is in the store and was not imported", id)
		}
		return id, false, err
	default:
		return id, false, err
	}
}

// has tells whether a game was imported, by this release or another.
func (a *Import) has(ctx context.Context, id string, g *ImportedGame) (bool, error) {
	for rec, err := range a.Store.ReadStream(ctx, event.GameStream(id), 1) {
		if err != nil {
			return false, err
		}
		meta, err := event.DecodeMeta(rec.Meta)
		if err == nil && (meta.Player != importer || meta.Command != createScope+g.key()) {
			err = fmt.Errorf("game %s is in the store and was not imported", id)
		}
		return err == nil, err
	}
	return false, nil
}

// player is the id of who sat there. People are the same person if they have the same name; those without one are
// somebody else in each game.
func (i *ImportedGame) player(seat int) string {
	name := i.Players[seat]
	if name == "" || name == "?" || name == i.Players[1-seat] {
		name = fmt.Sprintf("%s\x00%d\x00%s", i.key(), seat, name)
	}
	return "i_" + shortID(importer+"\x00"+name)
}

// playing carries commands out on a game in memory.
type playing struct {
	game  *ImportedGame
	state *game.State
	steps []game.Step
	up    int64 // ms since the game began
}

// replayed plays a game from its first command to its last.
func replayed(id string, g *ImportedGame) ([]game.Step, error) {
	seats := g.Rules.Seats()
	if len(seats) != 2 {
		return nil, fmt.Errorf("%s is not a game of two", g.Rules.Kind())
	}
	p := &playing{game: g, state: game.New(id)}
	create := game.Create{
		Rules: g.Rules, Kind: g.Rules.Kind(), Setup: g.Setup, Clock: g.Clock, Access: game.AccessInvite, Watch: game.WatchPublic,
		Reserved: map[game.Seat]string{seats[0]: g.player(0), seats[1]: g.player(1)},
	}
	if err := p.do(importer, createScope+g.key(), create, game.Env{}); err != nil {
		return nil, err
	}
	for i, seat := range seats {
		if err := p.do(g.player(i), "sit-"+string(seat), game.Sit{Seat: string(seat)}, game.Env{}); err != nil {
			return nil, err
		}
	}
	for n, m := range g.Moves {
		turn := p.state.Turn()
		if len(turn) == 0 {
			return nil, fmt.Errorf("ply %d: the game is over by %s", n+1, p.state.Result.Reason)
		}
		p.up += m.Elapsed
		i := p.state.Index(turn[0])
		env := game.Env{Seats: make([]game.Measured, len(seats))}
		env.Seats[i].Elapsed = m.Elapsed
		if err := p.do(g.player(i), fmt.Sprintf("move-%d", n+1), game.Move{M: m.M}, env); err != nil {
			return nil, fmt.Errorf("ply %d, %s: %w", n+1, m.M, err)
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return p.steps, nil
}

// do decides one command as the write side does. Nothing is measured but what the game tells.
func (p *playing) do(by, id string, wish game.Wish, env game.Env) error {
	env.At = p.game.At + p.up
	c := game.Command{ID: id, Player: by, Basis: p.state.Version, Wish: wish}
	events, err := game.Decide(p.state, c, env)
	if err != nil {
		return err
	}
	meta := event.Meta{At: env.At, Server: importer, Up: p.up}
	if id != "" {
		meta.Command, meta.Player, meta.Content = id, by, c.Fingerprint()
	}
	steps := game.Record(p.state, p.game.Rules, events, meta)
	if len(steps) > 0 {
		p.steps, p.state = append(p.steps, steps...), steps[len(steps)-1].After
	}
	return nil
}

// finish ends the game as it ended, by the commands that lead there.
func (p *playing) finish() error {
	g := p.game
	switch {
	case p.state.Status == game.Ready:
		return errors.New("it was decided without a move")
	case p.state.Status != game.Live:
	case g.Winner >= 0:
		if err := p.lose(1 - g.Winner); err != nil {
			return err
		}
	default:
		if err := p.draw(); err != nil {
			return err
		}
	}
	if p.state.Status != game.Over {
		return errors.New("it has not ended")
	}
	scores, want := p.state.Result.Scores, [2]int{1, 1}
	if g.Winner >= 0 {
		want = [2]int{}
		want[g.Winner] = 2
	}
	for i, seat := range g.Rules.Seats() {
		if scores[seat] != want[i] {
			return fmt.Errorf("it ended by %s with another result than it is said to have", p.state.Result.Reason)
		}
	}
	return nil
}

// lose: a flag that is said to have fallen falls if there is a clock; everything else is given up.
func (p *playing) lose(loser int) error {
	seat := &p.state.Seats[loser]
	if p.game.Reason == game.TimedOut && p.state.OnTurn(seat.Seat) && p.game.Clock.Live() {
		up := p.up
		env := game.Env{Seats: make([]game.Measured, len(p.state.Seats))}
		env.Seats[loser].Elapsed = seat.Left + p.game.Clock.Delay
		p.up += env.Seats[loser].Elapsed
		if err := p.do("", "", game.Check{}, env); err != nil {
			return err
		}
		if p.state.Status == game.Over {
			return nil
		}
		p.up = up
	}
	return p.do(p.game.player(loser), "end", game.Resign{}, game.Env{})
}

// draw: claimed if the rules let it be claimed, else agreed.
func (p *playing) draw() error {
	claimer := p.state.Index(p.state.Turn()[0])
	if p.game.Reason != game.Agreement {
		err := p.do(p.game.player(claimer), "end", game.DrawClaim{}, game.Env{})
		if err == nil || !isKind(err, domain.TooEarly) {
			return err
		}
	}
	if err := p.do(p.game.player(claimer), "offer", game.DrawOffer{}, game.Env{}); err != nil {
		return err
	}
	return p.do(p.game.player(1-claimer), "end", game.DrawAccept{}, game.Env{})
}

// remember records what a person is called, as Application.Remember does.
func (a *Import) remember(ctx context.Context, id, name string, at int64) error {
	if name == "" || name == "?" {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.names[id] == name {
		return nil
	}
	h, err := followPlayer(ctx, a.Store, id)
	if err != nil {
		return err
	}
	if !h.Gone && (h.Version == 0 || h.Name != name) { // who was erased stays nameless
		rec := h.Named(name, event.Meta{At: at, Server: importer})
		if err := a.Store.Append(ctx, rec.Stream, h.Version, []event.Recorded{rec}); err != nil {
			return err
		}
	}
	if a.names == nil || len(a.names) >= maxNames {
		a.names = make(map[string]string)
	}
	a.names[id] = name
	return nil
}
