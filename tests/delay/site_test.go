package delay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/tests/harness"
)

// patience is for what must happen.
const patience = 2 * time.Minute

type object = map[string]any

// site is a server that believes the people of a site of ours.
type site struct {
	*harness.Server
	t     testing.TB
	token func(player string, scopes ...string) string
	ids   int
}

func start(t testing.TB, env ...string) *site {
	t.Helper()
	accounts, token := harness.Accounts(t)
	return &site{Server: harness.Start(t, append(env, accounts, harness.NoLimits)...), t: t, token: token}
}

// ask makes a request and gives its status, its headers and its text. An empty player is nobody.
func (s *site) ask(method, path, token, body string) (int, http.Header, string) {
	s.t.Helper()
	base := s.URL
	if strings.HasPrefix(path, "/admin/") {
		base = s.Admin
	}
	request, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// get is a read that must be answered with 200.
func (s *site) get(path, token string) string {
	s.t.Helper()
	status, _, text := s.ask("GET", path, token, "")
	if status != 200 {
		s.t.Fatalf("GET %s: %d %s", path, status, text)
	}
	return text
}

// do carries out a command of a player; v is what it is answered with.
func (s *site) do(game, player string, v int, typ, fields string) int {
	s.t.Helper()
	s.ids++
	body := fmt.Sprintf(`{"t":%q,"id":"c%d","v":%d%s}`, typ, s.ids, v, fields)
	status, _, text := s.ask("POST", "/api/games/"+game+"/commands", s.token(player, "play"), body)
	if status != 200 {
		s.t.Fatalf("%s: %d %s", body, status, text)
	}
	return int(parse(s.t, text)["v"].(float64))
}

// create makes a game.
func (s *site) create(player, fields string) object {
	s.t.Helper()
	s.ids++
	status, _, text := s.ask("POST", "/api/games", s.token(player, "play"), fmt.Sprintf(`{"id":"n%d","kind":"chess"%s}`, s.ids, fields))
	if status != 201 {
		s.t.Fatalf("create%s: %d %s", fields, status, text)
	}
	return parse(s.t, text)
}

// sit takes a seat and gives the answer.
func (s *site) sit(game, player, seat, invite string) (int, string) {
	s.t.Helper()
	s.ids++
	body := fmt.Sprintf(`{"id":"s%d"}`, s.ids)
	if invite != "" {
		body = fmt.Sprintf(`{"id":"s%d","invite":%q}`, s.ids, invite)
	}
	status, _, text := s.ask("POST", "/api/games/"+game+"/seats/"+seat, s.token(player, "play"), body)
	return status, text
}

func parse(t testing.TB, text string) (o object) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return o
}

// sock is a socket and everything that came over it.
type sock struct {
	t     testing.TB
	what  string
	c     *websocket.Conn
	mu    sync.Mutex
	lines []object
	err   error
}

// open opens one, which is cut when the test ends.
func (s *site) open(path, token string) *sock {
	s.t.Helper()
	k, status := s.dial(path, token)
	if k == nil {
		s.t.Fatalf("%s: status %d", path, status)
	}
	return k
}

// dial is open that gives the status of a handshake that is refused.
func (s *site) dial(path, token string) (*sock, int) {
	s.t.Helper()
	options := &websocket.DialOptions{Subprotocols: []string{"ply.v1"}, HTTPHeader: http.Header{}}
	if token != "" {
		options.HTTPHeader.Set("Authorization", "Bearer "+token)
	}
	c, answer, err := websocket.Dial(harness.Within(s.t, patience), "ws"+strings.TrimPrefix(s.URL, "http")+path, options)
	if err != nil {
		if answer == nil {
			s.t.Fatalf("%s: %v", path, err)
		}
		return nil, answer.StatusCode
	}
	c.SetReadLimit(-1)
	k := &sock{t: s.t, what: path, c: c}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.read()
	}()
	s.t.Cleanup(func() { _ = c.CloseNow(); <-ended })
	return k, 101
}

func (k *sock) read() {
	for {
		_, data, err := k.c.Read(context.Background())
		k.mu.Lock()
		if err != nil {
			k.err = err
			k.mu.Unlock()
			return
		}
		for _, line := range bytes.Split(data, []byte("\n")) {
			var o object
			if err := json.Unmarshal(line, &o); err != nil {
				k.t.Errorf("%s: %q", k.what, line)
			}
			k.lines = append(k.lines, o)
		}
		k.mu.Unlock()
	}
}

// all is what came so far.
func (k *sock) all() []object {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]object(nil), k.lines...)
}

// until waits for a line.
func (k *sock) until(what string, is func(object) bool) (found object) {
	k.t.Helper()
	harness.Eventually(k.t, patience, k.what+": "+what, func() bool {
		for _, o := range k.all() {
			if is(o) {
				found = o
				return true
			}
		}
		return false
	})
	return found
}

// closed waits for the end and gives the code.
func (k *sock) closed() (code websocket.StatusCode) {
	k.t.Helper()
	harness.Eventually(k.t, patience, k.what+" closes", func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		code = websocket.CloseStatus(k.err)
		return k.err != nil
	})
	return code
}

func (k *sock) send(text string) {
	k.t.Helper()
	if err := k.c.Write(harness.Within(k.t, patience), websocket.MessageText, []byte(text)); err != nil {
		k.t.Fatalf("%s: %v", k.what, err)
	}
}

// typ makes a condition of a type.
func typ(t string) func(object) bool { return func(o object) bool { return o["t"] == t } }

// newest is the highest version that a line has told of.
func (k *sock) newest() (v float64) {
	for _, o := range k.all() {
		if n, ok := o["v"].(float64); ok {
			v = max(v, n)
		}
	}
	return v
}

func dump(o object) string {
	text, _ := json.Marshal(o) // was read from JSON
	return string(text)
}
