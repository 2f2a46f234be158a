package upgrade_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/infra/redis/journal"
)

var (
	record = flag.String("record", "", "record what this release writes under that name, which must be new")
	byPly  = flag.String("ply", "", "with -record: only a data folder, of this program, which is another release")
)

// recorder plays games through Decide and keeps what is stored of them.
type recorder struct {
	t   *testing.T
	s   *game.State
	env game.Env
	n   int
	out []event.Recorded
}

func (r *recorder) open(id string) {
	r.s = game.New(id)
	r.env = game.Env{Seats: []game.Measured{{Absent: game.Present, Elapsed: 1200, Lag: 80}, {Absent: game.Present, Elapsed: 900, Lag: 40}}}
}

func (r *recorder) meta(c game.Command) event.Meta {
	r.n++
	m := event.Meta{Command: c.ID, Player: c.Player, At: 1_764_000_000_000 + int64(r.n)*1000, Server: "server-1", Up: int64(r.n) * 1000}
	if c.Player != "" {
		m.Content = c.Fingerprint()
	}
	return m
}

func (r *recorder) do(who string, w game.Wish) {
	r.t.Helper()
	c := game.Command{Player: who, Basis: r.s.Version, Wish: w}
	if who != "" {
		c.ID = fmt.Sprintf("c%d", r.n+1)
	}
	events, err := game.Decide(r.s, c, r.env)
	if err != nil || len(events) == 0 {
		r.t.Fatalf("%s of %q at version %d: %d events, %v", w.Name(), who, r.s.Version, len(events), err)
	}
	for _, step := range game.Record(r.s, chess.Rules{}, events, r.meta(c)) {
		after, err := game.Fold(r.s, step.Recorded, games.Kinds)
		if err != nil {
			r.t.Fatal(err)
		}
		r.s = after.After
		r.out = append(r.out, step.Recorded)
	}
}

func (r *recorder) move(uci string) {
	r.t.Helper()
	r.do(r.s.Seats[r.s.Index(r.s.Turn()[0])].Player, game.Move{M: json.RawMessage(`"` + uci + `"`)})
}

