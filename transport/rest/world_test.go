package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/rest"
	"github.com/plygames/ply/transport/wire"
)

// world is the rest of a server, in memory: the real domain, keys and encoder behind the routes, and commands that
// append to slices.
type world struct {
	t       *testing.T
	handler http.Handler
	health  *rest.Health
	people  *auth.Authority

	mu      sync.Mutex
	now     int64 // Unix ms; also the live clock
	games   map[string][]game.Step
	done    map[string]receipt // by player, game and id
	names   map[string]string
	refuse  error // what every command is answered with
	allowed int   // commands until the limit
	rows    []rest.Summary
	asked   rest.Query
	last    game.Command
}

type receipt struct {
	game.Receipt
	content string
	state   *game.State
}

var _ rest.Commands = (*world)(nil)

const began = 1_764_000_000_000

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: began, games: map[string][]game.Step{}, done: map[string]receipt{},
		names: map[string]string{}, allowed: 1 << 30, health: &rest.Health{}}
	var err error
	w.people, err = auth.New(t.Context(), auth.Config{Key: bytes.Repeat([]byte{1}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	w.handler = rest.New(rest.Deps{Commands: w, History: w, People: w.people, Encoder: &wire.Encoder{Names: w}, Namer: w,
		Lists: w, Finder: w, TV: screen{w}, Presence: w, Limiter: w, Health: w.health, Kinds: []game.Rules{chess.Rules{}},
		Now: func() time.Time { return time.UnixMilli(w.clock()) }, Live: w.clock,
		Elapsed: func(o game.Origin) int64 { return w.clock() - o.At },
		Origins: []string{"https://pages.example"}})
	return w
}

func (w *world) clock() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(ms int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now += ms
}

func (w *world) Name(player string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.names[player]
}

func (w *world) Remember(_ context.Context, player, name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names[player] = name
	return nil
}

func (w *world) Here(string) map[game.Seat]bool { return map[game.Seat]bool{"white": true} }

// WasHere: as long ago as a delayed game is shown nobody was there yet.
func (w *world) WasHere(string) map[game.Seat]bool { return nil }

func (w *world) Allow(string, string) (int64, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed--
	return 1700, w.allowed >= 0
}

var _ limit.Limiter = (*world)(nil)

func (w *world) Games(_ context.Context, q rest.Query) ([]rest.Summary, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = q
	if q.Before == "nonsense" {
		return nil, "", domain.Refuse(domain.InvalidField, "before is not one of ours")
	}
	return w.rows, "more", nil
}

func (w *world) State(_ context.Context, id string) (*game.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state(id)
}

func (w *world) state(id string) (*game.State, error) {
	steps := w.games[id]
	if len(steps) == 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no such game")
	}
	return steps[len(steps)-1].After, nil
}

func (w *world) Steps(_ context.Context, id string, from, to uint64, yield func(game.Step) bool) error {
	w.mu.Lock()
	steps := w.games[id]
	w.mu.Unlock()
	for _, s := range steps {
		if s.Version() > from && (to == 0 || s.Version() <= to) && !yield(s) {
			return nil
		}
	}
	return nil
}

func (w *world) Create(_ context.Context, c game.Command) (game.Receipt, *game.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r, err := w.before("", c); r != nil || err != nil {
		if err != nil {
			return game.Receipt{}, nil, err
		}
		return r.Receipt, r.state, nil
	}
	id := fmt.Sprintf("game%08d", len(w.games))
	r, err := w.append(game.New(id), "", c)
	if err != nil {
		return game.Receipt{}, nil, err
	}
	return r.Receipt, r.state, nil
}

func (w *world) Do(_ context.Context, id string, c game.Command, _ game.Arrival) (game.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r, err := w.before(id, c); r != nil || err != nil {
		if err != nil {
			return game.Receipt{}, err
		}
		return r.Receipt, nil
	}
	s, err := w.state(id)
	if err != nil {
		return game.Receipt{}, err
	}
	r, err := w.append(s, id, c)
	return r.Receipt, err
}

// before finds what the same command did earlier.
func (w *world) before(id string, c game.Command) (*receipt, error) {
	w.last = c
	if w.refuse != nil {
		return nil, w.refuse
	}
	r, ok := w.done[c.Player+" "+id+" "+c.ID]
	if !ok {
		return nil, nil
	}
	if r.content != c.Fingerprint() {
		return nil, domain.Refuse(domain.CommandIDReused, "this id has done something else")
	}
	r.Duplicate = true
	return &r, nil
}

func (w *world) append(s *game.State, scope string, c game.Command) (receipt, error) {
	events, err := game.Decide(s, c, game.Env{At: w.now, Seats: make([]game.Measured, 2)})
	if err != nil {
		return receipt{}, err
	}
	rules := s.Rules
	if create, ok := c.Wish.(game.Create); ok {
		rules = create.Rules
	}
	steps := game.Record(s, rules, events, event.Meta{At: w.now, Server: "test", Up: w.now, Player: c.Player, Command: c.ID})
	w.games[s.ID] = append(w.games[s.ID], steps...)
	after := steps[len(steps)-1].After
	seat, _ := after.SeatOf(c.Player)
	r := receipt{game.Receipt{Version: after.Version, Seat: seat, Game: ""}, c.Fingerprint(), after}
	w.done[c.Player+" "+scope+" "+c.ID] = r
	return r, nil
}

// add records events that nobody asked for.
func (w *world) add(id string, events ...game.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.state(id)
	if err != nil {
		w.t.Fatal(err)
	}
	w.games[id] = append(w.games[id], game.Record(s, s.Rules, events, event.Meta{At: w.now, Server: "test", Up: w.now})...)
}

// guest makes a person and gives their token.
func (w *world) guest(name string) (auth.Person, string) {
	w.t.Helper()
	p, token, err := w.people.Guest(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return p, token
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// object reads the body as a JSON object.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(a.body), &o); err != nil {
		t.Fatalf("status %d, body is no object: %q", a.status, a.body)
	}
	return o
}

// ask sends a request; headers are name, value pairs.
func (w *world) ask(method, path, token, body string, headers ...string) answer {
	w.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, reader)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Result().Header, rec.Body.String()}
}

