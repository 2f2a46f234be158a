package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/transport/wire"
)

// TestStateLine is section 6.1's example, field by field.
func TestStateLine(t *testing.T) {
	steps := record(chess.Rules{}, opening(fischer)[:7]...)
	e := wire.Encoder{Names: people}
	got := string(e.State(last(steps), wire.StateContext{TS: 1764000009400, To: game.AudienceOf("black"),
		Here: map[game.Seat]bool{"white": true}, Elapsed: func(game.Origin) int64 { return 777 }}))
	want := `{"t":"state","v":7,"ts":1764000009400,"game":"k3JqT9xBv2Lm","kind":"chess","status":"live","seat":"black",` +
		`"players":{"white":{"id":"g_ann","name":"Ann","here":true},"black":{"id":"p_bob","name":"Bob","rating":1512,"here":false}},` +
		`"turn":["white"],"clock":{"type":"fischer","initial":180000,"increment":2000,"left":{"white":179223,"black":180000},"run":["white"]},` +
		`"offers":[{"kind":"draw","seat":"white","v":7}],` +
		`"view":{"start":"startpos","fen":"rnbqkbnr/pppp1ppp/8/4p3/4P3/8/PPPP1PPP/RNBQKBNR w KQkq - 0 2","moves":["e2e4","e7e5"],"check":false},` +
		`"rated":false,"delay":0}`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestStateOfWatchersHasNoSeat(t *testing.T) {
	e := wire.Encoder{}
	o := object(t, e.State(last(chessGame(fischer)[:6]), wire.StateContext{}))
	if seat, ok := o["seat"]; ok {
		t.Errorf("seat is %v", seat)
	}
}

func TestStateWhileASeatIsFree(t *testing.T) {
	e := wire.Encoder{}
	o := object(t, e.State(last(chessGame(fischer)[:2]), wire.StateContext{}))
	if o["status"] != "open" || len(o["players"].(map[string]any)) != 1 || len(o["turn"].([]any)) != 0 {
		t.Errorf("open game: %v", o)
	}
}

func TestStateOfAnEndedGame(t *testing.T) {
	s := last(chessGame(fischer))
	e := wire.Encoder{}
	o := object(t, e.State(s, wire.StateContext{}))
	for name, want := range map[string]any{"status": "ended", "reason": "resign", "winner": "white", "chain": s.Chain.String()} {
		if o[name] != want {
			t.Errorf("%s is %v, want %v", name, o[name], want)
		}
	}
}

func TestChainIsShownOnlyAtTheEnd(t *testing.T) {
	e := wire.Encoder{}
	steps := chessGame(fischer)
	for _, step := range steps[:len(steps)-1] {
		for _, line := range [][]byte{e.Line(step, game.Watchers), e.State(step.After, wire.StateContext{})} {
			if chain, ok := object(t, line)["chain"]; ok {
				t.Errorf("version %d shows the chain %v: it commits to what is hidden", step.Version(), chain)
			}
		}
	}
}

func TestReadingsOfClocks(t *testing.T) {
	tests := []struct {
		name    string
		spec    clock.Spec
		elapsed int64
		want    string
	}{
		{"fischer", fischer, 30_000, `{"increment":2000,"initial":180000,"left":{"black":180000,"white":150000},"run":["white"],"type":"fischer"}`},
		{"fischer, flag about to fall", fischer, 999_999, `{"increment":2000,"initial":180000,"left":{"black":180000,"white":0},"run":["white"],"type":"fischer"}`},
		{"nothing is given back", fischer, -5, `{"increment":2000,"initial":180000,"left":{"black":180000,"white":180000},"run":["white"],"type":"fischer"}`},
		{"delay", clock.Spec{Type: clock.Delay, Initial: 180_000, Delay: 5_000}, 30_000, `{"delay":5000,"initial":180000,"left":{"black":180000,"white":155000},"run":["white"],"type":"delay"}`},
		{"within the delay", clock.Spec{Type: clock.Delay, Initial: 180_000, Delay: 5_000}, 4_999, `{"delay":5000,"initial":180000,"left":{"black":180000,"white":180000},"run":["white"],"type":"delay"}`},
		{"days", clock.Spec{Type: clock.Days, Days: 1}, 30_000, `{"days":1,"left":{"black":180000,"white":150000},"run":["white"],"type":"days"}`},
		{"none", clock.Spec{Type: clock.None}, 30_000, `{"type":"none"}`},
	}
	e := wire.Encoder{}
	for _, tt := range tests {
		s := last(record(chess.Rules{}, opening(tt.spec)[:6]...))
		o := object(t, e.State(s, wire.StateContext{Elapsed: func(game.Origin) int64 { return tt.elapsed }}))
		if got, _ := json.Marshal(o["clock"]); string(got) != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
