package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/transport/wire"
)

// The lines of section 6.2, written out. CHAIN stands for the hash, which the test takes from the state.
var fischerLines = []string{
	`{"t":"created","v":1,"ts":1764000000000,"game":"k3JqT9xBv2Lm","kind":"chess","clock":{"type":"fischer","initial":180000,"increment":2000},"rated":false,"access":"invite","watch":"public","delay":0}`,
	`{"t":"seated","v":2,"ts":1764000001000,"seat":"white","player":{"id":"g_ann","name":"Ann"}}`,
	`{"t":"seated","v":3,"ts":1764000002000,"seat":"black","player":{"id":"p_bob","name":"Bob","rating":1512}}`,
	`{"t":"started","v":4,"ts":1764000003000,"turn":["white"]}`,
	`{"t":"move","v":5,"ts":1764000004000,"seat":"white","m":"e2e4","elapsed":1000,"lag":12,"comp":0,"clock":{"left":{"white":180000,"black":180000},"run":[]},"turn":["black"],"x":{"san":"e4","fen":"rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1"}}`,
	`{"t":"move","v":6,"ts":1764000005000,"seat":"black","m":"e7e5","elapsed":5321,"lag":38,"comp":38,"clock":{"left":{"white":180000,"black":180000},"run":["white"]},"turn":["white"],"x":{"san":"e5","fen":"rnbqkbnr/pppp1ppp/8/4p3/4P3/8/PPPP1PPP/RNBQKBNR w KQkq - 0 2"}}`,
	`{"t":"draw-offered","v":7,"ts":1764000006000,"seat":"white"}`,
	`{"t":"draw-declined","v":8,"ts":1764000007000,"seat":"black"}`,
	`{"t":"takeback-offered","v":9,"ts":1764000008000,"seat":"black","plies":1}`,
	`{"t":"takeback-declined","v":10,"ts":1764000009000,"seat":"white","plies":1}`,
	`{"t":"takeback-offered","v":11,"ts":1764000010000,"seat":"black","plies":1}`,
	`{"t":"takeback","v":12,"ts":1764000011000,"plies":1,"clock":{"left":{"white":180000,"black":180000},"run":["black"]},"turn":["black"],"view":{"start":"startpos","fen":"rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1","moves":["e2e4"],"check":false}}`,
	`{"t":"time-added","v":13,"ts":1764000012000,"seat":"white","to":"black","ms":15000,"clock":{"left":{"white":180000,"black":195000},"run":["black"],"used":{"black":1000}}}`,
	`{"t":"clock-adjusted","v":14,"ts":1764000013000,"reason":"failover","seat":"black","charged":700,"clock":{"left":{"white":180000,"black":194300},"run":["black"]}}`,
	`{"t":"ended","v":15,"ts":1764000014000,"reason":"resign","winner":"white","scores":{"white":2,"black":0},"clock":{"left":{"white":180000,"black":190000},"run":[]},"chain":"CHAIN"}`,
}

func TestLines(t *testing.T) {
	e := wire.Encoder{Names: people}
	steps := chessGame(fischer)
	for i, step := range steps {
		want := strings.ReplaceAll(fischerLines[i], "CHAIN", step.After.Chain.String())
		if got := string(e.Line(step, game.Watchers)); got != want {
			t.Errorf("event %d\n got %s\nwant %s", i+1, got, want)
		}
	}
}

func TestWithoutClockThereIsNoClock(t *testing.T) {
	e := wire.Encoder{Names: people}
	for _, step := range chessGame(clock.Spec{Type: clock.None}) {
		o := object(t, e.Line(step, game.Watchers))
		c, has := o["clock"]
		switch o["t"] {
		case "created":
			if spec, ok := c.(map[string]any); !ok || len(spec) != 1 || spec["type"] != "none" {
				t.Errorf("created has the clock %v", c)
			}
		default:
			if has {
				t.Errorf("%v has the clock %v", o["t"], c)
			}
		}
		if o["t"] == "move" {
			for _, name := range []string{"elapsed", "lag", "comp"} {
				if _, ok := o[name]; !ok {
					t.Errorf("move without %s", name)
				}
			}
		}
	}
}

