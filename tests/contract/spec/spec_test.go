package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/transport/rest"
	"github.com/plygames/ply/transport/wire"
)

type names struct{}

func (names) Name(string) string { return "Ann" }

// secretive is chess of which watchers see half: so that what the protocol keeps for such games is emitted too.
type secretive struct{ chess.Rules }

func (secretive) RedactStart(d game.Drawn, to game.Audience) (game.Drawn, game.Visibility) {
	if to == game.Watchers {
		return nil, game.Partly
	}
	return d, game.Full
}

func (secretive) RedactMove(by game.Seat, m json.RawMessage, d game.Drawn, to game.Audience) (json.RawMessage, game.Drawn, game.Visibility) {
	switch {
	case to != game.Watchers:
		return m, d, game.Full
	case by == "white":
		return nil, nil, game.Hidden
	default:
		return nil, nil, game.Partly
	}
}

// history is a game with every event there is and every field that one can have.
func history(rules game.Rules, spec clock.Spec) []game.Step {
	left := game.Times{"white": 60_000, "black": 60_000}
	if spec.Type == clock.None {
		left = nil
	}
	drawn := json.RawMessage(`[1]`)
	move := func(seat game.Seat, m string) game.Event {
		return game.MovePlayed{Seat: seat, M: json.RawMessage(m), Drawn: drawn, Elapsed: 9, Lag: 8, Comp: 7, Left: left}
	}
	events := []game.Event{
		game.Created{Kind: "chess", Setup: json.RawMessage(`{"fen":"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"}`), Drawn: drawn,
			Creator: "p_a", Clock: spec, Access: game.AccessInvite, Watch: game.WatchPublic, Parent: "AAAAAAAAAAAA"},
		game.Seated{Seat: "white", Player: "p_a", Rating: 1500},
		game.Seated{Seat: "black", Player: "p_b", Rating: 1400},
		game.Started{Turn: []game.Seat{"white"}},
		move("white", `"e2e4"`), move("black", `"e7e5"`), move("white", `"d1h5"`),
		game.DrawOffered{Seat: "black"},
		game.DrawDeclined{Seat: "white"},
		game.DrawOffered{Seat: "black"},
		game.TakebackOffered{Seat: "white", Plies: 1},
		game.TakebackDeclined{Seat: "black", Plies: 1},
		game.TakebackOffered{Seat: "white", Plies: 1},
		game.TimeAdded{Seat: "white", To: "black", MS: 15_000},
		game.TakenBack{Plies: 1},
		game.ClockAdjusted{Reason: game.Failover, Seat: "white", Charged: 5, Left: left},
		game.Ended{Reason: "resign", Winner: "white", Scores: map[game.Seat]int{"white": 2, "black": 0}, Left: left, Next: "BBBBBBBBBBBB"},
	}
	s := game.New("k3JqT9xBv2Lm")
	var steps []game.Step
	for i, e := range events {
		made := game.Record(s, rules, []game.Event{e}, event.Meta{At: 1_764_000_000_000 + int64(i)*1000, Server: "s", Up: int64(i) * 1000})
		steps = append(steps, made...)
		s = made[0].After
	}
	return steps
}

