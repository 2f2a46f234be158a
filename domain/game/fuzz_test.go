package game_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
)

// awaited is a game in which a seat is kept by pairing.
func awaited(t testing.TB) *table {
	tb := seek(t)
	tb.ok("", 0, keepForBob)
	tb.ok("", 0, game.Release{From: keepForBob.From})
	kept := keepForBob
	kept.FromVersion, kept.At = 3, tb.s.Version
	tb.ok("", 0, kept)
	return tb
}

// FuzzDecode: any bytes under any event's name are refused, or are an event: the one that the standard decoder makes of
// them. What this release then writes of it is read as the same event and written with the same bytes again. Stored bytes
// themselves are never written anew, so they may say more (a later release's field) or say it in another form.
func FuzzDecode(f *testing.F) {
	types := game.Types()
	slices.Sort(types)
	for _, tb := range []*table{played(f), awaited(f)} {
		for _, rec := range tb.log {
			f.Add(uint8(slices.Index(types, rec.Type)), rec.Data, rec.Meta)
		}
	}
	move := uint8(slices.Index(types, "move-played.v1"))
	for _, data := range []string{
		`{"seat":"white","m":{"card":"7h"},"drawn":[1,2],"elapsed":10,"lag":2,"comp":1,"left":{"north":1},"more":{}}`,
		`{"seat":"white","m":"<","elapsed":0,"lag":0,"comp":0,"left":{"white":1,"white":2}}`,
		`{"seat":"","m":"\u00e4","elapsed":-999999999999999999,"lag":1,"comp":1,"left":{"":1}}`,
		"{\"seat\":\"\xff\",\"m\":\"\xff\",\"elapsed\":0,\"lag\":0,\"comp\":0}",
		`{}`, `null`, `[]`,
	} {
		f.Add(move, []byte(data), []byte(`{"at":1,"server":"s","up":2}`))
	}
	f.Fuzz(func(t *testing.T, which uint8, data, meta []byte) {
		rec := event.Recorded{Version: 1, Type: types[int(which)%len(types)], Meta: meta, Data: data}
		e, m, err := game.Decode(rec)
		if err != nil {
			if !errors.Is(err, game.ErrUnreadable) || e != nil {
				t.Fatalf("refused with %v and %v", err, e)
			}
			return
		}
		standard := reflect.New(reflect.TypeOf(e))
		if err := json.Unmarshal(data, standard.Interface()); err != nil {
			t.Fatalf("%q is taken, which the standard decoder refuses: %v", data, err)
		}
		if want := standard.Elem().Interface(); !reflect.DeepEqual(e, want) {
			t.Fatalf("%q\n is read as %#v,\n want %#v", data, e, want)
		}
		name, written := game.Encode(e)
		want, err := json.Marshal(e)
		if err != nil || string(written) != string(want) || name != rec.Type {
			t.Fatalf("%#v\n is written as %s %q,\n want %q, %v", e, name, written, want, err)
		}
		again, _, err := game.Decode(event.Recorded{Version: 1, Type: name, Meta: m.Encode(), Data: written})
		if err != nil {
			t.Fatalf("%q is written of %q and can't be read: %v", written, data, err)
		}
		if _, twice := game.Encode(again); string(twice) != string(written) {
			t.Fatalf("%q\n is written of what was written as %q", twice, written)
		}
	})
}

// FuzzSnapshot: any bytes, also under a right checksum, are refused or are a game which saves itself with the same bytes, and
// can be asked and played.
func FuzzSnapshot(f *testing.F) {
	for _, tb := range []*table{played(f), awaited(f), newTable(f, blitz), started(f, blitz)} {
		body := game.Save(tb.s)[sha256.Size:]
		f.Add(body)
		// What a release with other fields would have written.
		f.Add(bytes.Replace(body, []byte(`{"Seat":"white","Player"`), []byte(`{"Place":"white","Player"`), 1))
		f.Add(bytes.Replace(body, []byte(`,"Left"`), []byte(`,"Flag":true,"Left"`), 1))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := game.Load(body, games.Kinds); err != nil && !errors.Is(err, game.ErrSnapshot) {
			t.Fatalf("refused with %v", err)
		}
		sum := sha256.Sum256(body)
		s, err := game.Load(append(sum[:], body...), games.Kinds)
		if err != nil {
			if !errors.Is(err, game.ErrSnapshot) || s != nil {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if saved := game.Save(s)[sha256.Size:]; string(saved) != string(body) {
			t.Fatalf("%s\n is saved as\n%s", body, saved)
		}
		env := game.Env{Seats: []game.Measured{{Absent: game.Present}, {Absent: game.Present}}}
		for _, w := range []game.Wish{game.Sit{Seat: game.AnySeat}, move("e2e4"), move("e7e5"), game.DrawOffer{}, game.DrawAccept{}, game.TakebackOffer{},
			game.TakebackAccept{}, game.AddTime{}, game.Resign{}, game.Abort{}, game.Check{}, game.Keep{Seat: "black", Player: "cyd", From: "x"},
			game.Release{From: "x"}, game.Pass{At: s.Version}} {
			for _, who := range []string{"ann", "bob", "cyd", ""} {
				events, err := game.Decide(s, game.Command{ID: "x", Player: who, Basis: s.Version, Wish: w}, env)
				if err != nil {
					continue
				}
				for _, step := range game.Record(s, s.Rules, events, event.Meta{Command: "x", Player: who, Server: "s"}) {
					game.Save(step.After)
				}
			}
		}
	})
}
