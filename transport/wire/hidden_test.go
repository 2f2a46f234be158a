package wire_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

// hidden is a game in which both seats are dealt a secret number and play secret numbers: a move is an integer; an even
// one is seen by nobody else at all, an odd one without its value.
type hidden struct{}

func (hidden) Kind() string                                           { return "hidden" }
func (hidden) Schema() string                                         { return "1" }
func (hidden) Seats() []game.Seat                                     { return []game.Seat{"white", "black"} }
func (hidden) Prepare(json.RawMessage, game.Seed) (game.Drawn, error) { return nil, nil }
func (hidden) Start(_ json.RawMessage, d game.Drawn) game.Board       { return secrets{dealt: d} }
func (hidden) Wellformed(m json.RawMessage) bool                      { return len(m) > 0 && m[0] >= '0' && m[0] <= '9' }
func (hidden) Load([]byte) (game.Board, error)                        { return secrets{}, nil }

func (hidden) RedactStart(d game.Drawn, to game.Audience) (game.Drawn, game.Visibility) {
	if to.SeesAll() {
		return d, game.Full
	}
	return nil, game.Partly
}

func (hidden) RedactMove(by game.Seat, m json.RawMessage, d game.Drawn, to game.Audience) (json.RawMessage, game.Drawn, game.Visibility) {
	switch {
	case to.SeesAll() || to.Seat() == by:
		return m, d, game.Full
	case (m[len(m)-1]-'0')%2 == 1:
		return nil, nil, game.Partly
	default:
		return nil, nil, game.Hidden
	}
}

type secrets struct {
	dealt json.RawMessage
	moves int
}

func (b secrets) Turn() []game.Seat { return []game.Seat{"white", "black"}[b.moves%2:][:1] }
func (b secrets) Judge(game.Seat, json.RawMessage, game.Seed) (game.Drawn, error) {
	return nil, nil
}
func (b secrets) Play(game.Seat, json.RawMessage, game.Drawn) game.Board {
	b.moves++
	return b
}
func (b secrets) Unsettled(game.Board, game.Seat) []game.Seat { return b.Turn() }
func (b secrets) Result() (game.Result, bool)                 { return game.Result{}, false }
func (b secrets) Timeout(game.Seat) game.Result               { return game.Result{} }
func (b secrets) Legal(game.Seat) json.RawMessage             { return json.RawMessage(`[1,2]`) }
func (b secrets) Save() []byte                                { return nil }
func (b secrets) View(to game.Audience) json.RawMessage {
	if to.SeesAll() {
		return json.RawMessage(fmt.Sprintf(`{"dealt":%s,"moves":%d}`, b.dealt, b.moves))
	}
	if to.Seat() != "" {
		return json.RawMessage(`{"mine":true}`)
	}
	return json.RawMessage(`{}`)
}

// hiddenGame is dealt a secret and played with another.
func hiddenGame(secret int) []game.Event {
	c := created(fischer)
	c.Kind, c.Drawn = "hidden", json.RawMessage(fmt.Sprint(secret))
	return []game.Event{c, game.Seated{Seat: "white", Player: "g_ann"}, game.Seated{Seat: "black", Player: "p_bob"},
		game.Started{Turn: []game.Seat{"white"}},
		game.MovePlayed{Seat: "white", M: json.RawMessage(fmt.Sprint(2 * secret)), Drawn: json.RawMessage(fmt.Sprint(secret))},
		game.MovePlayed{Seat: "black", M: json.RawMessage(fmt.Sprint(2*secret + 1))},
	}
}

func TestTwoTruthsThatDifferInSecretsAreEqualBytes(t *testing.T) {
	e := wire.Encoder{Names: people}
	one, two := record(hidden{}, hiddenGame(1)...), record(hidden{}, hiddenGame(44_444)...)
	for i := range one {
		a, b := e.Line(one[i], game.Watchers), e.Line(two[i], game.Watchers)
		if string(a) != string(b) {
			t.Errorf("event %d shows watchers a secret:\n%s\n%s", i+1, a, b)
		}
	}
	a, b := e.State(last(one), wire.StateContext{TS: 1}), e.State(last(two), wire.StateContext{TS: 1})
	if string(a) != string(b) {
		t.Errorf("state shows watchers a secret:\n%s\n%s", a, b)
	}
}

func TestRedaction(t *testing.T) {
	e := wire.Encoder{}
	steps := record(hidden{}, hiddenGame(7)...)
	tests := []struct {
		name string
		step int
		to   game.Audience
		want string
	}{
		{"hidden", 4, game.Watchers, `{"t":"skip","v":5,"ts":1764000004000}`},
		{"one's own", 4, game.AudienceOf("white"), `{"t":"move","v":5,"ts":1764000004000,"seat":"white","m":14,"elapsed":0,"lag":0,"comp":0,"clock":{"left":{"white":180000,"black":180000},"run":[]},"turn":["black"],"drawn":7}`},
		{"partly", 5, game.Watchers, `{"t":"move","v":6,"ts":1764000005000,"seat":"black","elapsed":0,"lag":0,"comp":0,"clock":{"left":{"white":180000,"black":180000},"run":["white"]},"turn":["white"],"hidden":true}`},
		{"after the end", 4, game.Everyone, `{"t":"move","v":5,"ts":1764000004000,"seat":"white","m":14,"elapsed":0,"lag":0,"comp":0,"clock":{"left":{"white":180000,"black":180000},"run":[]},"turn":["black"],"drawn":7}`},
		{"dealt", 0, game.Watchers, `{"t":"created","v":1,"ts":1764000000000,"game":"k3JqT9xBv2Lm","kind":"hidden","clock":{"type":"fischer","initial":180000,"increment":2000},"rated":false,"access":"invite","watch":"public","delay":0,"hidden":true}`},
		{"dealt, revealed", 0, game.Everyone, `{"t":"created","v":1,"ts":1764000000000,"game":"k3JqT9xBv2Lm","kind":"hidden","clock":{"type":"fischer","initial":180000,"increment":2000},"rated":false,"access":"invite","watch":"public","delay":0,"drawn":7}`},
	}
	for _, tt := range tests {
		if got := string(e.Line(steps[tt.step], tt.to)); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestTheEndRevealsEverything(t *testing.T) {
	e := wire.Encoder{}
	steps := record(hidden{}, append(hiddenGame(7), game.Ended{Reason: game.Aborted})...)
	running, ended := steps[len(steps)-2].After, last(steps)
	if _, shown := object(t, e.State(running, wire.StateContext{To: game.AudienceOf("white")}))["view"].(map[string]any)["dealt"]; shown {
		t.Error("shown while the game runs")
	}
	for name, line := range map[string][]byte{
		"the end":            e.State(ended, wire.StateContext{To: game.AudienceOf("white")}),
		"looked back at":     e.State(running, wire.StateContext{To: game.AudienceOf("white"), Revealed: true}),
		"watched to the end": e.State(ended, wire.StateContext{}),
	} {
		o := object(t, line)
		if o["view"].(map[string]any)["dealt"] != 7.0 {
			t.Errorf("%s does not reveal: %s", name, line)
		}
		if name != "watched to the end" && o["seat"] != "white" {
			t.Errorf("%s: the seat is lost: %s", name, line)
		}
	}
}
