package robustness_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/tests/robustness"
)

// honest is a history without fault: two moves, a refusal, a repeated command, one whose answer was lost, one that was
// never done, a read and a spectator.
func honest() (robustness.History, robustness.Log) {
	log := robustness.Log{"G": {
		{V: 1, Type: "created"}, {V: 2, Type: "seated"}, {V: 3, Type: "seated"}, {V: 4, Type: "started"},
		{V: 5, Type: "move-played", Player: "w", Command: "1", M: "f2f3"},
		{V: 6, Type: "move-played", Player: "b", Command: "1", M: "e7e5"},
		{V: 7, Type: "move-played", Player: "w", Command: "2", M: "g2g4"},
		{V: 8, Type: "move-played", Player: "b", Command: "2", M: "d8h4"},
		{V: 9, Type: "ended", Player: "b", Command: "2"},
	}}
	attempt := func(player, id, m string, call int64, o robustness.Outcome, v uint64) robustness.Attempt {
		return robustness.Attempt{Game: "G", Player: player, ID: id, T: "move", M: m, Call: call, Return: call + 10, Outcome: o, V: v}
	}
	repeat := attempt("w", "1", "f2f3", 120, robustness.Accepted, 5)
	repeat.Duplicate = true
	h := robustness.History{
		Attempts: []robustness.Attempt{
			attempt("w", "1", "f2f3", 100, robustness.Accepted, 5),
			repeat,
			attempt("b", "0", "e7e4", 140, robustness.Rejected, 5),
			attempt("b", "1", "e7e5", 160, robustness.Accepted, 6),
			attempt("w", "2", "g2g4", 180, robustness.Unknown, 0), // done
			attempt("w", "3", "h2h4", 200, robustness.Unknown, 0), // not done
			attempt("b", "2", "d8h4", 220, robustness.Accepted, 9),
		},
		Reads: []robustness.Read{{Game: "G", Call: 172, Return: 178, V: 6}},
		Seen:  []robustness.Seen{{Game: "G", Versions: []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9}}},
	}
	return h, log
}

func findings(h robustness.History, log robustness.Log) []string {
	return append(robustness.Check(h, log), robustness.Linearizable(h, log, time.Minute)...)
}

func TestAnHonestHistoryPasses(t *testing.T) {
	if found := findings(honest()); len(found) != 0 {
		t.Errorf("found %q", found)
	}
}

// TestEveryFaultIsSeen doctors the honest history in one way each. want is a part of the finding.
func TestEveryFaultIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		doctor func(*robustness.History, robustness.Log)
		want   string
	}{
		"acknowledged and lost": {func(h *robustness.History, log robustness.Log) {
			log["G"], h.Seen[0].Versions = log["G"][:7], h.Seen[0].Versions[:7]
		}, "acknowledged at version 9, and lost"},
		"acknowledged and replaced by another's": {func(_ *robustness.History, log robustness.Log) {
			log["G"][5].Player, log["G"][5].Command = "b", "other"
		}, "acknowledged at version 6, and lost"},
		"acknowledged at another version": {func(h *robustness.History, _ robustness.Log) {
			h.Attempts[3].V = 7
		}, "acknowledged at version 7, but it is at 6"},
		"acknowledged with other content": {func(_ *robustness.History, log robustness.Log) {
			log["G"][5].M = "d7d5"
		}, "the log has move-played d7d5"},
		"acknowledged as another type": {func(h *robustness.History, _ robustness.Log) {
			h.Attempts[3].T = "resign"
		}, "acknowledged as resign"},
		"acknowledged twice as new": {func(h *robustness.History, _ robustness.Log) {
			h.Attempts[1].Duplicate = false
		}, "acknowledged 2 times as new"},
		"done twice": {func(_ *robustness.History, log robustness.Log) {
			log["G"][6].Player, log["G"][6].Command = "w", "1"
		}, "command w/1 was done twice"},
		"done twice in a row": {func(_ *robustness.History, log robustness.Log) {
			log["G"][5].Player, log["G"][5].Command = "w", "1"
		}, "command w/1 was done twice"},
		"of unknown outcome, done twice": {func(_ *robustness.History, log robustness.Log) {
			log["G"][4].Player, log["G"][4].Command = "w", "2"
		}, "command w/2 was done twice"},
		"refused and done": {func(_ *robustness.History, log robustness.Log) {
			log["G"][6].Player, log["G"][6].Command = "b", "0"
		}, "refused every time, and done at version 7"},
		"a version missing": {func(_ *robustness.History, log robustness.Log) {
			log["G"] = slices.Delete(log["G"], 2, 3)
		}, "version 4 stands at place 3"},
		"spectator: gap": {func(h *robustness.History, _ robustness.Log) {
			h.Seen[0].Versions = slices.Delete(h.Seen[0].Versions, 4, 5)
		}, "shown version 6 as number 5"},
		"spectator: repeat": {func(h *robustness.History, _ robustness.Log) {
			h.Seen[0].Versions = slices.Insert(h.Seen[0].Versions, 4, 4)
		}, "shown version 4 as number 5"},
		"spectator: never told of the end": {func(h *robustness.History, _ robustness.Log) {
			h.Seen[0].Versions = h.Seen[0].Versions[:8]
		}, "shown 8 of 9 versions"},
		"spectator: more than there is": {func(h *robustness.History, _ robustness.Log) {
			h.Seen[0].Versions = append(h.Seen[0].Versions, 10)
		}, "shown 10 of 9 versions"},
		"a stale read": {func(h *robustness.History, _ robustness.Log) {
			h.Reads[0].V = 5
		}, "not linearizable"},
		"a read of what nobody had asked for": {func(h *robustness.History, _ robustness.Log) {
			h.Reads[0].V = 7
		}, "not linearizable"},
		"acknowledged before an older one was sent": {func(h *robustness.History, _ robustness.Log) {
			h.Attempts[0].Call, h.Attempts[0].Return = 300, 310
			h.Attempts[1].Call, h.Attempts[1].Return = 320, 330
		}, "not linearizable"},
		"a duplicate before it was done": {func(h *robustness.History, _ robustness.Log) {
			h.Attempts[1].Call, h.Attempts[1].Return = 10, 20
			h.Attempts[1].V = 9
		}, "not linearizable"},
		"a refusal at a version that was over": {func(h *robustness.History, _ robustness.Log) {
			h.Attempts[2].Call, h.Attempts[2].Return = 240, 250
		}, "not linearizable"},
	} {
		t.Run(name, func(t *testing.T) {
			h, log := honest()
			c.doctor(&h, log)
			found := strings.Join(findings(h, log), "\n")
			if !strings.Contains(found, c.want) {
				t.Errorf("found %q, want %q", found, c.want)
			}
		})
	}
}

