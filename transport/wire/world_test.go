package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// names is a Names of a few people.
type names map[string]string

func (n names) Name(player string) string { return n[player] }

var people = names{"g_ann": "Ann", "p_bob": "Bob"}

const start = 1_764_000_000_000

var fischer = clock.Spec{Type: clock.Fischer, Initial: 180_000, Increment: 2_000}

func created(c clock.Spec) game.Created {
	return game.Created{Kind: "chess", Creator: "g_ann", Clock: c, Access: game.AccessInvite, Watch: game.WatchPublic}
}

// record makes the steps of a game of these events, one second apart.
func record(rules game.Rules, events ...game.Event) []game.Step {
	s := game.New("k3JqT9xBv2Lm")
	var steps []game.Step
	for i, e := range events {
		made := game.Record(s, rules, []game.Event{e}, event.Meta{At: start + int64(i)*1000, Server: "s", Up: int64(i) * 1000})
		steps = append(steps, made...)
		s = made[len(made)-1].After
	}
	return steps
}

func uci(s string) json.RawMessage { return json.RawMessage(`"` + s + `"`) }

// opening is a game of chess with one event of every type.
func opening(c clock.Spec) []game.Event {
	left := func(white, black int64) game.Times {
		if c.Type == clock.None {
			return nil
		}
		return game.Times{"white": white, "black": black}
	}
	return []game.Event{
		created(c),
		game.Seated{Seat: "white", Player: "g_ann"},
		game.Seated{Seat: "black", Player: "p_bob", Rating: 1512},
		game.Started{Turn: []game.Seat{"white"}},
		game.MovePlayed{Seat: "white", M: uci("e2e4"), Elapsed: 1000, Lag: 12, Left: left(180_000, 180_000)},
		game.MovePlayed{Seat: "black", M: uci("e7e5"), Elapsed: 5321, Lag: 38, Comp: 38, Left: left(180_000, 180_000)},
		game.DrawOffered{Seat: "white"},
		game.DrawDeclined{Seat: "black"},
		game.TakebackOffered{Seat: "black", Plies: 1},
		game.TakebackDeclined{Seat: "white", Plies: 1},
		game.TakebackOffered{Seat: "black", Plies: 1},
		game.TakenBack{Plies: 1},
		game.TimeAdded{Seat: "white", To: "black", MS: 15_000},
		game.ClockAdjusted{Reason: game.Failover, Seat: "black", Charged: 700, Left: left(180_000, 194_300)},
		game.Ended{Reason: game.Resigned, Winner: "white", Scores: map[game.Seat]int{"white": 2, "black": 0},
			Left: left(180_000, 190_000)},
	}
}

func chessGame(c clock.Spec) []game.Step { return record(chess.Rules{}, opening(c)...) }

func last(steps []game.Step) *game.State { return steps[len(steps)-1].After }

// object reads a line as a client would.
func object(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(line, &o); err != nil {
		t.Fatalf("not an object: %v\n%s", err, line)
	}
	return o
}
