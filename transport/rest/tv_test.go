package rest_test

import (
	"strings"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/rest"
)

// screen shows the world's rows of a kind.
type screen struct{ w *world }

func (s screen) Best(kind string, limit int) (rows []rest.Summary) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	for _, r := range s.w.rows {
		if (kind == "" || r.Kind == kind) && len(rows) < limit {
			rows = append(rows, r)
		}
	}
	return rows
}

func TestTV(t *testing.T) {
	w := newWorld(t)
	if a := w.ask("GET", "/api/tv", "", ""); a.status != 200 || a.body != `{"games":[]}`+"\n" && a.body != `{"games":[]}` {
		t.Errorf("nothing on TV: %d %s", a.status, a.body)
	}
	w.mu.Lock()
	w.rows = []rest.Summary{
		{Game: "AAAAAAAAAAAA", Kind: "chess", Status: game.Live, Watchers: 3, Seats: []game.Place{{Seat: "white", Player: "p_1", Rating: 1800}}},
		{Game: "BBBBBBBBBBBB", Kind: "chess", Status: game.Live},
	}
	w.mu.Unlock()
	for query, want := range map[string][]string{
		"":                    {"AAAAAAAAAAAA", `"watchers":3`, `"rating":1800`},
		"?kind=chess&limit=2": {"AAAAAAAAAAAA", "BBBBBBBBBBBB", `"watchers":0`},
	} {
		a := w.ask("GET", "/api/tv"+query, "", "")
		for _, text := range want {
			if a.status != 200 || !strings.Contains(a.body, text) {
				t.Errorf("%s: %d %s lacks %s", query, a.status, a.body, text)
			}
		}
	}
	if a := w.ask("GET", "/api/tv", "", ""); strings.Contains(a.body, "BBBBBBBBBBBB") {
		t.Errorf("one is asked for: %s", a.body)
	}
	for _, query := range []string{"?limit=0", "?limit=17", "?limit=x", "?limit=1&limit=1", "?kind=", "?kind=a&kind=b"} {
		if a := w.ask("GET", "/api/tv"+query, "", ""); a.status != 422 {
			t.Errorf("%s: %d", query, a.status)
		}
	}
	if a := w.ask("GET", "/api/tv", "nonsense", ""); a.status != 401 {
		t.Errorf("with a bad token: %d", a.status)
	}
}

// Challenges are told to those whom they concern, and to nobody else.
func TestReservedInOwnLists(t *testing.T) {
	w := newWorld(t)
	_, token := w.guest("Ann")
	w.mu.Lock()
	w.rows = []rest.Summary{{Game: "AAAAAAAAAAAA", Kind: "chess", Status: game.Open, Seats: []game.Place{{Seat: "white", Player: "p_1"}, {Seat: "black", Reserved: "p_2"}}}}
	w.mu.Unlock()
	if a := w.ask("GET", "/api/me/games?status=open", token, ""); !strings.Contains(a.body, `"reserved":{"black":"p_2"}`) {
		t.Errorf("own games: %s", a.body)
	}
	if a := w.ask("GET", "/api/games", token, ""); strings.Contains(a.body, "reserved") {
		t.Errorf("all games: %s", a.body)
	}
}
