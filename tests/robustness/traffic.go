package robustness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plygames/ply/transport/client"
)

// longest is how many versions a game may have before white resigns.
const longest = 80

// Table is where two people play game after game, with a spectator each.
type Table struct {
	record *Recorder
	random *rand.Rand // of the table's own goroutine
	people [2]*client.Client
	lookOn *client.Client
	acked  *atomic.Int64 // accepted commands; nil = nobody counts
}

// OpenTable brings two people to a table. nobody is a client that speaks for no one; seed makes the choices.
func OpenTable(ctx context.Context, nobody *client.Client, record *Recorder, seed uint64) (*Table, error) {
	t := &Table{record: record, random: rand.New(rand.NewPCG(seed, 1)), lookOn: nobody}
	for i, name := range []string{"White", "Black"} {
		guest, err := nobody.Guest(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("guest: %w", err)
		}
		t.people[i] = guest
	}
	return t, nil
}

// Play plays one game to its end, through whatever happens to the server, and gives its id. stop makes it end soon.
func (t *Table) Play(ctx context.Context, stop <-chan struct{}) (string, error) {
	clocks := []*client.Clock{{Type: "none"}, {Type: "fischer", Initial: 3_600_000}}
	made, err := t.people[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Clock: clocks[t.random.IntN(2)]})
	if err != nil {
		return "", fmt.Errorf("create: %w", err)
	}
	if _, err := t.people[1].Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		return made.Game, fmt.Errorf("sit: %w", err)
	}
	var mu sync.Mutex
	var versions []uint64
	var restarts int
	watching, err := t.lookOn.WatchFrom(ctx, made.Game, 0, func(m client.Message) {
		mu.Lock()
		defer mu.Unlock()
		if m.Type == "state" {
			restarts++
		}
		if m.Numbered() {
			versions = append(versions, m.V)
		}
	})
	if err != nil {
		return made.Game, fmt.Errorf("watch: %w", err)
	}
	defer watching.Close()
	if err := t.players(ctx, made.Game, stop); err != nil {
		return made.Game, err
	}
	if _, err := watching.Wait(ctx, func(s client.State) bool { return s.Status == "ended" }); err != nil {
		return made.Game, fmt.Errorf("the spectator waits for the end: %w", err)
	}
	watching.Close() // waits for the handler, which hears of a message after the state does
	mu.Lock()
	defer mu.Unlock()
	t.record.Seen(Seen{Game: made.Game, Versions: versions})
	if restarts > 0 || watching.Holes() > 0 {
		return made.Game, fmt.Errorf("the spectator got %d states and met %d holes", restarts, watching.Holes())
	}
	return made.Game, nil
}

// players lets both people play until the game is over.
func (t *Table) players(ctx context.Context, game string, stop <-chan struct{}) error {
	var playing sync.WaitGroup
	failed := make([]error, 2)
	for i, seat := range []string{"white", "black"} {
		session, err := t.people[i].Play(ctx, game, nil)
		if err != nil {
			return fmt.Errorf("play: %w", err)
		}
		defer session.Close()
		p := &player{
			Game: session, record: t.record, acked: t.acked, http: t.people[i], id: game, seat: seat,
			random: rand.New(rand.NewPCG(t.random.Uint64(), uint64(i))),
		}
		playing.Go(func() { failed[i] = p.play(ctx, stop) })
	}
	playing.Wait()
	return errors.Join(failed...)
}

// player is one person in one game.
type player struct {
	*client.Game
	record   *Recorder
	acked    *atomic.Int64
	http     *client.Client
	id, seat string
	random   *rand.Rand
	pieces   position
}

// chance is true that often, in percent.
func (p *player) chance(percent int) bool { return p.random.IntN(100) < percent }