// emitted is one of everything that the server's side of wire can say, numbered and not.
func emitted() [][]byte {
	encoder := wire.Encoder{Names: names{}}
	var lines [][]byte
	for _, spec := range []clock.Spec{{Type: clock.Fischer, Initial: 60_000, Increment: 1}, {Type: clock.Delay, Initial: 60_000, Delay: 1},
		{Type: clock.Days, Days: 1}, {Type: clock.None}} {
		for _, rules := range []game.Rules{chess.Rules{}, secretive{}} {
			for _, step := range history(rules, spec) {
				for _, to := range []game.Audience{game.Watchers, game.AudienceOf("white"), game.AudienceOf("black"), game.Everyone} {
					line := encoder.Line(step, to)
					context := wire.StateContext{TS: 1, To: to, Here: map[game.Seat]bool{"white": true}}
					lines = append(lines, line, wire.WithGame(line, "k3JqT9xBv2Lm"), encoder.State(step.After, context),
						wire.Live(step.After, func(game.Origin) int64 { return 1 }))
				}
			}
		}
	}
	all := &domain.Error{Kind: domain.TooEarly, Message: "m", After: 5, Version: 6, Reason: "mate", Winner: "white"}
	boards := [][]byte{wire.Stale(1), wire.Error("a", all), wire.Crowd(map[game.Seat]bool{"white": true}, 3),
		wire.Gone("black", 5, true, true), wire.Pong(1, 2, 3), wire.Live(game.New("x"), nil)}
	for _, line := range boards {
		lines = append(lines, line, wire.WithGame(line, "k3JqT9xBv2Lm"))
	}
	offer := wire.Offer{Game: "k3JqT9xBv2Lm", Kind: "chess", Clock: clock.Spec{Type: clock.Fischer, Initial: 60_000}, Rated: true, Seat: "black",
		By: "p_a", Rating: 1500, Pair: json.RawMessage(`{"rating":[1400,1600]}`)}
	for _, spec := range []clock.Spec{offer.Clock, {Type: clock.Delay, Initial: 60_000, Delay: 1}, {Type: clock.Days, Days: 1}} {
		offer.Clock = spec
		body := encoder.Offer(offer)
		lines = append(lines, wire.LobbyGames([][]byte{body, body}), wire.LobbyGames(nil), wire.LobbyOpen(body))
	}
	lines = append(lines, wire.LobbyClosed("k3JqT9xBv2Lm"))
	for _, kind := range wire.Kinds() {
		lines = append(lines, wire.Error("", &domain.Error{Kind: kind, Message: "m"}))
	}
	return append(lines, wire.OK("a", game.Receipt{Version: 1, Duplicate: true, Game: "k3JqT9xBv2Lm"}),
		wire.Rematch("white", "k3JqT9xBv2Lm"), wire.Gone("black", 0, true, false))
}

func TestMessagesOfTheServerAreAsDescribed(t *testing.T) {
	d := load(t)
	schemas := d.byType(true)
	seen, s := map[string]bool{}, newShape()
	for _, line := range emitted() {
		var head struct {
			T string `json:"t"`
		}
		if err := json.Unmarshal(line, &head); err != nil {
			t.Fatal(err)
		}
		schema, ok := schemas[head.T]
		if !ok {
			t.Fatalf("type %s is not described", head.T)
		}
		seen[head.T] = true
		if err := s.check(schema, line); err != nil {
			t.Errorf("%s: %v", head.T, err)
		}
	}
	for typ, schema := range schemas {
		if !seen[typ] {
			t.Errorf("type %s is described but never sent", typ)
			continue
		}
		for _, missing := range s.unmet(schema, typ) {
			t.Errorf("%s is described but never sent", missing)
		}
	}
}

func TestMessagesOfTheClientAreAsDescribed(t *testing.T) {
	d := load(t)
	schemas := d.byType(false)
	var described []string
	for typ := range schemas {
		described = append(described, typ)
	}
	accepted := wire.CommandTypes()
	sort.Strings(described)
	sort.Strings(accepted)
	if !slices.Equal(described, accepted) {
		t.Fatalf("described %v\naccepted  %v", described, accepted)
	}
	values := map[string]string{"t": "", "id": `"a"`, "v": "1", "m": `"e2e4"`, "ts": "1"}
	for typ, schema := range schemas {
		var body []string
		for name := range schema.Properties {
			value := values[name]
			if name == "t" {
				value = fmt.Sprintf("%q", typ)
			}
			body = append(body, fmt.Sprintf("%q:%s", name, value))
		}
		whole := "{" + strings.Join(body, ",") + "}"
		if _, err, _ := wire.Decode([]byte(whole), chess.Rules{}); err != nil {
			t.Errorf("%s is described but refused: %v", whole, err)
		}
		if err := newShape().check(schema, []byte(whole)); err != nil {
			t.Errorf("%s: %v", whole, err)
		}
		// Each field that is required is, and a field that another type has is refused.
		for i := range body {
			without := "{" + strings.Join(slices.Delete(slices.Clone(body), i, i+1), ",") + "}"
			if _, err, _ := wire.Decode([]byte(without), chess.Rules{}); err == nil {
				t.Errorf("%s is accepted, but described as not whole", without)
			}
			if newShape().check(schema, []byte(without)) == nil {
				t.Errorf("%s is refused, but described as whole", without)
			}
		}
		for name, value := range values {
			if _, has := schema.Properties[name]; has || name == "t" {
				continue
			}
			more := fmt.Sprintf("{%s,%q:%s}", strings.Join(body, ","), name, value)
			if _, err, _ := wire.Decode([]byte(more), chess.Rules{}); err == nil {
				t.Errorf("%s is accepted, but not described", more)
			}
		}
	}
}

