package hostile_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/network"
)

// marker stands in what the tests send, and must not stand in the server's log.
const marker = "h0st1le"

// TestMain lets rows that wait for a clock run at once, or attacks.
func TestMain(m *testing.M) {
	if text := os.Getenv(attackVariable); text != "" {
		if err := runAttackers(text); err != nil {
			fmt.Fprintln(os.Stderr, "attackers:", err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "64"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// site is a server under attack, with honest players on it.
type site struct {
	*harness.Server
	t      testing.TB
	key    ed25519.PrivateKey // signs for people who have accounts
	http   *http.Client
	honest *honest
}

// startSite starts a server that believes a key of ours, and two honest players.
func startSite(t testing.TB, env ...string) *site {
	t.Helper()
	return startSiteAt(t, network.Place{}, env...)
}

// startSiteAt is startSite on another machine of a test's network.
func startSiteAt(t testing.TB, at network.Place, env ...string) *site {
	t.Helper()
	s := &site{t: t, http: &http.Client{Timeout: patience}}
	s.key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	public := base64.RawURLEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey))
	keys := filepath.Join(t.TempDir(), "keys.json")
	set := `{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"site","x":"` + public + `"}]}`
	if err := os.WriteFile(keys, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Server = harness.StartAt(t, at, append(env, harness.Env("PLY_JWKS_FILE", keys), harness.Env("PLY_LOG_LEVEL", "debug"))...)
	s.honest = &honest{site: s}
	t.Cleanup(func() {
		s.http.CloseIdleConnections()
		for _, secret := range []string{marker, "eyJ"} { // the latter begins every token
			if at := strings.Index(s.Logs(), secret); at >= 0 {
				t.Errorf("the server's log holds what was sent: ...%.200q", s.Logs()[max(0, at-100):])
			}
		}
	})
	s.honest.move(t)
	return s
}

func (s *site) addr() string { return strings.TrimPrefix(s.URL, "http://") }

// token is one for a person with an account. Claims of extra replace the good ones; nil removes them.
func (s *site) token(player string, extra jwt.MapClaims) string {
	claims := jwt.MapClaims{"sub": player, "exp": time.Now().Add(time.Hour).Unix(), "aud": "ply"}
	for name, value := range extra {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	t.Header["kid"] = "site"
	signed, err := t.SignedString(s.key)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}

// call makes an HTTP request and gives status and object.
func (s *site) call(t testing.TB, method, path, token, body string) (int, object) {
	t.Helper()
	request, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := s.http.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	var o object
	_ = json.Unmarshal(data, &o)
	return answer.StatusCode, o
}

// table is a game of two.
type table struct {
	id, white, black string // game, tokens
	whiteID          string
}

var people atomic.Int64

// newPerson is somebody who was never here before.
func (s *site) newPerson() (player, token string) {
	player = fmt.Sprintf("p%d", people.Add(1))
	return player, s.token(player, nil)
}

// create makes a game that white has created; rest are further fields, each with a comma before it.
func (s *site) create(t testing.TB, token, rest string) (id, invite string) {
	t.Helper()
	status, made := s.call(t, "POST", "/api/games", token,
		fmt.Sprintf(`{"id":"c%d","kind":"chess","seat":"white"%s}`, people.Add(1), rest))
	if status != http.StatusCreated {
		t.Fatalf("create: %d %v", status, made)
	}
	invites, _ := made["invites"].(map[string]any)
	invite, _ = invites["black"].(string)
	return made.str("game"), invite
}

// newTable is a started game of two new people.
func (s *site) newTable(t testing.TB, rest string) table {
	t.Helper()
	var g table
	g.whiteID, g.white = s.newPerson()
	_, g.black = s.newPerson()
	var invite string
	g.id, invite = s.create(t, g.white, rest)
	if status, o := s.call(t, "POST", "/api/games/"+g.id+"/seats/black", g.black, `{"id":"s","invite":"`+invite+`"}`); status != http.StatusOK {
		t.Fatalf("sit: %d %v", status, o)
	}
	return g
}

// act sends a command over HTTP.
func (s *site) act(t testing.TB, g table, token, command string) (int, object) {
	t.Helper()
	return s.call(t, "POST", "/api/games/"+g.id+"/commands", token, command)
}

// version is how many events a game has.
func (s *site) version(t testing.TB, g table) uint64 {
	t.Helper()
	status, state := s.call(t, "GET", "/api/games/"+g.id, g.white, "")
	if status != http.StatusOK {
		t.Fatalf("state: %d %v", status, state)
	}
	return state.num("v")
}

// honest plays on whatever happens to others.
type honest struct {
	site *site
	mu   sync.Mutex
	game table
	ply  int
	v    uint64
}

// answerWithin is what the protocol promises to honest players.
const answerWithin = 2 * time.Second

// move makes one move, which must be acknowledged in time.
func (h *honest) move(t testing.TB) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	// Knights go out and back; the fifth time the same position comes the game would end.
	if h.game.id == "" || h.ply == 12 {
		if h.game.id != "" {
			h.site.act(t, h.game, h.game.white, fmt.Sprintf(`{"t":"resign","id":"end","v":%d}`, h.v))
		}
		h.game, h.ply, h.v = h.site.newTable(t, ""), 0, 4
	}
	m := []string{"g1f3", "g8f6", "f3g1", "f6g8"}[h.ply%4]
	token := []string{h.game.white, h.game.black}[h.ply%2]
	begun := time.Now()
	status, o := h.site.act(t, h.game, token, fmt.Sprintf(`{"t":"move","id":"m%d","v":%d,"m":"%s"}`, h.ply, h.v, m))
	if took := time.Since(begun); status != http.StatusOK || took > answerWithin {
		t.Errorf("an honest move was answered with %d %v after %v", status, o, took)
	}
	h.ply++
	h.v = o.num("v")
}

// metrics reads the second listener: every sample by its name with labels.
func (s *site) metrics(t testing.TB) map[string]float64 {
	t.Helper()
	answer, err := s.http.Get(s.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	samples := make(map[string]float64)
	for _, m := range sample.FindAllStringSubmatch(string(data), -1) {
		value, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			t.Fatalf("sample %q: %v", m[0], err)
		}
		samples[m[1]] = value
	}
	return samples
}

var sample = regexp.MustCompile(`(?m)^([a-z_]+(?:\{[^}]*\})?) (\S+)$`)

// Samples.
func closedFor(kind, why string) string {
	return fmt.Sprintf(`ply_sockets_closed_total{kind="%s",why="%s"}`, kind, why)
}
func refusedWith(status int) string {
	return fmt.Sprintf(`ply_handshakes_refused_total{status="%d"}`, status)
}
func toldOf(code string) string { return fmt.Sprintf(`ply_socket_errors_total{code="%s"}`, code) }

// under runs an attack and checks what must hold whatever it is: the counter rises, an honest player is answered, and
// nothing is left behind.
func (s *site) under(t *testing.T, counter string, attack func()) {
	t.Helper()
	before := s.metrics(t)
	attack()
	s.honest.move(t)
	if counter != "" {
		harness.Eventually(t, patience, counter+" rises by one", func() bool {
			return s.metrics(t)[counter] == before[counter]+1
		})
	}
	s.settles(t, before)
}

// slack is how many goroutines and files may come and go by themselves (our own connections, background work).
const slack = 6

// settles waits until the server holds no more than before.
func (s *site) settles(t testing.TB, before map[string]float64) {
	t.Helper()
	const goroutines, files = "go_goroutines", "process_open_fds"
	if before[goroutines] == 0 || before[files] == 0 {
		t.Fatal("the metrics do not tell of goroutines and files")
	}
	var now map[string]float64
	defer func() {
		if t.Failed() {
			t.Logf("goroutines %v -> %v, files %v -> %v", before[goroutines], now[goroutines], before[files], now[files])
		}
	}()
	harness.Eventually(t, patience, "goroutines and files are as before", func() bool {
		now = s.metrics(t)
		return now[goroutines] <= before[goroutines]+slack && now[files] <= before[files]+slack
	})
}