// play plays a history in which every event occurs, and gives its snapshots by game.
func (r *recorder) play() map[string][]byte {
	snapshots := make(map[string][]byte)
	closes := func() { snapshots[r.s.ID] = game.Save(r.s) }

	r.open("golden000001")
	r.do("ann", game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic, Rated: true,
		Delay: 5000, Clock: clock.Spec{Type: clock.Fischer, Initial: 300_000, Increment: 2_000}})
	r.do("bob", game.Sit{Seat: "black"})
	for _, m := range []string{"e2e4", "e7e5", "g1f3", "b8c6"} {
		r.move(m)
	}
	r.do("ann", game.DrawOffer{})
	r.do("bob", game.DrawDecline{})
	r.do("bob", game.TakebackOffer{})
	r.do("ann", game.TakebackDecline{})
	r.move("f1c4")
	r.do("ann", game.TakebackOffer{})
	r.do("bob", game.TakebackAccept{})
	r.move("f1b5")
	r.do("bob", game.AddTime{})
	r.do("", game.Adjust{Seat: "black", Charged: 700, Reason: game.Failover})
	r.move("a7a6")
	r.do("ann", game.Resign{})
	closes()

	r.open("golden000002")
	r.do("ann", game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "white", Access: game.AccessOpen, Watch: game.WatchPublic,
		Pair: json.RawMessage(`{}`), Clock: clock.Spec{Type: clock.None}})
	r.do("", game.Keep{Seat: "black", Player: "bob", From: "golden000003"})
	r.do("", game.Release{From: "golden000003"})
	r.do("", game.Pair{Next: "golden000004"})
	closes()

	r.open("golden000005") // begins elsewhere, and is left in the middle
	r.do("ann", game.Create{Rules: chess.Rules{}, Kind: "chess", Setup: json.RawMessage(`{"fen":"8/P6k/8/8/8/8/7P/K7 w - - 0 1"}`),
		Seat: "white", Reserved: map[game.Seat]string{"black": "bob"}, Watch: game.WatchLink, Access: game.AccessInvite,
		Clock: clock.Spec{Type: clock.None}, Parent: "golden000001"})
	r.do("bob", game.Sit{Seat: "black"})
	r.move("a7a8n")
	r.do("bob", game.DrawOffer{})
	closes()

	r.open("golden000006") // awaits somebody, after another attempt was called off
	r.do("ann", game.Create{Rules: chess.Rules{}, Kind: "chess", Seat: "black", Access: game.AccessOpen, Watch: game.WatchPublic,
		Pair: json.RawMessage(`{"rating":[1200,1800]}`), Clock: clock.Spec{Type: clock.Days, Days: 3}})
	r.do("", game.Pass{At: r.s.Version})
	r.do("", game.Keep{Seat: "white", Player: "bob", From: "golden000007", FromVersion: 3, At: r.s.Version})
	closes()

	h := player.Follow("ann")
	for _, name := range []string{"Ann", "Änn \"<&>\""} {
		rec := h.Named(name, r.meta(game.Command{}))
		r.keep(rec, h.Apply(rec))
	}
	rec := h.Erased(r.meta(game.Command{}))
	r.keep(rec, h.Apply(rec))

	s := player.FollowSeeker("ann")
	for _, c := range []player.Chosen{{Game: "golden000002", Version: 4}, {Game: "golden000005", Version: 2, Beside: []string{"golden000004"}}} {
		rec := s.Choose(c, r.meta(game.Command{}))
		r.keep(rec, s.Apply(rec))
	}

	// Only the journal itself records these, in a store: here is what stands there.
	head := event.Genesis(journal.SettingsStream)
	for i, e := range [][2]string{{"journal-turned-on.v1", `{"incarnation":"5f1c0a"}`}, {"journal-turned-off.v1", `{}`}} {
		rec := event.Recorded{Stream: journal.SettingsStream, Version: uint64(i + 1), Type: e[0], Meta: event.Meta{At: 1_764_000_000_000}.Encode(), Data: []byte(e[1])}
		head = event.Next(head, rec.Type, rec.Meta, rec.Data)
		rec.ID = head.ID()
		r.keep(rec, nil)
	}
	return snapshots
}

func (r *recorder) keep(rec event.Recorded, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	r.out = append(r.out, rec)
}

// lines is a recording.
func (r *recorder) lines() []byte {
	var b bytes.Buffer
	heads := make(map[event.Stream]event.Hash)
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, rec := range r.out {
		if rec.Version == 1 {
			heads[rec.Stream] = event.Genesis(rec.Stream)
		}
		head := event.Next(heads[rec.Stream], rec.Type, rec.Meta, rec.Data)
		heads[rec.Stream] = head
		if err := encoder.Encode(golden{rec.Stream, rec.Version, rec.Type, string(rec.Meta), string(rec.Data), head.String()}); err != nil {
			r.t.Fatal(err)
		}
	}
	return b.Bytes()
}

// TestRecord is how a release is recorded.
func TestRecord(t *testing.T) {
	if *record == "" {
		t.Skip("no -record")
	}
	if *byPly == "" {
		r := &recorder{t: t}
		for id, saved := range r.play() {
			keep(t, "snapshots/"+*record+"-"+id, saved)
		}
		keep(t, "events/"+*record+".jsonl", r.lines())
	}
	recordFolder(t, *record, *byPly)
}

// keep adds a file to the recordings.
func keep(t *testing.T, name string, content []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if _, err := os.Stat(file); err == nil {
		t.Fatalf("recordings are only ever added to: %s is there", file)
	}
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPlayedToday: what this release writes of the recorded play stands in one of the recordings, byte for byte.
func TestPlayedToday(t *testing.T) {
	r := &recorder{t: t}
	r.play()
	now := r.lines()
	files, err := filepath.Glob("testdata/events/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if was, err := os.ReadFile(file); err == nil && bytes.Equal(was, now) {
			return
		}
	}
	t.Errorf("this release writes what no recording holds. If an event's form has changed, it needs a new name; if another " +
		"command now causes other events, record them (see doc.go)")
}
