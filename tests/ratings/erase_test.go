package ratings

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// ply runs a command of the program under test.
func ply(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command(harness.Binary(t), args...).CombinedOutput()
	return string(out), err
}

// Two people are erased, one by the running server and one in its absence: their names are shown nowhere and are in no file
// of the data folder, they get none again, their games and ratings stay, and the store is whole.
func TestErasure(t *testing.T) {
	const first, second = "Zq8wXv3Kp", "Vb5nJt7Rd"
	s := start(t)
	ann, bob := s.person("p_ann", first), s.person("p_bob", second)
	id := s.play(ann, bob)
	s.rated(ann, 1)
	shown := func(path, name string) bool { return strings.Contains(text(s.get(path)), name) }
	paths := []string{"/api/games/" + id, "/api/players/p_ann", "/api/players/p_bob/ratings", "/api/players/p_ann/versus/p_bob",
		"/api/games?player=p_ann"}
	for _, path := range paths {
		if !shown(path, first) {
			t.Errorf("%s does not show the name in the first place", path)
		}
	}
	if len(harness.FilesWith(t, s.Data, first)) == 0 {
		t.Error("the name is not on disk in the first place")
	}

	if out, err := ply(t, "erase", "--data", s.Data, "p_ann"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if found := harness.FilesWith(t, s.Data, first); len(found) > 0 {
		t.Errorf("the name is still in %v", found)
	}
	nameless := func(name string) {
		t.Helper()
		for _, path := range paths {
			harness.Eventually(t, patience, path+" does not show "+name, func() bool { return !shown(path, name) })
		}
	}
	nameless(first)
	if status, o := s.ask("GET", s.URL+"/api/me", ann.token, ""); status != http.StatusUnauthorized {
		t.Errorf("the token of the erased person is answered with %d %v", status, o)
	}

	s.Stop()
	if out, err := ply(t, "erase", "--data", s.Data, "p_bob"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := ply(t, "erase", "--data", s.Data, "p_nobody"); err == nil {
		t.Errorf("somebody who was never named is erased: %s", out)
	}
	for _, name := range []string{first, second} {
		if found := harness.FilesWith(t, s.Data, name); len(found) > 0 {
			t.Errorf("%s is still in %v", name, found)
		}
	}
	if out, err := ply(t, "verify", "--data", s.Data); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	s.Restart()
	nameless(first)
	nameless(second)
	if o := s.rated(bob, 1); o["lost"] != 1.0 || len(o["ratings"].([]any)) != 1 {
		t.Errorf("bob is %v", o)
	}

	// Bob comes back with a token that names him: he may play, and stays nameless.
	s.play(s.person("p_bob", second), s.person("p_cy", "Cy"))
	s.rated(bob, 2)
	if shown("/api/players/p_bob", second) || len(harness.FilesWith(t, s.Data, second)) > 0 {
		t.Error("who was erased has a name again")
	}
	s.Stop()
	foldAnew(t, s.Data)
}