func (p *player) play(ctx context.Context, stop <-chan struct{}) error {
	for {
		s, err := p.Wait(ctx, func(s client.State) bool { return s.Status == "ended" || s.OnTurn(p.seat) })
		if err != nil {
			return fmt.Errorf("%s waits for its turn: %w", p.seat, err)
		}
		if s.Status == "ended" {
			if p.Holes() > 0 {
				return fmt.Errorf("%s met %d holes", p.seat, p.Holes())
			}
			return nil
		}
		stopped := s.V > longest
		select {
		case <-stop:
			stopped = true
		default:
		}
		if stopped {
			p.send(ctx, p.giveUp(s), false)
			continue
		}
		p.act(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// giveUp ends the game in whatever state it is.
func (p *player) giveUp(s client.State) client.Command {
	if s.Status == "ready" {
		return client.Plain("abort")
	}
	return client.Plain("resign")
}

// act does one thing on this seat's turn: mostly a legal move, sometimes nonsense.
func (p *player) act(ctx context.Context, s client.State) {
	if p.chance(2) {
		p.Drop()
	}
	if p.chance(10) {
		p.look(ctx)
	}
	c := client.Command{V: s.V}
	switch n := p.random.IntN(100); {
	case n < 4:
		c.T, c.M = "move", json.RawMessage(`"a1a1"`)
	case n < 8 && s.V > 8:
		c = client.Move(p.legal(s))
		c.V = s.V - 3
	case n < 11:
		c.T = "add-time"
	case n < 14:
		c.T = "draw-offer"
	case n < 16:
		c.T = "draw-decline"
	default:
		c = client.Move(p.legal(s))
		c.V = s.V
	}
	p.send(ctx, c, true)
}

// send makes one command, and sometimes more than one attempt at it. hasty allows to give up on it early.
func (p *player) send(ctx context.Context, c client.Command, hasty bool) {
	c.ID = client.NewID()
	var twin sync.WaitGroup
	if p.chance(6) { // the same command at the same time over HTTP
		twin.Go(func() { p.attempt(ctx, c, p.overHTTP) })
	}
	do := ctx
	if hasty && p.chance(5) {
		short, cancel := context.WithTimeout(ctx, time.Duration(p.random.IntN(3000))*time.Microsecond)
		defer cancel()
		do = short
	}
	accepted := p.attempt(do, c, p.Do)
	twin.Wait()
	if accepted && p.chance(8) {
		p.attempt(ctx, c, p.overHTTP)
	}
	if accepted && p.chance(4) {
		other := c
		other.T, other.M = "move", json.RawMessage(`"h1h1"`)
		p.attempt(ctx, other, p.overHTTP)
	}
}

func (p *player) overHTTP(ctx context.Context, c client.Command) (client.Receipt, error) {
	return p.http.Command(ctx, p.id, c)
}

// attempt makes one attempt and records it.
func (p *player) attempt(ctx context.Context, c client.Command, by func(context.Context, client.Command) (client.Receipt, error)) bool {
	_, err := p.record.Try(p.id, p.http.Person().ID, c, func() (client.Receipt, error) { return by(ctx, c) })
	if err == nil && p.acked != nil {
		p.acked.Add(1)
	}
	return err == nil
}

// Try makes one attempt at a command, which has its id, and records it.
func (r *Recorder) Try(game, player string, c client.Command, by func() (client.Receipt, error)) (client.Receipt, error) {
	a := Attempt{Game: game, Player: player, ID: c.ID, T: c.T, Call: r.Now()}
	if c.M != nil {
		if err := json.Unmarshal(c.M, &a.M); err != nil {
			panic("robustness: a move that is no text: " + err.Error())
		}
	}
	receipt, err := by()
	a.Return = r.Now()
	var refusal *client.Error
	switch {
	case err == nil:
		a.Outcome, a.V, a.Duplicate = Accepted, receipt.V, receipt.Duplicate
	case errors.As(err, &refusal) && !refusal.Retry: // anything else may have been done, on an earlier try
		a.Outcome, a.V, a.Code = Rejected, refusal.V, refusal.Code
	}
	r.Attempt(a)
	return receipt, err
}

// look reads the state, as any person may.
func (p *player) look(ctx context.Context) { p.record.Look(ctx, p.http, p.id) }

// Look reads a game's state and records it; a server that is down shows nothing.
func (r *Recorder) Look(ctx context.Context, as *client.Client, game string) {
	call := r.Now()
	if s, err := as.Look(ctx, game, 0); err == nil {
		r.Read(Read{Game: game, Call: call, Return: r.Now(), V: s.V})
	}
}
