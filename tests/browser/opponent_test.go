package browser_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// opponent plays the other seat as a script says, over a socket of its own.
type opponent struct {
	t    testing.TB
	who  *client.Client
	game *client.Game

	mu   sync.Mutex
	next string // the rematch that was proposed
}

// follow takes the seat that a link invites to.
func follow(t testing.TB, s *harness.Server, name, link string) *opponent {
	t.Helper()
	at, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	invitation, err := url.ParseQuery(at.Fragment)
	if err != nil {
		t.Fatal(err)
	}
	o := &opponent{t: t}
	o.who, err = s.Client().Guest(within(t), name)
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimPrefix(at.Path, "/game/")
	if _, err := o.who.Sit(within(t), id, invitation.Get("seat"), invitation.Get("invite")); err != nil {
		t.Fatalf("sit: %v", err)
	}
	o.play(id)
	return o
}

func within(t testing.TB) context.Context {
	t.Helper()
	return harness.Within(t, patience)
}

func (o *opponent) play(id string) {
	o.t.Helper()
	game, err := o.who.Play(within(o.t), id, o.hear)
	if err != nil {
		o.t.Fatalf("play: %v", err)
	}
	o.t.Cleanup(game.Close)
	o.game = game
}

func (o *opponent) hear(m client.Message) {
	if m.Type != "rematch" {
		return
	}
	var proposed struct {
		Game string `json:"game"`
	}
	if err := m.Decode(&proposed); err != nil {
		o.t.Error(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next = proposed.Game
}

// rematch is the next game, once it was proposed.
func (o *opponent) rematch() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.next
}

func (o *opponent) do(c client.Command) client.Receipt {
	o.t.Helper()
	receipt, err := o.game.Do(within(o.t), c)
	if err != nil {
		o.t.Fatalf("%s %s: %v", c.T, c.M, err)
	}
	return receipt
}

func (o *opponent) wish(name string) { o.t.Helper(); o.do(client.Plain(name)) }

// reply waits for a move of the other side and answers it; an empty answer only waits.
func (o *opponent) reply(theirs, ours string) {
	o.t.Helper()
	o.until(func(s client.State) bool { return lastMove(o.t, s) == theirs })
	if ours != "" {
		o.do(client.Move(ours))
	}
}

func (o *opponent) until(condition func(client.State) bool) client.State {
	o.t.Helper()
	s, err := o.game.Wait(within(o.t), condition)
	if err != nil {
		o.t.Fatalf("%v; the game is at version %d, %s", err, o.game.State().V, o.game.State().Status)
	}
	return s
}

// lastMove is the newest move in UCI, empty if there is none.
func lastMove(t testing.TB, s client.State) string {
	t.Helper()
	var move string
	if n := len(s.Moves); n > 0 {
		if err := json.Unmarshal(s.Moves[n-1].M, &move); err != nil {
			t.Error(err)
		}
		return move
	}
	if len(s.View) == 0 {
		return "" // nothing has arrived yet
	}
	var view struct {
		Moves []string `json:"moves"`
	}
	if err := json.Unmarshal(s.View, &view); err != nil {
		t.Error(err)
	}
	if len(view.Moves) > 0 {
		move = view.Moves[len(view.Moves)-1]
	}
	return move
}

func offered(kind string) func(client.State) bool {
	return func(s client.State) bool {
		for _, o := range s.Offers {
			if o.Kind == kind {
				return true
			}
		}
		return false
	}
}
