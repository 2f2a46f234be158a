package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/plygames/ply/tests/pgn"
	"github.com/plygames/ply/transport/client"
)

// Table is where games of the corpus are played.
type Table struct {
	Site     *client.Client   // speaks for nobody; the two players are its guests
	Watching []*client.Client // speak for nobody; each looks on
	// Do carries out a command for a player; nil = client.Game's own. It may note what becomes of it.
	Do func(ctx context.Context, player *client.Client, at *client.Game, c client.Command) (client.Receipt, error)
	// Moved is called after each move; nil = nobody is interested.
	Moved func()

	seating chan struct{} // bounds the handshakes at once
}

// seatings is how many tables are set at once.
const seatings = 64

// Open makes a table ready for games.
func (t *Table) Open() *Table {
	t.seating = make(chan struct{}, seatings)
	if t.Moved == nil {
		t.Moved = func() {}
	}
	if t.Do == nil {
		t.Do = func(ctx context.Context, _ *client.Client, at *client.Game, c client.Command) (client.Receipt, error) {
			return at.Do(ctx, c)
		}
	}
	return t
}

// chair is a player at a board.
type chair struct {
	*client.Game
	table  *Table
	person *client.Client
}

func (c chair) do(ctx context.Context, command client.Command) (client.Receipt, error) {
	return c.table.Do(ctx, c.person, c.Game, command)
}

// Play plays one game to its end, whatever happens to the server meanwhile, and compares what everybody saw with the
// PGN. It gives the game's id. Safe for concurrent use.
func (t *Table) Play(ctx context.Context, g pgn.Game) (id string, err error) {
	t.seating <- struct{}{}
	id, players, watching, err := t.sit(ctx, g)
	<-t.seating
	for _, w := range watching {
		defer w.Close()
	}
	for _, p := range players {
		if p.Game != nil {
			defer p.Close()
		}
	}
	if err != nil {
		return id, err
	}
	return id, t.play(ctx, g, players, watching)
}

func (t *Table) play(ctx context.Context, g pgn.Game, players [2]chair, watching []*spectator) error {
	first := 0
	if players[0].State().Turn[0] == "black" {
		first = 1
	}
	for i, m := range g.Moves {
		mover, other := players[(first+i)%2], players[(first+i+1)%2]
		receipt, err := mover.do(ctx, client.Move(m))
		if err != nil {
			return fmt.Errorf("ply %d, %s: %w", i+1, m, err)
		}
		t.Moved()
		if _, err := other.Wait(ctx, reached(receipt.V)); err != nil {
			return fmt.Errorf("ply %d, %s, the other player: %w", i+1, m, err)
		}
	}
	if err := finish(ctx, players, (first+len(g.Moves))%2, g.Result); err != nil {
		return err
	}
	holes := players[0].Holes() + players[1].Holes()
	for _, w := range watching {
		last, err := w.Wait(ctx, func(s client.State) bool { return s.Status == "ended" })
		if err != nil {
			return fmt.Errorf("the end, for the spectator: %w", err)
		}
		holes += w.Holes()
		if err := errors.Join(compare(ctx, t.Site, last, g), w.check(last.V)); err != nil {
			return err
		}
	}
	if holes != 0 {
		return fmt.Errorf("%d holes", holes)
	}
	return nil
}

func reached(v uint64) func(client.State) bool { return func(s client.State) bool { return s.V >= v } }

// sit brings two people and the spectators to a new game.
func (t *Table) sit(ctx context.Context, g pgn.Game) (id string, players [2]chair, watching []*spectator, err error) {
	for i, name := range []string{"White", "Black"} {
		person, err := t.Site.Guest(ctx, name)
		if err != nil {
			return "", players, nil, err
		}
		players[i] = chair{table: t, person: person}
	}
	create := client.NewGame{Kind: "chess", Seat: "white"}
	if g.Start != "" {
		create.Setup, _ = json.Marshal(map[string]string{"fen": g.Start})
	}
	made, err := players[0].person.Create(ctx, create)
	if err != nil {
		return "", players, nil, fmt.Errorf("create: %w", err)
	}
	if _, err = players[1].person.Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		return made.Game, players, nil, fmt.Errorf("sit: %w", err)
	}
	for i := range players {
		if players[i].Game, err = players[i].person.Play(ctx, made.Game, nil); err != nil {
			return made.Game, players, nil, fmt.Errorf("play: %w", err)
		}
		if _, err = players[i].Wait(ctx, func(s client.State) bool { return s.Status == "ready" }); err != nil {
			return made.Game, players, nil, fmt.Errorf("start: %w", err)
		}
	}
	for _, site := range t.Watching {
		w := new(spectator)
		if w.Game, err = site.WatchFrom(ctx, made.Game, 0, w.see); err != nil {
			return made.Game, players, watching, fmt.Errorf("watch: %w", err)
		}
		watching = append(watching, w)
	}
	return made.Game, players, watching, nil
}

// finish ends the game as the PGN says, if the board has not.
func finish(ctx context.Context, players [2]chair, onTurn int, result string) error {
	switch players[onTurn].State().Status {
	case "ended":
		return nil
	case "ready": // decided without a move: the server knows no such result
		_, err := players[onTurn].do(ctx, client.Plain("abort"))
		return err
	}
	switch result {
	case "1-0", "*":
		_, err := players[1].do(ctx, client.Plain("resign"))
		return err
	case "0-1":
		_, err := players[0].do(ctx, client.Plain("resign"))
		return err
	}
	_, err := players[onTurn].do(ctx, client.Plain("draw-claim"))
	var refusal *client.Error
	if !errors.As(err, &refusal) || refusal.Code != "too_early" {
		return err
	}
	offered, err := players[onTurn].do(ctx, client.Plain("draw-offer"))
	if err != nil {
		return fmt.Errorf("offer a draw: %w", err)
	}
	other := players[1-onTurn]
	if _, err := other.Wait(ctx, reached(offered.V)); err != nil {
		return err
	}
	_, err = other.do(ctx, client.Plain("draw-accept"))
	return err
}

// compare holds the end of the game against the PGN.
func compare(ctx context.Context, site *client.Client, s client.State, g pgn.Game) error {
	now, err := site.Look(ctx, s.Game, 0)
	if err != nil {
		return err
	}
	var view struct {
		FEN   string   `json:"fen"`
		Moves []string `json:"moves"`
	}
	if err := json.Unmarshal(now.View, &view); err != nil {
		return err
	}
	if view.FEN != g.Final {
		return fmt.Errorf("final position %q, want %q", view.FEN, g.Final)
	}
	if fmt.Sprint(view.Moves) != fmt.Sprint(g.Moves) {
		return fmt.Errorf("moves %v, want %v", view.Moves, g.Moves)
	}
	if len(g.Moves) == 0 && s.Reason == "aborted" {
		return nil
	}
	scores := map[string][2]int{"1-0": {2, 0}, "*": {2, 0}, "0-1": {0, 2}, "1/2-1/2": {1, 1}}[g.Result]
	if s.Scores["white"] != scores[0] || s.Scores["black"] != scores[1] {
		return fmt.Errorf("ended %s with %v, the PGN says %s", s.Reason, s.Scores, g.Result)
	}
	if s.Chain == "" || s.Chain != now.Chain {
		return fmt.Errorf("chain %q and %q", s.Chain, now.Chain)
	}
	return nil
}