func TestErrorCodesAreDescribed(t *testing.T) {
	d := load(t)
	var described, exist []string
	for _, code := range d.messages["Error"].Value.Properties["code"].Value.Enum {
		described = append(described, fmt.Sprint(code))
	}
	for _, kind := range wire.Kinds() {
		exist = append(exist, string(kind))
	}
	sort.Strings(described)
	sort.Strings(exist)
	if !slices.Equal(described, exist) {
		t.Errorf("described %v\nexist     %v", described, exist)
	}
}

func TestCloseCodesAreDescribed(t *testing.T) {
	d := load(t)
	described, ok := d.async["x-close-codes"].(map[any]any)
	if !ok {
		if texts, isTexts := d.async["x-close-codes"].(map[string]any); isTexts {
			described = map[any]any{}
			for k, v := range texts {
				described[k] = v
			}
		}
	}
	codes := map[string]string{}
	for k, v := range described {
		codes[fmt.Sprint(k)] = fmt.Sprint(v)
	}
	exist := map[string]bool{}
	for _, c := range wire.Closes() {
		code := fmt.Sprint(c.Code)
		exist[code] = true
		text, ok := codes[code]
		if !ok {
			t.Errorf("%s is not described", code)
		}
		if c.Code >= 4000 && strings.Contains(text, "reconnect") != c.Reconnect() {
			t.Errorf("%s: described as %q, reconnect is %v", code, text, c.Reconnect())
		}
	}
	for code := range codes {
		if !exist[code] {
			t.Errorf("%s is described but never sent", code)
		}
	}
}

// pgn is the route that net/http has no pattern for.
const pgn = "GET /api/games/{game}.pgn"

func TestRoutesAreDescribed(t *testing.T) {
	d := load(t)
	exist := map[string]bool{pgn: true}
	for _, r := range append(rest.Routes(), rest.OpsRoutes()...) {
		exist[r.Method+" "+r.Pattern] = true
	}
	described := map[string]bool{}
	for path, item := range d.routes.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	for route := range exist {
		if !described[route] {
			t.Errorf("%s is not described", route)
		}
	}
	for route := range described {
		if !exist[route] {
			t.Errorf("%s is described but does not exist", route)
		}
	}
}

// TestReferencesOfMessagesLead follows every $ref of asyncapi.yaml, which the loader of schemas does not look at.
func TestReferencesOfMessagesLead(t *testing.T) {
	d := load(t)
	var follow func(path string, node any)
	follow = func(path string, node any) {
		switch n := node.(type) {
		case map[string]any:
			if ref, ok := n["$ref"].(string); ok {
				at := any(d.async)
				for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
					next, _ := at.(map[string]any)
					at = next[part]
				}
				if at == nil {
					t.Errorf("%s: %s leads nowhere", path, ref)
				}
			}
			for name, below := range n {
				follow(path+"/"+name, below)
			}
		case []any:
			for i, below := range n {
				follow(fmt.Sprintf("%s/%d", path, i), below)
			}
		}
	}
	follow("#", d.async)
	// Every message schema is part of some message.
	used := map[string]bool{}
	text, err := json.Marshal(d.async["components"].(map[string]any)["messages"])
	if err != nil {
		t.Fatal(err)
	}
	for name, schema := range d.messages {
		used[name] = strings.Contains(string(text), `"#/components/schemas/`+name+`"`)
		if types(schema.Value) != nil && !used[name] {
			t.Errorf("schema %s is part of no message", name)
		}
	}
}
