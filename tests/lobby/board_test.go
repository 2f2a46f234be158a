package lobby_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/tests/harness"
)

// board is what somebody knows who looks at the lobby, over all reconnections.
type board struct {
	mu     sync.Mutex
	known  map[string]json.RawMessage
	wrong  []string
	firsts int // games lines
}

// message is a line of the lobby.
type message struct {
	T     string            `json:"t"`
	Games []json.RawMessage `json:"games"`
	Game  json.RawMessage   `json:"game"`
}

// lookAt follows the lobby of a server until the test ends.
func lookAt(t *testing.T, s *harness.Server, query string) *board {
	t.Helper()
	b := &board{known: map[string]json.RawMessage{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			b.follow(ctx, strings.Replace(s.URL, "http", "ws", 1)+"/lobby"+query)
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return b
}

func (b *board) follow(ctx context.Context, url string) {
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"ply.v1"}})
	if err != nil {
		return
	}
	ws.SetReadLimit(-1)
	defer func() { _ = ws.CloseNow() }()
	for first := true; ; first = false {
		_, data, err := ws.Read(ctx)
		if err != nil {
			return
		}
		for _, line := range bytes.Split(data, []byte{'\n'}) {
			b.take(line, first)
			first = false
		}
	}
}

func (b *board) take(line []byte, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		b.wrong = append(b.wrong, err.Error())
		return
	}
	if first != (m.T == "games") {
		b.wrong = append(b.wrong, "out of place: "+string(line))
	}
	switch m.T {
	case "games":
		b.firsts++
		clear(b.known)
		for _, g := range m.Games {
			b.known[idOf(g)] = g
		}
	case "open":
		b.known[idOf(m.Game)] = m.Game
	case "closed":
		var id string
		_ = json.Unmarshal(m.Game, &id)
		if _, there := b.known[id]; !there {
			b.wrong = append(b.wrong, "closed what was not open: "+id)
		}
		delete(b.known, id)
	default:
		b.wrong = append(b.wrong, "unknown: "+string(line))
	}
}

func idOf(offer json.RawMessage) string {
	var o struct {
		Game string `json:"game"`
	}
	_ = json.Unmarshal(offer, &o)
	return o.Game
}

// shows lists the ids that the board knows, sorted.
func (b *board) shows() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := []string{}
	for id := range b.known {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (b *board) check(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wrong {
		t.Errorf("the lobby: %s", w)
	}
}

// get reads a route as somebody, or as nobody.
func get(t *testing.T, s *harness.Server, path, token string, into any) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", path, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// list gives the ids of a list of games, sorted.
func list(t *testing.T, s *harness.Server, path, token string) []string {
	t.Helper()
	var answer struct {
		Games []struct {
			Game string `json:"game"`
		} `json:"games"`
	}
	get(t, s, path, token, &answer)
	ids := []string{}
	for _, g := range answer.Games {
		ids = append(ids, g.Game)
	}
	slices.Sort(ids)
	return ids
}

// settles waits until a lobby shows just these games.
func (b *board) settles(t *testing.T, s *harness.Server, want ...string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			b.mu.Lock()
			defer b.mu.Unlock()
			t.Logf("the lobby of %s shows %v, want %v; it began %d times; wrong: %v", s.URL, b.known, want, b.firsts, b.wrong)
		}
	})
	harness.Eventually(t, 60*time.Second, "the lobby shows just what is open", func() bool { return slices.Equal(b.shows(), want) })
}
