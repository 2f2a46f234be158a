package delay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/harness"
)

// The delayed game: an hour's delay, made by somebody without a seat, one move two hours ago.
const (
	delayed = "Delayed00001"
	visible = 5 // versions that everybody may see by now
)

// past writes its beginning into a data folder.
func past(t *testing.T, dir string) {
	t.Helper()
	store, err := pebble.Open(pebble.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	rules, _ := games.Kinds("chess")
	state := game.New(delayed)
	at := time.Now().Add(-2 * time.Hour).UnixMilli()
	for _, events := range [][]game.Event{
		{game.Created{Kind: "chess", Creator: "p_olga", Access: game.AccessOpen, Watch: game.WatchPublic, Clock: clock.Spec{Type: clock.None}, Delay: game.MaxDelay}},
		{game.Seated{Seat: "white", Player: "p_ann"}},
		{game.Seated{Seat: "black", Player: "p_bob"}, game.Started{Turn: []game.Seat{"white"}}},
		{game.MovePlayed{Seat: "white", M: json.RawMessage(`"e2e4"`)}},
	} {
		steps := game.Record(state, rules, events, event.Meta{At: at, Server: "past"})
		stored := make([]event.Recorded, len(steps))
		for i := range steps {
			stored[i] = steps[i].Recorded
		}
		if err := store.Append(t.Context(), event.GameStream(delayed), state.Version, stored); err != nil {
			t.Fatal(err)
		}
		state = steps[len(steps)-1].After
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// outsider is somebody who must not know of the last hour.
type outsider struct{ name, token string }

// TestDelayHoldsEverywhere: what was done in the last hour is seen by those who sit in the game, by readers of the bulk
// routes whose token is for everything, and by the operator; by nobody else on any path, also not by those who made the
// game, play another one, or read it alone with a token for everything. A restart does not change that. The end releases
// everything.
func TestDelayHoldsEverywhere(t *testing.T) {
	s := start(t)
	s.Stop()
	past(t, s.Data)
	s.Restart()
	other := s.create("p_cy", `,"seat":"white","access":"open"`)["game"].(string) // a seat in another game
	all := s.token("p_analyst", "read:all")
	outsiders := []outsider{
		{"nobody", ""}, {"a stranger", s.token("p_eve", "play")}, {"a reader of everything", all},
		{"somebody of another game", s.token("p_cy", "play")}, {"the one who made it", s.token("p_olga", "play")},
	}
	watchers := map[string]*sock{}
	watch := func(query string) {
		watchers[query] = s.open("/watch/"+delayed+query, "")
		watchers[query].until("live", typ("live"))
	}
	watch("")
	seat := s.open("/play/"+delayed, s.token("p_ann", "play"))
	seat.until("live", typ("live"))
	lobby := s.open("/lobby", "")
	lobby.until("games", typ("games"))

	// The last hour.
	v := s.do(delayed, "p_bob", 5, "move", `,"m":"e7e5"`)
	v = s.do(delayed, "p_ann", v, "move", `,"m":"g1f3"`)
	v = s.do(delayed, "p_bob", v, "draw-offer", "")
	hidden := s.create("p_olga", `,"access":"open","delay":3600000`)["game"].(string)
	for _, seat := range []string{"white", "black"} {
		if status, text := s.sit(hidden, map[string]string{"white": "p_ann", "black": "p_bob"}[seat], seat, ""); status != 200 {
			t.Fatalf("%d %s", status, text)
		}
	}
	s.do(hidden, "p_ann", 4, "move", `,"m":"d2d4"`)
	harness.Eventually(t, patience, "the lists know of it", func() bool { // when those who play find it, all views are there
		return strings.Contains(s.get("/api/me/games?status=live", s.token("p_bob", "play")), hidden)
	})

	for _, query := range []string{"?from=0", "?from=4", "?from=0&speed=max", "?from=5&speed=64", "?delay=10", "?from=0&delay=3600000"} {
		watch(query)
	}
	watchers["boards"] = s.open("/watch?games="+delayed+","+other, "")
	watchers["a seat's own"] = s.open("/watch/"+delayed, s.token("p_ann", "play"))
	for _, name := range []string{"boards", "a seat's own"} {
		watchers[name].until("live", func(o object) bool { return o["t"] == "live" && o["v"] == float64(visible) })
	}
	for _, who := range outsiders {
		t.Run(who.name, func(t *testing.T) { s.lags(t, who, hidden, v) })
	}
	for query, k := range watchers {
		k.holds(query != "boards")
	}
	for _, o := range lobby.all() {
		if text, _ := json.Marshal(o); strings.Contains(string(text), hidden) || strings.Contains(string(text), delayed) {
			t.Errorf("the lobby shows %s", text)
		}
	}
	s.truth(t, all, v)

	// The operator reads the folder itself; then it is as before.
	s.Stop()
	file := filepath.Join(t.TempDir(), "games.ndjson")
	if out, err := exec.Command(harness.Binary(t), "export", "--data", s.Data, "--format", "ndjson", "-o", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if text, err := os.ReadFile(file); err != nil || rowOf(string(text), delayed)["version"] != float64(v) || rowOf(string(text), hidden)["version"] != 5.0 {
		t.Errorf("the operator exports %s %v", text, err)
	}
	s.Restart()
	for _, who := range outsiders {
		t.Run("restarted/"+who.name, func(t *testing.T) { s.lags(t, who, hidden, v) })
	}

	// The end.
	late := s.open("/watch/"+delayed, "")
	late.until("live", typ("live"))
	later := s.open("/watch/"+delayed+"?delay=3600000", "")
	later.until("live", typ("live"))
	boards := s.open("/watch?games="+delayed, "")
	boards.until("live", typ("live"))
	s.do(delayed, "p_ann", v, "resign", "")
	ended := time.Now()
	v++
	for _, k := range []*sock{late, later, boards} {
		k.until("ended", func(o object) bool { return o["t"] == "ended" && o["v"] == float64(v) })
	}
	t.Logf("released on sockets %v after the end was answered (promised: 1 s)", time.Since(ended).Round(time.Millisecond))
	for _, who := range outsiders {
		t.Run("ended/"+who.name, func(t *testing.T) { s.released(t, who, v) })
	}
}

// lags asks on every path of HTTP what an outsider may see.
func (s *site) lags(t *testing.T, who outsider, hidden string, v int) {
	path := "/api/games/" + delayed
	status, header, text := s.ask("GET", path, who.token, "")
	o := parse(t, text)
	if status != 200 || o["v"] != float64(visible) || o["status"] != "live" || len(o["offers"].([]any)) != 0 || strings.Contains(text, "e7e5") {
		t.Errorf("the state is %d %s", status, text)
	}
	if strings.Contains(text, `"here":true`) {
		t.Errorf("who has come within the hour is here: %s", text)
	}
	if now := time.Now().Add(-time.Hour).UnixMilli(); o["ts"].(float64) > float64(now) {
		t.Errorf("the state is of %v, an hour ago was %d", o["ts"], now)
	}
	if header.Get("Etag") != "" || header.Get("Last-Modified") != "" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", header)
	}
	for at, want := range map[int]int{1: 200, visible: 200, visible + 1: 404, v: 404, v + 1: 404} {
		if status, _, text := s.ask("GET", fmt.Sprintf("%s?v=%d", path, at), who.token, ""); status != want {
			t.Errorf("version %d: %d %s", at, status, text)
		}
	}
	for query, want := range map[string]int{"": visible, "?from=4": 1, "?from=5": 0, "?from=5&to=8": 0, "?from=0&to=8": visible, "?from=99": 0} {
		if n := strings.Count(s.get(path+"/events"+query, who.token), "\n"); n != want {
			t.Errorf("%d events%s", n, query)
		}
	}
	if text := s.get(path+".pgn", who.token); !strings.Contains(text, "1. e4") || strings.Contains(text, "e5") || strings.Contains(text, "PlyChain") {
		t.Errorf("the PGN is %s", text)
	}

	// A game of which nothing is an hour old.
	for _, path := range []string{"", "?v=1", "/events", ".pgn"} {
		if status, _, text := s.ask("GET", "/api/games/"+hidden+path, who.token, ""); status != 404 {
			t.Errorf("%s of a game that must not be known: %d %s", path, status, text)
		}
	}
	for _, path := range []string{"/watch/" + hidden, "/watch/" + hidden + "?from=0&speed=max", "/watch?games=" + delayed + "," + hidden} {
		if _, status := s.dial(path, who.token); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"/api/games", "/api/games?status=live", "/api/games?status=open", "/api/games?status=ended",
		"/api/games?player=p_ann", "/api/games?player=p_bob&status=live", "/api/tv?limit=16"} {
		text := s.get(path, who.token)
		if strings.Contains(text, hidden) {
			t.Errorf("%s lists a game that must not be known: %s", path, text)
		}
		listed := strings.Contains(text, delayed)
		if want := !strings.Contains(path, "open") && !strings.Contains(path, "ended") && !strings.Contains(path, "tv"); listed != want {
			t.Errorf("%s lists the delayed game: %v", path, listed)
		}
		if n := len(parse(t, text)["games"].([]any)); listed && n == 0 {
			t.Errorf("%s is %s", path, text)
		}
	}
	for _, path := range []string{"/api/players/p_ann", "/api/players/p_ann/ratings", "/api/players/p_ann/versus/p_bob"} {
		if _, _, text := s.ask("GET", path, who.token, ""); strings.Contains(text, hidden) || strings.Contains(text, delayed) {
			t.Errorf("%s tells of an unfinished game: %s", path, text)
		}
	}
	s.refusals(t, who, v)
	if who.token == "" {
		return
	}
	text = s.get("/api/me/games", who.token)
	mine := who.name == "the one who made it"
	if strings.Contains(text, hidden) != mine {
		t.Errorf("own games are %s", text)
	}
	if mine { // who made it knows that it is there, and no more
		row := rowOf(strings.NewReplacer(`{"games":[`, "", `},{"game"`, "}\n"+`{"game"`).Replace(text), hidden)
		if row["status"] != "open" || len(row["players"].(map[string]any)) != 0 {
			t.Errorf("of the game that was just made: %v", row)
		}
	}
	s.exported(t, who, hidden, v)
}

// refusals: what is refused does not tell how far the game is.
func (s *site) refusals(t *testing.T, who outsider, v int) {
	if _, status := s.dial("/play/"+delayed, who.token); status != 401 && status != 403 {
		t.Errorf("/play: %d", status)
	}
	k := s.open("/watch/"+delayed+"?from="+fmt.Sprint(v), who.token)
	if code := k.closed(); code != 4004 {
		t.Errorf("from a version that must not be known: %d", code)
	}
	k = s.open("/watch/"+delayed+fmt.Sprintf("?from=%d&speed=max", visible+1), who.token)
	if code := k.closed(); code != 4004 {
		t.Errorf("replayed from a version that must not be known: %d", code)
	}
	if who.token == "" {
		return
	}
	for _, path := range []string{"/commands", "/seats/white", "/seats/any"} {
		for _, body := range []string{`{"t":"move","id":"x1","v":8,"m":"b8c6"}`, `{"id":"x2"}`, `{"t":"ping","ts":1}`, `{"t":"abort","id":"x3","v":8}`} {
			_, _, text := s.ask("POST", "/api/games/"+delayed+path, who.token, body)
			if _, told := parse(t, text)["v"]; told {
				t.Errorf("%s %s tells a version: %s", path, body, text)
			}
		}
	}
}

// exported asks on the bulk routes.
func (s *site) exported(t *testing.T, who outsider, hidden string, v int) {
	everything := who.name == "a reader of everything"
	status, _, text := s.ask("GET", "/api/events", who.token, "")
	if everything != (status == 200) || !everything && status != http.StatusForbidden {
		t.Errorf("/api/events: %d", status)
	}
	if everything && (!strings.Contains(text, hidden) || strings.Count(text, delayed) < v) {
		t.Errorf("/api/events is not the truth: %s", text)
	}
	version, known := float64(visible), false
	if everything {
		version, known = float64(v), true
	}
	text = s.get("/api/export/games.ndjson", who.token)
	if row := rowOf(text, delayed); row["version"] != version || (len(row["moves"].([]any)) == 3) != everything || row["chain"] != nil {
		t.Errorf("exported is %v", row)
	}
	if (rowOf(text, hidden) != nil) != known {
		t.Errorf("exported is a game that must not be known: %s", text)
	}
	text = s.get("/api/export/games.pgn", who.token)
	if strings.Contains(text, "Nf3") != everything || strings.Contains(text, "d4") != everything {
		t.Errorf("exported is %s", text)
	}
	// It may be compressed, so only what is there shows.
	if text := s.get("/api/export/games.parquet", who.token); !everything && (strings.Contains(text, "e7e5") || strings.Contains(text, hidden)) {
		t.Error("exported as Parquet is the last hour")
	}
}

// rowOf finds the object of a game among lines.
func rowOf(lines, id string) object {
	for line := range strings.Lines(lines) {
		var o object
		if json.NewDecoder(strings.NewReader(line)).Decode(&o) == nil && o["game"] == id {
			return o
		}
	}
	return nil
}

// holds checks what a watcher was told so far, and is told when it asks.
func (k *sock) holds(single bool) {
	k.t.Helper()
	k.send(`{"t":"ping","ts":7}`)
	k.send(`{"t":"move","id":"w","v":8,"m":"b8c6"}`)
	for _, typ := range []string{"pong", "error"} {
		o := k.until(typ, func(o object) bool { return o["t"] == typ })
		if v, told := o["v"]; single && v != float64(visible) || told && v != float64(visible) {
			k.t.Errorf("%s: %s tells the version %v", k.what, typ, o["v"])
		}
	}
	k.until("crowd", typ("crowd"))
	if newest := k.newest(); newest > visible {
		k.t.Errorf("%s was told of version %v: %v", k.what, newest, k.all())
	}
	for _, o := range k.all() {
		if text, _ := json.Marshal(o); o["game"] != nil && o["game"] != delayed && o["t"] != "created" {
			continue
		} else if strings.Contains(string(text), `"white":true`) || strings.Contains(string(text), `"here":true`) || o["t"] == "gone" {
			k.t.Errorf("%s was told that white has come: %s", k.what, text)
		}
	}
}

// truth is what the seats see, and those who read everything in bulk.
func (s *site) truth(t *testing.T, all string, v int) {
	for _, player := range []string{"p_ann", "p_bob"} {
		token := s.token(player, "play")
		if o := parse(t, s.get("/api/games/"+delayed, token)); o["v"] != float64(v) || len(o["offers"].([]any)) != 1 {
			t.Errorf("%s sees %v", player, o)
		}
		if n := strings.Count(s.get("/api/games/"+delayed+"/events", token), "\n"); n != v {
			t.Errorf("%s sees %d events", player, n)
		}
		s.get(fmt.Sprintf("/api/games/%s?v=%d", delayed, v), token)
		if text := s.get("/api/games/"+delayed+".pgn", token); !strings.Contains(text, "Nf3") {
			t.Errorf("%s has the PGN %s", player, text)
		}
		if text := s.get("/api/me/games?status=live", token); !strings.Contains(text, delayed) {
			t.Errorf("%s has the games %s", player, text)
		}
	}
}

// released: the game has ended, and nothing of it is late any more.
func (s *site) released(t *testing.T, who outsider, v int) {
	path := "/api/games/" + delayed
	if o := parse(t, s.get(path, who.token)); o["v"] != float64(v) || o["status"] != "ended" {
		t.Errorf("the state is %v", o)
	}
	s.get(fmt.Sprintf("%s?v=%d", path, v-1), who.token)
	if n := strings.Count(s.get(path+"/events", who.token), "\n"); n != v {
		t.Errorf("%d events", n)
	}
	if text := s.get(path+".pgn", who.token); !strings.Contains(text, "Nf3") || !strings.Contains(text, "PlyChain") {
		t.Errorf("the PGN is %s", text)
	}
	harness.Eventually(t, patience, "the lists know of the end", func() bool {
		text := s.get("/api/games?status=ended&player=p_ann", who.token)
		return strings.Contains(text, delayed) && strings.Contains(text, `"reason":"resign"`)
	})
	if who.token == "" {
		return
	}
	if row := rowOf(s.get("/api/export/games.ndjson", who.token), delayed); row["version"] != float64(v) || row["chain"] == nil {
		t.Errorf("exported is %v", row)
	}
}

// TestDelayPasses: what is younger than the delay becomes visible by itself, on every path that shows games as they go.
func TestDelayPasses(t *testing.T) {
	s := start(t)
	const lag = 3 * time.Second
	made := s.create("p_ann", `,"seat":"white","access":"open","delay":3000`)
	id := made["game"].(string)
	if status, text := s.sit(id, "p_bob", "black", ""); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	seat := s.open("/play/"+id, s.token("p_ann", "play"))
	seat.until("live", typ("live"))
	harness.Eventually(t, patience, "the game can be watched", func() bool {
		k, _ := s.dial("/watch/"+id, "")
		return k != nil
	})
	k := s.open("/watch/"+id, "")
	k.until("live", typ("live"))
	boards := s.open("/watch?games="+id, "")
	began := time.Now()
	s.do(id, "p_ann", 4, "move", `,"m":"e2e4"`)
	for _, k := range []*sock{k, boards} {
		k.until("the move", typ("move"))
		if took := time.Since(began); took < lag-100*time.Millisecond {
			t.Errorf("%s shows it after %v", k.what, took)
		}
		k.until("that white is here", func(o object) bool {
			here, _ := o["here"].(map[string]any)
			return here["white"] == true
		})
	}
	eve := s.token("p_eve", "play")
	for what, is := range map[string]func() bool{
		"the state":  func() bool { return parse(t, s.get("/api/games/"+id, eve))["v"] == 5.0 },
		"here":       func() bool { return strings.Contains(s.get("/api/games/"+id, eve), `"here":true`) },
		"the events": func() bool { return strings.Count(s.get("/api/games/"+id+"/events", eve), "\n") == 5 },
		"the PGN":    func() bool { return strings.Contains(s.get("/api/games/"+id+".pgn", eve), "1. e4") },
		"the list":   func() bool { return strings.Contains(s.get("/api/games?status=live", eve), `"status":"live"`) },
		"the export": func() bool { return rowOf(s.get("/api/export/games.ndjson", eve), id)["version"] == 5.0 },
	} {
		harness.Eventually(t, patience, what, is)
	}
}
