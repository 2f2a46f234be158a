package views_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/pebble"
)

// The past of a data folder: so many people have so many games each, of which one is unfinished.
const (
	people  = 40
	gamesOf = 50 / slower
)

// past writes it, so that a rebuild takes long enough to be killed.
func past(t *testing.T, dir string) (events int64) {
	t.Helper()
	store, err := pebble.Open(pebble.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	for p := range people {
		writing.Go(func() {
			for g := range gamesOf {
				steps := played(fmt.Sprintf("Past%04d%04d", p, g), fmt.Sprintf("past%d", p), g == 0)
				if err := store.Append(context.Background(), steps[0].Stream, 0, steps); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	writing.Wait()
	if err := store.Close(); err != nil || t.Failed() {
		t.Fatal(err)
	}
	return int64(people * (gamesOf*(len(moves)+5) - 1)) // one has not ended
}

// moves of nothing but pawns.
var moves = strings.Fields("a2a3 a7a6 b2b3 b7b6 c2c3 c7c6 d2d3 d7d6 e2e3 e7e6 f2f3 f7f6 g2g3 g7g6 h2h3 h7h6 " +
	"a3a4 a6a5 c3c4 c6c5 d3d4 d6d5 e3e4 e6e5 f3f4 f6f5 g3g4")

// played is a game of chess in which somebody has enough before anything has happened.
func played(id, player string, unfinished bool) []event.Recorded {
	rules, _ := games.Kinds("chess")
	state := game.New(id)
	var stored []event.Recorded
	do := func(e ...game.Event) {
		steps := game.Record(state, rules, e, event.Meta{At: time.Now().UnixMilli(), Server: "past"})
		for _, step := range steps {
			stored = append(stored, step.Recorded)
		}
		state = steps[len(steps)-1].After
	}
	do(game.Created{Kind: "chess", Creator: player, Access: game.AccessInvite, Watch: game.WatchPublic, Clock: clock.Spec{Type: clock.Days, Days: 3}})
	do(game.Seated{Seat: "white", Player: player})
	do(game.Seated{Seat: "black", Player: "opponent"}, game.Started{Turn: []game.Seat{"white"}})
	for _, move := range moves {
		do(game.MovePlayed{Seat: state.Turn()[0], M: json.RawMessage(`"` + move + `"`), Left: state.Times()})
	}
	if !unfinished {
		do(game.Ended{Reason: game.Resigned, Winner: "white", Scores: map[game.Seat]int{"white": 2, "black": 0}, Left: state.Times()})
	}
	return stored
}
