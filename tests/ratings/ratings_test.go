package ratings

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/plygames/ply/domain/rating"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections/fold"
	view "github.com/plygames/ply/projections/ratings"
)

// numbers of a list of objects.
func numbers(list any, name string) (all []float64) {
	for _, o := range list.([]any) {
		n, _ := o.(object)[name].(float64)
		all = append(all, n)
	}
	return all
}

func text(o any) string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// Two people with accounts and a third one play rated games while the server is killed now and then: ratings are those
// that a plain computation gives, the leaderboard is sorted, and all of it is the same after a restart.
func TestRatedGames(t *testing.T) {
	s := start(t)
	ann, bob, cy := s.person("p_ann", "Ann"), s.person("p_bob", "Bob"), s.person("p_cy", "")
	want := map[string]rating.Rating{ann.id: rating.New(), bob.id: rating.New(), cy.id: rating.New()}
	const rounds = 12
	var last string
	for round := range rounds {
		for _, pair := range [][2]person{{ann, bob}, {bob, cy}, {ann, cy}} {
			winner, loser := pair[0], pair[1]
			if round%4 == 3 {
				winner, loser = loser, winner
			}
			last = s.play(winner, loser)
			w, l := want[winner.id], want[loser.id]
			want[winner.id] = rating.Update(w, []rating.Result{{Opponent: l, Score: 1}}, rating.Tau).Round()
			want[loser.id] = rating.Update(l, []rating.Result{{Opponent: w, Score: 0}}, rating.Tau).Round()
		}
		if round%3 == 2 {
			s.Kill9()
			s.Restart()
		}
	}
	guest := s.must(201, "/api/guests", "", `{"name":"Guest"}`)
	if status, _ := s.ask("POST", s.URL+"/api/games", guest["token"].(string),
		`{"id":"x","kind":"chess","rated":true,"clock":{"type":"days","days":1}}`); status != http.StatusUnprocessableEntity {
		t.Errorf("a guest's rated game is answered with %d", status)
	}

	show := func() string {
		var shown []any
		for _, p := range []person{ann, bob, cy} {
			profile := s.rated(p, 2*rounds)
			ratings := profile["ratings"].([]any)
			if len(ratings) != 1 {
				t.Fatalf("%s: %v", p.id, profile)
			}
			r, w := ratings[0].(object), want[p.id]
			if r["rating"] != math.Round(w.Rating) || r["deviation"] != math.Round(w.Deviation) || r["class"] != "blitz" || r["games"] != 2.0*rounds {
				t.Errorf("%s is rated %v, want %+v", p.id, r, w)
			}
			if name, _ := profile["name"].(string); name != p.name {
				t.Errorf("%s is called %q", p.id, name)
			}
			changes := s.get("/api/players/" + p.id + "/ratings?limit=200")["ratings"].([]any)
			sum := rating.StartRating
			for _, change := range numbers(changes, "change") {
				sum += int(change)
			}
			if len(changes) != 2*rounds || float64(sum) != math.Round(w.Rating) {
				t.Errorf("%s: %d changes make %d, want %v", p.id, len(changes), sum, w.Rating)
			}
			shown = append(shown, profile, changes)
		}
		board := s.get("/api/leaderboards/chess?class=blitz")
		list := board["leaderboards"].([]any)[0].(object)["players"]
		order := numbers(list, "rating")
		believed := 0
		for _, r := range want {
			if !r.Provisional() {
				believed++
			}
		}
		if len(order) != believed || believed < 2 || !slices.IsSortedFunc(order, func(a, b float64) int { return int(b - a) }) {
			t.Errorf("the leaderboard is %v", list)
		}
		return text(append(shown, board, s.get("/api/players/p_ann/versus/p_bob")))
	}
	before := show()
	s.Stop()
	s.Restart()
	if after := show(); after != before {
		t.Errorf("before the restart %s\nafter %s", before, after)
	}

	// What a person was rated when they sat down stands in the game.
	state := s.get("/api/games/" + last)
	for seat, p := range map[string]person{"white": ann, "black": cy} {
		shown, _ := state["players"].(object)[seat].(object)["rating"].(float64)
		if shown < 400 {
			t.Errorf("%s sat down with %v: %v", p.id, shown, state["players"])
		}
	}
	versus := s.get("/api/players/p_bob/versus/p_ann")
	if versus["games"] != 12.0 || versus["won"] != 3.0 || versus["lost"] != 9.0 {
		t.Errorf("bob against ann: %v", versus)
	}
	s.Stop()
	foldAnew(t, s.Data)
}

// foldAnew folds the view once more beside the server's: equal checksums at the same position.
func foldAnew(t *testing.T, data string) {
	t.Helper()
	store, err := pebble.Open(pebble.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	sums := map[string]string{}
	for _, name := range []string{"ratings", "anew"} {
		folder, err := store.View(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "anew" {
			f := fold.New(fold.Config{Log: store, Views: folder, View: view.New(), Logger: slog.New(slog.DiscardHandler)})
			ctx, cancel := context.WithCancel(context.Background())
			var running sync.WaitGroup
			running.Go(func() { _ = f.Run(ctx) })
			<-f.CaughtUp()
			cancel()
			running.Wait()
		}
		at, err := folder.Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		sum, err := fold.Checksum(folder)
		if err != nil {
			t.Fatal(err)
		}
		sums[name] = fmt.Sprintf("%x at %s", sum, at.Position)
	}
	if sums["ratings"] != sums["anew"] {
		t.Errorf("the server's view and one folded anew differ: %v", sums)
	}
}
