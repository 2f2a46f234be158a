package delay

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/process"
)

// person is a guest.
type person struct{ id, token string }

func (s *site) guest(name string) person {
	s.t.Helper()
	status, _, text := s.ask("POST", "/api/guests", "", `{"name":"`+name+`"}`)
	if status != 201 {
		s.t.Fatalf("%d %s", status, text)
	}
	o := parse(s.t, text)
	return person{o["player"].(string), o["token"].(string)}
}

// act makes a request that must be done.
func (s *site) act(path, token, body string) object {
	s.t.Helper()
	status, _, text := s.ask("POST", path, token, body)
	if status != 200 && status != 201 {
		s.t.Fatalf("%s %s: %d %s", path, body, status, text)
	}
	return parse(s.t, text)
}

// pair is a game of two in memory, and one that waits in the lobby, both made by the first.
func (s *site) pair(a, b person, fields string) (playing, waiting string) {
	s.t.Helper()
	playing = s.act("/api/games", a.token, `{"id":"g1","kind":"chess","seat":"white","access":"open"`+fields+`}`)["game"].(string)
	s.act("/api/games/"+playing+"/seats/black", b.token, `{"id":"s1"}`)
	s.act("/api/games/"+playing+"/commands", a.token, `{"t":"move","id":"m1","v":4,"m":"e2e4"}`)
	s.act("/api/games/"+playing+"/commands", b.token, `{"t":"move","id":"m2","v":5,"m":"e7e5"}`)
	waiting = s.act("/api/games", a.token, `{"id":"g2","kind":"chess","seat":"white","access":"open"}`)["game"].(string)
	return playing, waiting
}

// told is everything that a new socket is told until it is up to date.
func (s *site) told(path, token, last string) string {
	s.t.Helper()
	k := s.open(path, token)
	k.until(last, typ(last))
	var text strings.Builder
	for _, o := range k.all() {
		text.WriteString(dump(o))
	}
	_ = k.c.CloseNow()
	return text.String()
}

// shown is everything that this server shows of people, by path. some is a token of somebody else, all one for reading everything.
func (s *site) shown(who person, playing, some, all string) map[string]string {
	s.t.Helper()
	shown := map[string]string{}
	for _, path := range []string{"/api/games/" + playing, "/api/games/" + playing + "?v=4", "/api/games/" + playing + "/events",
		"/api/games/" + playing + ".pgn", "/api/games", "/api/games?player=" + who.id, "/api/tv?limit=16", "/api/players/" + who.id,
		"/api/leaderboards/chess", "/api/players?name=qz7", "/api/export/games.ndjson", "/api/export/games.pgn", "/api/export/games.parquet"} {
		token := ""
		if strings.HasPrefix(path, "/api/export") {
			token = some
		}
		shown[path] = s.get(path, token)
	}
	shown["/api/events"] = s.get("/api/events", all)
	for _, path := range []string{"/watch/" + playing, "/watch/" + playing + "?from=0", "/watch/" + playing + "?from=0&speed=max",
		"/watch/" + playing + "?from=1&delay=1", "/watch?games=" + playing} {
		shown[path] = s.told(path, "", "live")
	}
	for _, path := range []string{"/play/" + playing, "/play/" + playing + "?from=0"} {
		shown[path] = s.told(path, some, "live")
	}
	shown["/lobby"] = s.told("/lobby", "", "games")
	return shown
}

