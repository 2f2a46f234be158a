package game_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
)

func (tb *table) fold() *game.State {
	tb.t.Helper()
	s := game.New(tb.s.ID)
	for _, rec := range tb.log {
		step, err := game.Fold(s, rec, games.Kinds)
		if err != nil {
			tb.t.Fatal(err)
		}
		s = step.After
	}
	return s
}

// played is a game with every kind of event in it.
func played(t testing.TB) *table {
	tb := started(t, blitz)
	tb.moves("e2e4", "e7e5")
	tb.ok("ann", tb.s.Version, game.DrawOffer{})
	tb.ok("bob", tb.s.Version, game.DrawDecline{})
	tb.ok("ann", tb.s.Version, game.TakebackOffer{})
	tb.ok("bob", tb.s.Version, game.TakebackDecline{})
	tb.moves("g1f3")
	tb.ok("ann", tb.s.Version, game.TakebackOffer{})
	tb.ok("bob", tb.s.Version, game.TakebackAccept{})
	tb.ok("ann", tb.s.Version, game.AddTime{})
	tb.ok("", tb.s.Version, game.Adjust{Seat: "white", Charged: 10, Reason: game.Failover})
	tb.moves("b1c3")
	tb.ok("bob", tb.s.Version, game.Resign{})
	return tb
}

func TestReplayIsLive(t *testing.T) {
	tb := played(t)
	if live, replayed := game.Save(tb.s), game.Save(tb.fold()); string(live) != string(replayed) {
		t.Error("a replay gives another state")
	}
}

func TestSnapshotRoundTrip(t *testing.T) {
	tb := played(t)
	s := game.New(tb.s.ID)
	for _, rec := range tb.log {
		step, err := game.Fold(s, rec, games.Kinds)
		if err != nil {
			t.Fatal(err)
		}
		s = step.After
		saved := game.Save(s)
		loaded, err := game.Load(saved, games.Kinds)
		if err != nil {
			t.Fatalf("version %d: %v", s.Version, err)
		}
		if string(game.Save(loaded)) != string(saved) {
			t.Fatalf("version %d changes by saving and loading", s.Version)
		}
		s = loaded // and go on from there
	}
	if string(game.Save(s)) != string(game.Save(tb.s)) {
		t.Error("a game that went through snapshots differs")
	}
}

// A replay leads to where folding does, version by version, and after an error stands where it stood.
func TestReplay(t *testing.T) {
	tb := played(t)
	folded, replayed := game.New(tb.s.ID), game.New(tb.s.ID)
	for i, rec := range tb.log {
		bad := rec
		bad.ID[3] ^= 1
		if err := game.Replay(replayed, bad, games.Kinds); !errors.Is(err, game.ErrChain) || replayed.Version != uint64(i) {
			t.Fatalf("a foreign event at version %d: %v, the game is at %d", i+1, err, replayed.Version)
		}
		step, err := game.Fold(folded, rec, games.Kinds)
		if err != nil {
			t.Fatal(err)
		}
		if err := game.Replay(replayed, rec, games.Kinds); err != nil {
			t.Fatal(err)
		}
		folded = step.After
		if string(game.Save(replayed)) != string(game.Save(folded)) {
			t.Fatalf("version %d differs", i+1)
		}
	}
}

// Receipts survive snapshots, and name the last version a command caused.
func TestReceipts(t *testing.T) {
	tb := started(t, untimed)
	loaded, err := game.Load(game.Save(tb.s), games.Kinds)
	if err != nil {
		t.Fatal(err)
	}
	if got := loaded.Accepted("bob", "c-2"); len(got) != 1 || got[0] != 4 { // seated and started
		t.Errorf("receipts %v, want [4]", got)
	}
	if got := loaded.Accepted("ann", "c-2"); got != nil {
		t.Errorf("receipts %v of another player", got)
	}
}

// States that branch off the same one, as when another host was faster, do not see each other's receipts.
func TestReceiptsBranch(t *testing.T) {
	tb := started(t, untimed)
	record := func(s *game.State, id string, moves ...game.Event) *game.State {
		steps := game.Record(s, s.Rules, moves, event.Meta{Command: id, Player: "ann", Server: "s"})
		return steps[len(steps)-1].After
	}
	offer, decline := game.DrawOffered{Seat: "white"}, game.DrawDeclined{Seat: "black"}
	base := record(tb.s, "base", offer)
	one := record(base, "one", decline)
	two := record(base, "two", decline, offer)
	for range 40 { // past the room that a branch begins with
		one = record(one, "more", offer)
	}
	three := record(one, "three", decline)
	for _, c := range []struct {
		name  string
		state *game.State
		id    string
		want  []uint64
	}{
		{"base", base, "base", []uint64{5}},
		{"base", base, "one", nil},
		{"one", one, "one", []uint64{6}},
		{"one", one, "two", nil},
		{"one", one, "three", nil},
		{"two", two, "two", []uint64{7}},
		{"two", two, "one", nil},
		{"two", two, "base", []uint64{5}},
		{"three", three, "three", []uint64{one.Version + 1}},
		{"three", three, "more", []uint64{one.Version}},
	} {
		if got := c.state.Accepted("ann", c.id); !slices.Equal(got, c.want) {
			t.Errorf("%s: receipts of %q are %v, want %v", c.name, c.id, got, c.want)
		}
	}
}

