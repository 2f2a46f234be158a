package upgrade_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// notes keep the newest message of each type that has no number.
type notes struct {
	mu   sync.Mutex
	last map[string][]byte
}

func (n *notes) take(m client.Message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last == nil {
		n.last = map[string][]byte{}
	}
	n.last[m.Type] = bytes.Clone(m.Raw)
}

func (n *notes) say(kind string, parts ...string) func() bool {
	return func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, part := range parts {
			if !bytes.Contains(n.last[kind], []byte(part)) {
				return false
			}
		}
		return true
	}
}

// people makes two people, each of whom one server has made.
func people(ctx context.Context, t *testing.T, at ...*client.Client) (list []*client.Client) {
	t.Helper()
	for i, c := range at {
		p, err := c.Guest(ctx, fmt.Sprint("person ", i))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// oneGame plays one game and its rematch with a seat on each of two servers: both see who is here and who has gone, offers are
// made on one server and taken on the other, and both show the game in their lists.
func (at *site) oneGame(ctx context.Context, white, black *client.Client) {
	t := at.t
	t.Helper()
	who := people(ctx, t, white, black)
	made, err := who[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Access: "open", Clock: &client.Clock{Type: "fischer", Initial: 600_000}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range at.servers {
		lists(t, s, "open", made.Game)
	}
	if _, err := who[1].Sit(ctx, made.Game, "black", ""); err != nil {
		t.Fatal(err)
	}
	var seats [2]*client.Game
	var told [2]notes
	for i := range seats {
		if seats[i], err = who[i].Play(ctx, made.Game, told[i].take); err != nil {
			t.Fatal(err)
		}
		defer seats[i].Close()
	}
	do := func(seat int, c client.Command) client.Receipt {
		t.Helper()
		r, err := seats[seat].Do(ctx, c)
		if err != nil {
			t.Fatalf("%s: %v", c.T, err)
		}
		for _, s := range seats {
			if _, err := s.Wait(ctx, func(s client.State) bool { return s.V >= r.V }); err != nil {
				t.Fatalf("%s: %v", c.T, err)
			}
		}
		return r
	}
	for i := range told {
		harness.Eventually(t, time.Minute, "both servers see both players", told[i].say("crowd", `"white":true`, `"black":true`))
	}
	for i, m := range []string{"e2e4", "e7e5", "g1f3", "b8c6"} {
		do(i%2, client.Move(m))
	}
	do(0, client.Plain("takeback-offer"))
	do(1, client.Plain("takeback-decline"))
	do(1, client.Plain("takeback-offer"))
	do(0, client.Plain("takeback-accept"))
	do(1, client.Move("b8c6"))
	do(1, client.Plain("add-time"))
	do(0, client.Plain("draw-offer"))
	do(1, client.Plain("draw-decline"))
	do(0, client.Move("f1b5"))
	do(1, client.Plain("draw-offer"))
	do(0, client.Plain("draw-accept"))
	wish, err := seats[0].Do(ctx, client.Plain("rematch"))
	if err != nil {
		t.Fatalf("rematch: %v", err)
	}
	harness.Eventually(t, time.Minute, "the other server tells of the wish for a rematch", told[1].say("rematch", `"seat":"white"`, wish.Game))
	next, err := seats[1].Do(ctx, client.Plain("rematch"))
	if err != nil || next.Game == "" || next.Game != wish.Game {
		t.Fatalf("rematch: %+v after %+v, %v", next, wish, err)
	}
	again, err := who[0].Play(ctx, next.Game, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	seats[1].Close()
	harness.Eventually(t, time.Minute, "one server sees that the player on the other has left", told[0].say("crowd", `"black":false`))
	if _, err := again.Do(ctx, client.Plain("abort")); err != nil {
		t.Fatalf("abort: %v", err)
	}
}

// lists waits until a server lists a game.
func lists(t *testing.T, s *harness.Server, status, game string) {
	t.Helper()
	base := s.URL
	harness.Eventually(t, time.Minute, "the game is listed at "+base, func() bool {
		answer, err := http.Get(base + "/api/games?limit=100&status=" + status)
		if err != nil {
			return false
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		return err == nil && strings.Contains(string(body), `"`+game+`"`)
	})
}

// seek lets an even number of people look for opponents on both servers, both of which pair them: everybody gets a game.
func (at *site) seek(ctx context.Context, count int) {
	t := at.t
	t.Helper()
	var all sync.WaitGroup
	played := make([]string, count)
	failed := make([]error, count)
	for i := range played {
		all.Go(func() { played[i], failed[i] = seeker(ctx, direct(at.servers[i%2]), i) })
	}
	all.Wait()
	games := map[string]int{}
	for i, id := range played {
		if failed[i] != nil {
			t.Errorf("seeker %d: %v", i, failed[i])
		}
		games[id]++
	}
	for id, n := range games {
		if n != 2 {
			t.Errorf("%d people were paired for game %s", n, id)
		}
	}
}

// seeker waits for an opponent and gives the game that they are paired for, which they give up then.
func seeker(ctx context.Context, c *client.Client, n int) (string, error) {
	person, err := c.Guest(ctx, fmt.Sprint("seeker ", n))
	if err != nil {
		return "", err
	}
	made, err := person.Create(ctx, client.NewGame{Kind: "chess", Seat: "random", Access: "open", Pair: json.RawMessage(`{}`),
		Clock: &client.Clock{Type: "fischer", Initial: 300_000, Increment: 3_000}})
	for id := made.Game; ; {
		if err != nil {
			return id, err
		}
		game, err := person.Play(ctx, id, nil)
		if err != nil {
			return id, err
		}
		s, err := game.Wait(ctx, func(s client.State) bool { return s.V > 0 && s.Status != "open" })
		if err == nil && s.Status != "ended" {
			_, _ = game.Do(ctx, client.Plain("abort")) // or the other one was faster
		}
		game.Close()
		if err != nil || s.Next == "" {
			return id, err
		}
		id = s.Next
	}
}
