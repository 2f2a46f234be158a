package game_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// However an event is written, it is read the same: the quick way of reading is only that.
func TestDecodeMoveHoweverWritten(t *testing.T) {
	for _, data := range []string{
		`{"seat":"white","m":"e2e4","elapsed":10,"lag":2,"comp":1,"left":{"black":60000,"white":59991}}`,
		`{"seat":"white","m":"e2e4","elapsed":10,"lag":2,"comp":1}`,
		`{ "m":"e2e4", "seat":"white", "elapsed":10, "lag":2, "comp":1 }`,
		`{"seat":"white","m":{"card":"7h"},"drawn":[1,2],"elapsed":10,"lag":2,"comp":1,"left":{"north":1}}`,
		`{"seat":"white","m":"\u00e4\"","elapsed":10,"lag":2,"comp":1}`,
		`{"seat":"white","m":"","elapsed":0,"lag":0,"comp":0,"left":{"white":-5}}`,
	} {
		e, meta, err := game.Decode(event.Recorded{Type: "move-played.v1", Meta: []byte(`{"at":1,"server":"s","up":2}`), Data: []byte(data)})
		if err != nil || meta.Up != 2 {
			t.Fatalf("%s: %v", data, err)
		}
		var want game.MovePlayed
		if err := json.Unmarshal([]byte(data), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(e, want) {
			t.Errorf("%s\n is read as %+v,\n want %+v", data, e, want)
		}
	}
	for _, bad := range []string{``, `{}x`, `{"seat":1}`, `{"seat":"white","m":"e2e4","elapsed":"x","lag":0,"comp":0}`} {
		if _, _, err := game.Decode(event.Recorded{Type: "move-played.v1", Meta: []byte(`{}`), Data: []byte(bad)}); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

// The quick way of writing gives the bytes of the standard encoder.
func TestEncodeMoveAsTheStandardEncoder(t *testing.T) {
	tb := started(t, blitz)
	for _, e := range []game.MovePlayed{
		{Seat: "white", M: []byte(`"e2e4"`), Elapsed: 10, Lag: 2, Comp: 1, Left: game.Times{"white": 1, "black": -2}},
		{Seat: "white", M: []byte(`"e2e4"`), Left: game.Times{"black": 1, "white": 2}},
		{Seat: "white", M: []byte(`"e2e4"`), Left: game.Times{"white": 1}},
		{Seat: "white", M: []byte(`"e2e4"`), Left: game.Times{}},
		{Seat: "white", M: []byte(`"e2e4"`), Elapsed: -1},
		{Seat: "white", M: []byte(`"e2e4"`), Drawn: []byte(`[1]`)},
		{Seat: "white", M: []byte(`"e2e4"`), Left: game.Times{"c": 3, "b": 2, "a": 1}},
		{Seat: "white", M: []byte(`""`)},
		{Seat: "white", M: []byte(`"<&>"`)},
		{Seat: "white", M: []byte(`"\u00e4"`)},
		{Seat: "white", M: []byte(`{"a": [1, 2]}`)},
		{Seat: "white", M: []byte(`7`)},
		{Seat: "w<", M: []byte(`"e2e4"`), Left: game.Times{"w<": 1, "b": 2}},
		{Seat: "w", M: []byte(`"e2e4"`), Left: game.Times{"w<": 1, "b": 2}},
	} {
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		steps := game.Record(tb.s, tb.s.Rules, []game.Event{e}, event.Meta{Server: "s"})
		if got := steps[0].Recorded.Data; string(got) != string(want) {
			t.Errorf("%+v\n is written as %s,\n want %s", e, got, want)
		}
	}
}
