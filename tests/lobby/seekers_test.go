package lobby_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// seeker is somebody who looks for an opponent as protocol.md 6.4 says, and plays the first who comes.
type seeker struct {
	person *client.Client
	game   string // in which they sit at the end
	seat   string
	other  string // who sits there too
	moved  bool   // it is not the game that they made
}

// wait waits in a game that they have made, or where it leads, for an opponent.
func (s *seeker) wait(ctx context.Context, id string) (seeker, error) {
	end := seeker{person: s.person, game: id}
	for range 2 {
		at, err := s.person.Play(ctx, end.game, nil)
		if err != nil {
			return end, fmt.Errorf("play %s (moved: %t): %w", end.game, end.moved, err)
		}
		state, err := at.Wait(ctx, func(st client.State) bool { return st.Status != "open" && st.Status != "" })
		at.Close()
		if err != nil {
			return end, fmt.Errorf("wait in %s (moved: %t): %w", end.game, end.moved, err)
		}
		if state.Reason == "paired" {
			end.game, end.moved = state.Next, true
			continue
		}
		if len(state.Players) != 2 {
			return end, fmt.Errorf("game %s is %s (%s) with %v", end.game, state.Status, state.Reason, state.Players)
		}
		end.seat = state.Seat
		for seat, p := range state.Players {
			if seat != end.seat {
				end.other = p.ID
			}
		}
		return end, nil
	}
	return end, fmt.Errorf("moved twice, at last to %s", end.game)
}

// seek makes a game, and waits there, or where it leads, for an opponent. Every fifth person makes two that anybody fits
// who fits one of them, and must be paired out of one only.
func (s *seeker) seek(ctx context.Context, n int) error {
	wish := client.NewGame{Kind: "chess", Access: "open", Pair: json.RawMessage(`{}`)}
	if n%2 == 0 {
		wish.Seat, wish.Clock = "random", &client.Clock{Type: "fischer", Initial: 600_000}
	} else {
		wish.Seat, wish.Clock = []string{"white", "black"}[n/2%2], &client.Clock{Type: "fischer", Initial: 300_000}
	}
	made := make([]string, 1, 2)
	if n%5 == 0 {
		made = made[:2]
	}
	for i := range made {
		g, err := s.person.Create(ctx, wish)
		if err != nil {
			return fmt.Errorf("create: %w", err)
		}
		made[i] = g.Game
	}
	waiting, enough := context.WithCancel(ctx)
	defer enough()
	type outcome struct {
		made string
		seeker
		error
	}
	met := make(chan outcome, len(made))
	for _, id := range made {
		go func() {
			end, err := s.wait(waiting, id)
			met <- outcome{id, end, err}
		}()
	}
	first := <-met
	if first.error != nil {
		return first.error
	}
	*s = first.seeker
	if len(made) == 1 {
		return nil
	}
	enough()
	<-met
	for _, id := range made {
		if id == first.made {
			continue
		}
		if err := s.giveUp(ctx, id); err != nil {
			return fmt.Errorf("plays in %s, and also waited in %s: %w", s.game, id, err)
		}
	}
	return nil
}

// giveUp withdraws a game in which nobody may have come. A server that dies, and an opponent who is on the way and turns
// back, are waited for.
func (s *seeker) giveUp(ctx context.Context, id string) error {
	command := client.Command{T: "abort", ID: client.NewID()}
	for {
		_, refused := s.person.Command(ctx, id, command)
		state, err := s.person.Look(ctx, id, 0)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("%w (%w)", ctx.Err(), refused)
		case err == nil && state.Reason == "withdrawn":
			return nil
		case err == nil && state.Status != "open":
			return fmt.Errorf("it is %s (%s, next %q) with %v", state.Status, state.Reason, state.Next, state.Players)
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// seekAll lets so many people look for opponents on some servers at once, and calls during when some of them have met.
func seekAll(t *testing.T, servers []*harness.Server, count int, during func()) {
	t.Helper()
	ctx := harness.Within(t, 150*time.Second)
	seekers := make([]*seeker, count)
	for i := range seekers {
		person, err := servers[i%len(servers)].Client().Guest(ctx, fmt.Sprint("seeker ", i))
		if err != nil {
			t.Fatal(err)
		}
		seekers[i] = &seeker{person: person}
	}
	var met atomic.Int64
	some := make(chan struct{})
	var all sync.WaitGroup
	for i, s := range seekers {
		all.Go(func() {
			if err := s.seek(ctx, i); err != nil {
				t.Errorf("seeker %d: %v", i, err)
			}
			if met.Add(1) == int64(count/10) {
				close(some)
			}
		})
	}
	<-some
	during()
	all.Wait()
	t.Logf("%d seekers, %d had met before the fault", count, count/10)
	judge(ctx, t, seekers)
}

// judge compares what everybody was shown, and asks the games.
func judge(ctx context.Context, t *testing.T, seekers []*seeker) {
	t.Helper()
	people := map[string]*seeker{}
	for _, s := range seekers {
		people[s.person.Person().ID] = s
	}
	games, moved := map[string]int{}, 0
	for id, s := range people {
		games[s.game]++
		if s.moved {
			moved++
		}
		other := people[s.other]
		if other == nil || other.other != id || other.game != s.game || other.seat == s.seat {
			t.Errorf("%s believes to play %s in %s, who believes otherwise", id, s.other, s.game)
			continue
		}
		state, err := s.person.Look(ctx, s.game, 0)
		if err != nil || state.Players[s.seat].ID != id || state.Players[other.seat].ID != s.other {
			t.Errorf("game %s has %v, %s sat down as %s: %v", s.game, state.Players, id, s.seat, err)
		}
	}
	for id, n := range games {
		if n != 2 {
			t.Errorf("%d people are in game %s", n, id)
		}
	}
	if moved != len(seekers)/2 {
		t.Errorf("%d of %d have changed their game, half of them have to", moved, len(seekers))
	}
}
