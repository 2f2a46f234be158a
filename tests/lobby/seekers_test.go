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

// seek makes a game, and waits there, or where it leads, for an opponent.
func (s *seeker) seek(ctx context.Context, n int) error {
	wish := client.NewGame{Kind: "chess", Access: "open", Pair: json.RawMessage(`{}`)}
	if n%2 == 0 {
		wish.Seat, wish.Clock = "random", &client.Clock{Type: "fischer", Initial: 600_000}
	} else {
		wish.Seat, wish.Clock = []string{"white", "black"}[n/2%2], &client.Clock{Type: "fischer", Initial: 300_000}
	}
	made, err := s.person.Create(ctx, wish)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	s.game = made.Game
	for range 2 {
		at, err := s.person.Play(ctx, s.game, nil)
		if err != nil {
			return fmt.Errorf("play %s (moved: %t): %w", s.game, s.moved, err)
		}
		state, err := at.Wait(ctx, func(st client.State) bool { return st.Status != "open" && st.Status != "" })
		at.Close()
		if err != nil {
			return fmt.Errorf("wait in %s (moved: %t): %w", s.game, s.moved, err)
		}
		if state.Reason == "paired" {
			s.game, s.moved = state.Next, true
			continue
		}
		if len(state.Players) != 2 {
			return fmt.Errorf("game %s is %s (%s) with %v", s.game, state.Status, state.Reason, state.Players)
		}
		s.seat = state.Seat
		for seat, p := range state.Players {
			if seat != s.seat {
				s.other = p.ID
			}
		}
		return nil
	}
	return fmt.Errorf("moved twice, at last to %s", s.game)
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