// match is a stored game in which fool's mate was played.
func match(t *testing.T) []event.Recorded {
	t.Helper()
	var all []event.Recorded
	s := game.New("GGGGGGGGGGGG")
	do := func(player, id string, wish game.Wish) {
		t.Helper()
		c := game.Command{ID: id, Player: player, Basis: s.Version, Wish: wish}
		events, err := game.Decide(s, c, game.Env{At: 1, Seats: make([]game.Measured, 2)})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range game.Record(s, chess.Rules{}, events, event.Meta{Command: id, Player: player, At: 1, Server: "x"}) {
			all = append(all, step.Recorded)
			s = step.After
		}
	}
	do("w", "c", game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: "open", Watch: "public", Clock: clock.Spec{Type: "none"}})
	do("b", "s", game.Sit{Seat: "black"})
	for i, m := range []string{"f2f3", "e7e5", "g2g4", "d8h4"} {
		do([]string{"w", "b"}[i%2], m, game.Move{M: json.RawMessage(`"` + m + `"`)})
	}
	return all
}

func replay(all []event.Recorded) string {
	r := robustness.NewReplay("GGGGGGGGGGGG")
	for _, rec := range all {
		if _, finding := r.Step(rec); finding != "" {
			return finding
		}
	}
	return ""
}

// TestEveryBadLogIsSeen doctors stored events. A move that breaks the rules is seen before its hash is looked at.
func TestEveryBadLogIsSeen(t *testing.T) {
	if finding := replay(match(t)); finding != "" {
		t.Fatalf("the honest log: %s", finding)
	}
	data := func(i int, from, to string) func([]event.Recorded) []event.Recorded {
		return func(all []event.Recorded) []event.Recorded {
			changed := strings.Replace(string(all[i].Data), from, to, 1)
			if changed == string(all[i].Data) {
				panic("robustness: the event does not have " + from)
			}
			all[i].Data = []byte(changed)
			return all
		}
	}
	for name, c := range map[string]struct {
		doctor func([]event.Recorded) []event.Recorded
		want   string
	}{
		"illegal move":        {data(5, "e7e5", "e7e4"), "illegal"},
		"move out of turn":    {data(5, "black", "white"), "white is not on turn"},
		"move by somebody":    {func(all []event.Recorded) []event.Recorded { all[5].Meta = all[4].Meta; return all }, "by somebody else"},
		"legal, not the move": {data(5, "e7e5", "e7e6"), "version 6"},
		"after the end": {func(all []event.Recorded) []event.Recorded {
			return append(all, all[len(all)-1])
		}, "after the end"},
		"left out": {func(all []event.Recorded) []event.Recorded { return slices.Delete(all, 3, 4) }, "version 5"},
		"unreadable": {func(all []event.Recorded) []event.Recorded {
			all[4].Type = "move-played.v9"
			return all
		}, "version 5"},
	} {
		t.Run(name, func(t *testing.T) {
			if finding := replay(c.doctor(match(t))); !strings.Contains(finding, c.want) {
				t.Errorf("found %q, want %q", finding, c.want)
			}
		})
	}
}
