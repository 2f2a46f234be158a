package ratings

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// patience is for what must happen.
const patience = 60 * time.Second

type object = map[string]any

// site is a server that believes the people of a site of ours.
type site struct {
	*harness.Server
	t     testing.TB
	token func(player, name string) string
	games int
}

func start(t testing.TB, env ...string) *site {
	t.Helper()
	members, token := harness.Members(t)
	return &site{Server: harness.Start(t, append(env, harness.NoLimits, members)...), t: t, token: token}
}

// ask makes a request and gives status and object.
func (s *site) ask(method, url, token, body string) (int, object) {
	s.t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, url, err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, url, err)
	}
	var o object
	_ = json.Unmarshal(text, &o) // not all are objects
	return answer.StatusCode, o
}

// get is ask for something that must be there.
func (s *site) get(path string) object {
	s.t.Helper()
	status, o := s.ask("GET", s.URL+path, "", "")
	if status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %v", path, status, o)
	}
	return o
}

// must is ask on the public listener where the answer has to be this one.
func (s *site) must(status int, path, token, body string) object {
	s.t.Helper()
	got, o := s.ask("POST", s.URL+path, token, body)
	if got != status {
		s.t.Fatalf("POST %s %s: %d, want %d: %v", path, body, got, status, o)
	}
	return o
}

// person is somebody with an account.
type person struct{ id, name, token string }

func (s *site) person(id, name string) person { return person{id, name, s.token(id, name)} }

// play has two people play a rated game of 3+2 that the winner wins by resignation after two moves, and gives its id.
func (s *site) play(winner, loser person) string {
	s.t.Helper()
	s.games++
	o := s.must(201, "/api/games", winner.token, fmt.Sprintf(`{"id":"c-%d","kind":"chess","seat":"white","access":"open",`+
		`"rated":true,"clock":{"type":"fischer","initial":180000,"increment":2000}}`, s.games))
	id := o["game"].(string)
	s.must(200, "/api/games/"+id+"/seats/black", loser.token, `{"id":"s"}`)
	s.must(200, "/api/games/"+id+"/commands", winner.token, `{"t":"move","id":"w","v":4,"m":"e2e4"}`)
	s.must(200, "/api/games/"+id+"/commands", loser.token, `{"t":"move","id":"b","v":5,"m":"e7e5"}`)
	s.must(200, "/api/games/"+id+"/commands", loser.token, `{"t":"resign","id":"r","v":6}`)
	return id
}

// rated waits until so many rated games of a person are folded, and gives the profile.
func (s *site) rated(p person, games int) object {
	s.t.Helper()
	var o object
	harness.Eventually(s.t, patience, fmt.Sprintf("%s has %d rated games", p.id, games), func() bool {
		_, o = s.ask("GET", s.URL+"/api/players/"+p.id, "", "")
		n, _ := o["rated"].(float64)
		return int(n) == games
	})
	return o
}