// TestErasedNamesAreShownNowhere: games in memory are watched, played, delayed and replayed, an open one is in the lobby; from
// the moment that the erasure is answered nobody who asks is shown the name, on any path of the server.
func TestErasedNamesAreShownNowhere(t *testing.T) {
	const name = "Qz7wVx3Kd"
	s := start(t)
	ann, bob := s.guest(name), s.guest("Bob")
	playing, _ := s.pair(ann, bob, "")
	all := s.token("p_analyst", "read:all")
	harness.Eventually(t, patience, "the views know the games", func() bool {
		return strings.Contains(s.get("/api/tv", ""), playing) && strings.Contains(s.told("/lobby", "", "games"), name)
	})
	// Sockets that stay keep everything in memory, with the name in it.
	for _, path := range []string{"/watch/" + playing + "?from=0", "/watch/" + playing + "?from=0&delay=1", "/watch?games=" + playing} {
		s.open(path, "").until("live", typ("live"))
	}
	s.open("/play/"+playing+"?from=0", bob.token).until("live", typ("live"))
	for path, text := range s.shown(ann, playing, bob.token, all) {
		if !strings.Contains(text, name) && path != "/api/leaderboards/chess" && path != "/api/events" && !strings.HasSuffix(path, ".parquet") {
			t.Errorf("%s does not show the name in the first place: %s", path, text)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	if status, _, text := s.ask("POST", "/admin/players/"+ann.id+"/erase", "", ""); status != 200 || strings.Contains(text, "left") {
		t.Fatalf("%d %s", status, text)
	}
	for path, text := range s.shown(ann, playing, bob.token, all) {
		if strings.Contains(text, name) {
			t.Errorf("%s shows the name: %s", path, text)
		}
	}
	// The game goes on, and who resumes still gets what there is after that.
	s.act("/api/games/"+playing+"/commands", bob.token, `{"t":"draw-offer","id":"m3","v":6}`)
	k := s.open("/watch/"+playing+"?from=0", "")
	k.until("live", func(o object) bool { return o["t"] == "live" && o["v"] == 7.0 })
	if found := harness.FilesWith(t, s.Data, name); len(found) > 0 {
		t.Errorf("the name is still in %v", found)
	}
}

// TestErasedOnASite: two servers share a store. One is asked to erase, which shows the name nowhere at once; the other follows
// by itself, with what it has in memory too. What is left on the store's disk goes with `ply erase` on its folder, running or
// not, and every step says what is still to be done.
func TestErasedOnASite(t *testing.T) {
	const name, second = "Jx4tRn8Pw", "Hk2mZq6Ys"
	addrs, err := process.FreeAddrs(1)
	if err != nil {
		t.Fatal(err)
	}
	redis := harness.StartRedis(t)
	accounts, token := harness.Accounts(t)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	store := harness.Start(t, harness.Env("PLY_ROLES", "store"), harness.Env("PLY_STORE_ADDR", addrs[0]))
	server := func(roles string) *site {
		return &site{t: t, token: token, Server: harness.Start(t, accounts, harness.NoLimits, harness.Env("PLY_ROLES", roles),
			harness.Env("PLY_STORE", "esdb://"+addrs[0]+"?tls=false"), harness.Env("PLY_REDIS", redis.URL()),
			harness.Env("PLY_SIGNING_KEY_FILE", key))}
	}
	one, two := server("play,watch,relay,project"), server("play,watch,relay")
	ann, bob := one.guest(name), one.guest("Bob")
	playing, _ := one.pair(ann, bob, "")
	cy := one.guest(second)
	one.act("/api/games", cy.token, `{"id":"c","kind":"chess","seat":"white"}`)
	two.open("/watch/"+playing+"?from=0", "").until("live", typ("live"))
	two.open("/play/"+playing+"?from=0", bob.token).until("live", typ("live"))
	onTwo := func() (shown []string) {
		for path, text := range map[string]string{
			"state": two.get("/api/games/"+playing, ""), "events": two.get("/api/games/"+playing+"/events", ""),
			"watch": two.told("/watch/"+playing, "", "live"), "resumed": two.told("/watch/"+playing+"?from=0", "", "live"),
			"play": two.told("/play/"+playing+"?from=0", bob.token, "live"),
		} {
			if strings.Contains(text, name) {
				shown = append(shown, path)
			}
		}
		return shown
	}
	if n := len(onTwo()); n != 5 {
		t.Fatalf("the other server shows the name in the first place on %d paths", n)
	}

	if out, err := exec.Command(harness.Binary(t), "erase", "--data", store.Data, ann.id).CombinedOutput(); err == nil {
		t.Errorf("the store erases somebody whom no server has erased: %s", out)
	}
	out, err := exec.Command(harness.Binary(t), "erase", "--data", one.Data, ann.id).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "still to be done") || !strings.Contains(string(out), "ply store") {
		t.Fatalf("%v: %s", err, out)
	}
	for path, text := range one.shown(ann, playing, bob.token, token("p_analyst", "read:all")) {
		if strings.Contains(text, name) {
			t.Errorf("%s shows the name: %s", path, text)
		}
	}
	harness.Eventually(t, patience, "the other server has forgotten the name too", func() bool { return len(onTwo()) == 0 })

	if len(harness.FilesWith(t, store.Data, name)) == 0 {
		t.Error("the name has left the store's disk although nobody asked for that")
	}
	if out, err := exec.Command(harness.Binary(t), "erase", "--data", store.Data, ann.id).CombinedOutput(); err != nil || strings.Contains(string(out), "still") {
		t.Fatalf("%v: %s", err, out)
	}
	if found := harness.FilesWith(t, store.Data, name); len(found) > 0 {
		t.Errorf("the name is still in %v", found)
	}

	// All are down: the store's folder is enough; that of a server says where to go.
	one.Stop()
	two.Stop()
	store.Stop()
	if out, err := exec.Command(harness.Binary(t), "erase", "--data", one.Data, cy.id).CombinedOutput(); err == nil || !strings.Contains(string(out), "ply store") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := exec.Command(harness.Binary(t), "erase", "--data", store.Data, cy.id).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, gone := range []string{name, second} {
		for _, dir := range []string{store.Data, one.Data, two.Data} {
			if found := harness.FilesWith(t, dir, gone); len(found) > 0 {
				t.Errorf("%s is still in %v", gone, found)
			}
		}
	}
	if out, err := exec.Command(harness.Binary(t), "verify", "--data", store.Data).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	store.Restart()
	one.Restart()
	if text := one.get("/api/games/"+playing, ""); strings.Contains(text, name) || !strings.Contains(text, "Bob") {
		t.Errorf("after a restart: %s", text)
	}
}

// TestErasedPeopleAreImportedNameless: a person of imported games is erased. The same file again, and another game of the same
// person, bring the name back neither to disk nor to what is shown.
func TestErasedPeopleAreImportedNameless(t *testing.T) {
	const name = "Wb6kTq9Xz"
	text := func(event string) string {
		return "[Event \"" + event + "\"]\n[White \"" + name + "\"]\n[Black \"Opponent\"]\n[Date \"1990.01.02\"]\n[Result \"1-0\"]\n\n1. e4 e5 1-0\n"
	}
	s := start(t)
	s.Stop()
	ply := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(harness.Binary(t), args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		return string(out)
	}
	dir := t.TempDir()
	for _, event := range []string{"first", "second"} {
		if err := os.WriteFile(filepath.Join(dir, event), []byte(text(event)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ply("import", "--data", s.Data, filepath.Join(dir, "first"))
	s.Restart()
	all := s.token("p_analyst", "read:all")
	row := parse(t, s.get("/api/export/games.ndjson", all))
	id := row["players"].([]any)[0].(string)
	if row["names"].([]any)[0] != name || len(harness.FilesWith(t, s.Data, name)) == 0 {
		t.Fatalf("the name is not there in the first place: %v", row)
	}
	if status, _, text := s.ask("POST", "/admin/players/"+id+"/erase", "", ""); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	s.Stop()
	ply("import", "--data", s.Data, filepath.Join(dir, "first"))
	if out := ply("import", "--data", s.Data, filepath.Join(dir, "second")); !strings.Contains(out, "imported 1 games") {
		t.Errorf("the second game: %s", out)
	}
	ply("verify", "--data", s.Data)
	if found := harness.FilesWith(t, s.Data, name); len(found) > 0 {
		t.Errorf("the name is in %v", found)
	}
	s.Restart()
	for _, format := range []string{"ndjson", "pgn"} {
		if text := s.get("/api/export/games."+format, all); strings.Contains(text, name) || !strings.Contains(text, "Opponent") {
			t.Errorf("exported is %s", text)
		}
	}
}