func TestAbsentAndEmpty(t *testing.T) {
	rules := chess.Rules{}
	e := wire.Encoder{Names: people}
	base := []game.Event{created(fischer), game.Seated{Seat: "white", Player: "g_ann"}}
	tests := []struct {
		name   string
		event  game.Event
		absent []string
		has    map[string]string // as JSON
	}{
		{"a draw has scores and no winner", game.Ended{Reason: "stalemate", Scores: map[game.Seat]int{"white": 1, "black": 1}},
			[]string{"winner", "next"}, map[string]string{"scores": `{"black":1,"white":1}`}},
		{"aborted games have neither", game.Ended{Reason: game.Aborted}, []string{"winner", "scores", "next"}, nil},
		{"withdrawn too", game.Ended{Reason: game.Withdrawn}, []string{"winner", "scores", "next"}, nil},
		{"no-start too", game.Ended{Reason: game.NoStart}, []string{"winner", "scores", "next"}, nil},
		{"paired names the next game", game.Ended{Reason: "paired", Next: "ZZZZZZZZZZZZ"}, []string{"winner", "scores"},
			map[string]string{"next": `"ZZZZZZZZZZZZ"`}},
		{"a nameless player has no name", game.Seated{Seat: "black", Player: "g_erased"}, nil,
			map[string]string{"player": `{"id":"g_erased"}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			steps := record(rules, append(base[:2:2], tt.event)...)
			o := object(t, e.Line(steps[2], game.Watchers))
			for _, name := range tt.absent {
				if v, ok := o[name]; ok {
					t.Errorf("%s is there: %v", name, v)
				}
			}
			for name, want := range tt.has {
				if got, _ := json.Marshal(o[name]); string(got) != want {
					t.Errorf("%s is %s, want %s", name, got, want)
				}
			}
			s := object(t, e.State(steps[2].After, wire.StateContext{TS: start}))
			for _, name := range []string{"turn", "offers"} {
				if list, ok := s[name].([]any); !ok || len(list) != 0 {
					t.Errorf("state: %s is %v, want []", name, s[name])
				}
			}
			if _, ok := s["winner"]; ok {
				t.Error("state has a winner")
			}
		})
	}
}

func TestCreatedSaysWhatWasAskedFor(t *testing.T) {
	setup := json.RawMessage(`{"fen":"4k3/8/8/8/8/8/4P3/4K3 w - - 5 39"}`)
	c := created(clock.Spec{Type: clock.Days, Days: 3})
	c.Setup, c.Parent, c.Rated, c.Watch, c.Delay, c.Access = setup, "AAAAAAAAAAAA", true, game.WatchLink, 5000, game.AccessOpen
	steps := record(chess.Rules{}, c)
	e := wire.Encoder{}
	want := `{"t":"created","v":1,"ts":1764000000000,"game":"k3JqT9xBv2Lm","kind":"chess","clock":{"type":"days","days":3},"rated":true,"access":"open","watch":"link","delay":5000,"setup":{"fen":"4k3/8/8/8/8/8/4P3/4K3 w - - 5 39"},"parent":"AAAAAAAAAAAA"}`
	if got := string(e.Line(steps[0], game.Watchers)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestMoveThatGivesCheckAndEndsTheTurn(t *testing.T) {
	events := []game.Event{created(fischer), game.Seated{Seat: "white", Player: "g_ann"}, game.Seated{Seat: "black", Player: "p_bob"},
		game.Started{Turn: []game.Seat{"white"}}}
	for i, m := range []string{"f2f3", "e7e5", "g2g4", "d8h4"} {
		events = append(events, game.MovePlayed{Seat: []game.Seat{"white", "black"}[i%2], M: uci(m),
			Left: game.Times{"white": 1000, "black": 1000}})
	}
	steps := record(chess.Rules{}, events...)
	o := object(t, (&wire.Encoder{}).Line(steps[len(steps)-1], game.AudienceOf("white")))
	x := o["x"].(map[string]any)
	if x["check"] != true || x["san"] != "Qh4#" {
		t.Errorf("x is %v", x)
	}
	if _, legal := x["legal"]; legal {
		t.Error("a mated seat has legal moves")
	}
	if turn := o["turn"].([]any); len(turn) != 0 {
		t.Errorf("turn after mate is %v", turn)
	}
	if run := o["clock"].(map[string]any)["run"].([]any); len(run) != 0 {
		t.Errorf("clocks that run after mate: %v", run)
	}
}

func TestLegalMovesAreForTheSeatOnTurn(t *testing.T) {
	e := wire.Encoder{}
	steps := chessGame(fischer)
	for _, tt := range []struct {
		to   game.Audience
		want bool
	}{{game.AudienceOf("white"), false}, {game.AudienceOf("black"), true}, {game.Watchers, false}, {game.Everyone, false}} {
		line := string(e.Line(steps[4], tt.to)) // e2e4: black is on turn
		if got := strings.Count(line, `"legal":`); (got == 1) != tt.want || got > 1 {
			t.Errorf("%+v: %d times legal in %s", tt.to, got, line)
		}
		state := string(e.State(steps[4].After, wire.StateContext{To: tt.to}))
		if got := strings.Count(state, `"legal":`); (got == 1) != tt.want || got > 1 {
			t.Errorf("%+v: %d times legal in %s", tt.to, got, state)
		}
	}
	// A kind that leaves it to us.
	quiet := record(hidden{}, hiddenGame(7)...)
	o := object(t, e.Line(quiet[5], game.AudienceOf("white")))
	if x, _ := o["x"].(map[string]any); x["legal"] == nil {
		t.Errorf("no legal moves in %v", o)
	}
	view := object(t, e.State(quiet[5].After, wire.StateContext{To: game.AudienceOf("white")}))["view"].(map[string]any)
	if view["legal"] == nil || view["mine"] == nil {
		t.Errorf("view is %v", view)
	}
}

func TestOneAllocationForALine(t *testing.T) {
	e := wire.Encoder{Names: people}
	steps := chessGame(fischer)
	for _, i := range []int{1, 6, 13} { // what asks the game nothing but whose clock runs
		n := testing.AllocsPerRun(100, func() { e.Line(steps[i], game.Watchers) })
		if limit := 3.0; n > limit { // the line, and what the state allocates to tell who runs
			t.Errorf("event %d: %v allocations", i+1, n)
		}
	}
}

func TestEveryEventHasALine(t *testing.T) {
	seen := map[string]bool{}
	for _, step := range chessGame(fischer) {
		seen[object(t, (&wire.Encoder{}).Line(step, game.Watchers))["t"].(string)] = true
	}
	for _, typ := range []string{"created", "seated", "started", "move", "draw-offered", "draw-declined", "takeback-offered",
		"takeback-declined", "takeback", "time-added", "clock-adjusted", "ended"} {
		if !seen[typ] {
			t.Errorf("no line has the type %s", typ)
		}
	}
}

func TestNamesCannotBreakOut(t *testing.T) {
	nasty := "</script>\u2028\u2029\"\\\n\x00\x7f&<b>\xff\U0001F600"
	e := wire.Encoder{Names: names{"g_ann": nasty}}
	steps := chessGame(fischer)
	for _, line := range [][]byte{e.Line(steps[1], game.Watchers), e.State(last(steps), wire.StateContext{})} {
		if strings.ContainsAny(string(line), "<>&\n\u2028\u2029") {
			t.Errorf("not escaped: %q", line)
		}
		o := object(t, line)
		p, ok := o["player"].(map[string]any)
		if !ok {
			p = o["players"].(map[string]any)["white"].(map[string]any)
		}
		if want := strings.ToValidUTF8(nasty, "\ufffd"); p["name"] != want {
			t.Errorf("name reads %q, want %q", p["name"], want)
		}
	}
}

func TestUnnumberedLines(t *testing.T) {
	s := last(chessGame(fischer)[:6])
	tests := []struct {
		name string
		got  []byte
		want string
	}{
		{"live with clocks", wire.Live(s, func(o game.Origin) int64 { return 250 }), `{"t":"live","v":6,"clock":{"left":{"white":179750,"black":180000},"run":["white"]}}`},
		{"live without", wire.Live(game.New("x"), nil), `{"t":"live","v":0}`},
		{"stale", wire.Stale(1764000012000), `{"t":"stale","ts":1764000012000}`},
		{"ok", wire.OK("a-7", game.Receipt{Version: 57}), `{"t":"ok","id":"a-7","v":57}`},
		{"ok again", wire.OK("a-7", game.Receipt{Version: 57, Duplicate: true}), `{"t":"ok","id":"a-7","v":57,"duplicate":true}`},
		{"ok rematch", wire.OK("r-1", game.Receipt{Version: 80, Game: "Zk81hTtQ0vYa"}), `{"t":"ok","id":"r-1","v":80,"game":"Zk81hTtQ0vYa"}`},
		{"error", wire.Error("a-8", &domain.Error{Kind: domain.IllegalMove, Message: "no piece on e5", Version: 57}),
			`{"t":"error","id":"a-8","code":"illegal_move","message":"no piece on e5","retry":false,"v":57}`},
		{"error without id", wire.Error("", domain.Refuse(domain.BadMessage, "x")), `{"t":"error","code":"bad_message","message":"x","retry":false}`},
		{"error with after", wire.Error("a", &domain.Error{Kind: domain.RateLimited, Message: "m", After: 40}),
			`{"t":"error","id":"a","code":"rate_limited","message":"m","retry":true,"after":40}`},
		{"game over", wire.Error("a", &domain.Error{Kind: domain.GameOver, Message: "m", Version: 8, Reason: "mate", Winner: "white"}),
			`{"t":"error","id":"a","code":"game_over","message":"m","retry":false,"v":8,"reason":"mate","winner":"white"}`},
		{"crowd", wire.Crowd(map[game.Seat]bool{"white": true, "black": false}, 1234), `{"t":"crowd","here":{"black":false,"white":true},"watchers":1234}`},
		{"gone", wire.Gone("black", 20_000, true, true), `{"t":"gone","seat":"black","claim":20000}`},
		{"gone, claim due", wire.Gone("black", -3, true, true), `{"t":"gone","seat":"black","claim":0}`},
		{"came back", wire.Gone("black", 0, true, false), `{"t":"gone","seat":"black"}`},
		{"gone, nothing to claim", wire.Gone("black", 0, false, true), ``},
		{"rematch", wire.Rematch("black", "Zk81hTtQ0vYa"), `{"t":"rematch","seat":"black","game":"Zk81hTtQ0vYa"}`},
		{"pong", wire.Pong(1764000012345, 1764000012301, 57), `{"t":"pong","ts":1764000012345,"echo":1764000012301,"v":57}`},
		{"pong about no game", wire.Pong(2, 1, 0), `{"t":"pong","ts":2,"echo":1}`},
		{"with game", wire.WithGame(wire.Stale(5), "G"), `{"t":"stale","ts":5,"game":"G"}`},
	}
	for _, tt := range tests {
		if string(tt.got) != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.name, tt.got, tt.want)
		}
	}
	e := wire.Encoder{}
	for _, line := range [][]byte{e.Line(chessGame(fischer)[0], game.Watchers), e.State(s, wire.StateContext{})} {
		if got := wire.WithGame(line, "G"); string(got) != string(line) {
			t.Errorf("a line that names its game was changed: %s", got)
		}
	}
}

func BenchmarkLineMove(b *testing.B) {
	e := wire.Encoder{Names: people}
	step := chessGame(fischer)[5]
	b.ReportAllocs()
	for b.Loop() {
		e.Line(step, game.Watchers)
	}
}

func BenchmarkLineSeated(b *testing.B) {
	e := wire.Encoder{Names: people}
	step := chessGame(fischer)[1]
	b.ReportAllocs()
	for b.Loop() {
		e.Line(step, game.Watchers)
	}
}

func BenchmarkState(b *testing.B) {
	e := wire.Encoder{Names: people}
	s := chessGame(fischer)[5].After
	b.ReportAllocs()
	for b.Loop() {
		e.State(s, wire.StateContext{TS: start})
	}
}