// want checks a refusal.
func (a answer) want(t *testing.T, status int, code, id string) {
	t.Helper()
	o := a.object(t)
	gotID, _ := o["id"].(string)
	if a.status != status || o["t"] != "error" || o["code"] != code || gotID != id {
		t.Errorf("%d %s, want %d %s with id %q", a.status, strings.TrimSpace(a.body), status, code, id)
	}
	if _, ok := o["retry"].(bool); !ok || o["message"] == nil {
		t.Errorf("not a whole error object: %s", a.body)
	}
}

// match is a game between two guests that has started.
type match struct {
	game       string
	ann, bob   auth.Person
	annT, bobT string
}

// start plays section 12 up to the first move; more are further fields of the body that creates.
func (w *world) start(more string) match {
	w.t.Helper()
	var m match
	m.ann, m.annT = w.guest("Ann")
	m.bob, m.bobT = w.guest("Bob")
	a := w.ask("POST", "/api/games", m.annT, `{"id":"c-1","kind":"chess","seat":"white"`+more+`}`)
	if a.status != http.StatusCreated {
		w.t.Fatalf("create: %d %s", a.status, a.body)
	}
	o := a.object(w.t)
	m.game = o["game"].(string)
	body := `{"id":"c-1"}`
	if invites, ok := o["invites"].(map[string]any); ok {
		body = fmt.Sprintf(`{"id":"c-1","invite":%q}`, invites["black"])
	}
	if a := w.ask("POST", "/api/games/"+m.game+"/seats/black", m.bobT, body); a.status != http.StatusOK {
		w.t.Fatalf("sit: %d %s", a.status, a.body)
	}
	return m
}

// play makes moves, one second after another, white first.
func (w *world) play(m match, moves ...string) {
	w.t.Helper()
	for i, move := range moves {
		w.pass(1000)
		token := []string{m.annT, m.bobT}[i%2]
		s, err := w.State(context.Background(), m.game)
		if err != nil {
			w.t.Fatal(err)
		}
		body := fmt.Sprintf(`{"t":"move","id":"m-%d-%d","v":%d,"m":%q}`, s.Version, i, s.Version, move)
		if a := w.ask("POST", "/api/games/"+m.game+"/commands", token, body); a.status != http.StatusOK {
			w.t.Fatalf("%s: %d %s", move, a.status, a.body)
		}
	}
}