func TestFoldRefuses(t *testing.T) {
	tb := played(t)
	for i := range tb.log {
		s := game.New(tb.s.ID)
		for _, rec := range tb.log[:i] {
			step, _ := game.Fold(s, rec, games.Kinds)
			s = step.After
		}
		flip := func(b []byte) []byte {
			c := append([]byte(nil), b...)
			c[len(c)/2] ^= 1
			return c
		}
		tampered := map[string]func(*event.Recorded){
			"data":    func(r *event.Recorded) { r.Data = flip(r.Data) },
			"meta":    func(r *event.Recorded) { r.Meta = flip(r.Meta) },
			"type":    func(r *event.Recorded) { r.Type = strings.Replace(r.Type, ".v1", ".v2", 1) },
			"id":      func(r *event.Recorded) { r.ID[3] ^= 1 },
			"version": func(r *event.Recorded) { r.Version++ },
		}
		for name, tamper := range tampered {
			rec := tb.log[i]
			tamper(&rec)
			_, err := game.Fold(s, rec, games.Kinds)
			want := game.ErrChain
			if name == "version" {
				want = game.ErrGap
			}
			if !errors.Is(err, want) {
				t.Errorf("version %d with another %s: %v", i+1, name, err)
			}
		}
		unknown := tb.log[i]
		unknown.Type = "moon-landed.v1"
		unknown.ID = event.Next(s.Chain, unknown.Type, unknown.Meta, unknown.Data).ID()
		if _, err := game.Fold(s, unknown, games.Kinds); !errors.Is(err, game.ErrUnreadable) {
			t.Errorf("an unknown event: %v", err)
		}
	}
}

// The stored bytes of this release's events, for ever: a change here is a new version of an event.
func TestGoldenEvents(t *testing.T) {
	golden := []string{
		`created.v1 {"kind":"chess","creator":"ann","clock":{"type":"fischer","initial":60000,"increment":2000},"access":"open","watch":"public"}`,
		`seated.v1 {"seat":"white","player":"ann"}`,
		`seated.v1 {"seat":"black","player":"bob"}`,
		`started.v1 {"turn":["white"]}`,
		`move-played.v1 {"seat":"white","m":"e2e4","elapsed":0,"lag":0,"comp":0,"left":{"black":60000,"white":60000}}`,
		`move-played.v1 {"seat":"black","m":"e7e5","elapsed":0,"lag":0,"comp":0,"left":{"black":60000,"white":60000}}`,
		`draw-offered.v1 {"seat":"white"}`,
		`draw-declined.v1 {"seat":"black"}`,
		`takeback-offered.v1 {"seat":"white","plies":2}`,
		`takeback-declined.v1 {"seat":"black","plies":2}`,
		`move-played.v1 {"seat":"white","m":"g1f3","elapsed":0,"lag":0,"comp":0,"left":{"black":60000,"white":62000}}`,
		`takeback-offered.v1 {"seat":"white","plies":1}`,
		`taken-back.v1 {"plies":1}`,
		`time-added.v1 {"seat":"white","to":"black","ms":15000}`,
		`clock-adjusted.v1 {"reason":"failover","seat":"white","charged":10,"left":{"black":75000,"white":61990}}`,
		`move-played.v1 {"seat":"white","m":"b1c3","elapsed":0,"lag":0,"comp":0,"left":{"black":75000,"white":63990}}`,
		`ended.v1 {"reason":"resign","winner":"white","scores":{"black":0,"white":2},"left":{"black":75000,"white":63990}}`,
	}
	tb := played(t)
	for i, rec := range tb.log {
		if got := fmt.Sprintf("%s %s", rec.Type, rec.Data); got != golden[i] {
			t.Errorf("version %d:\n got %s\nwant %s", i+1, got, golden[i])
		}
	}
	const chain = "ff19697caebbe13286f93ec1a5c4d9febf614c0f4de030dc4eb27233c68b643c" // of the whole game, metadata included
	if got := tb.s.Chain.String(); got != chain {
		t.Errorf("chain %s, want %s", got, chain)
	}
}

func TestFingerprint(t *testing.T) {
	same := []game.Command{
		{ID: "1", Player: "a", Basis: 1, Wish: game.Move{M: []byte(`{"a": 1}`)}},
		{ID: "2", Player: "b", Basis: 2, Wish: game.Move{M: []byte(`{"a":1}`)}},
	}
	if same[0].Fingerprint() != same[1].Fingerprint() {
		t.Error("id, player, basis or white space change the content")
	}
	for _, m := range []string{`"e2e4"`, ` "e2e4"`, `"e2<e4"`, `"\u00e4"`, `"ä"`, `""`, `"a\"b"`, `7`} {
		sum := sha256.New()
		sum.Write([]byte("move\x00"))
		payload, err := json.Marshal(game.Move{M: []byte(m)})
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(payload)
		c := game.Command{Wish: game.Move{M: []byte(m)}}
		if want := hex.EncodeToString(sum.Sum(nil)[:16]); c.Fingerprint() != want {
			t.Errorf("the fingerprint of %s is not what is stored with older events", m)
		}
	}
	seen := map[string]game.Wish{}
	for _, w := range []game.Wish{move("e2e4"), move("e2e3"), game.Resign{}, game.Abort{}, game.DrawOffer{}, game.DrawAccept{},
		game.Sit{Seat: "white"}, game.Sit{Seat: "black"}, game.Create{Kind: "chess"}, game.Create{Kind: "chess", Rated: true}} {
		f := game.Command{Wish: w}.Fingerprint()
		if other, dup := seen[f]; dup {
			t.Errorf("%+v and %+v have one fingerprint", w, other)
		}
		seen[f] = w
	}
}
