package exports_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/process"
	"github.com/plygames/ply/transport/client"
)

// site is a server, and tokens of somebody who may read everything and of somebody who may not.
type site struct {
	*harness.Server
	all, some string
}

func open(t *testing.T) *site {
	accounts, token := harness.Accounts(t)
	return &site{Server: harness.Start(t, accounts, harness.NoLimits), all: token("p_analyst", "read:all"), some: token("p_other", "play")}
}

// get asks for a path and gives status and body. A body that breaks off is an error.
func (s *site) get(t *testing.T, path, token string) (int, []byte) {
	t.Helper()
	answer := s.begin(t, t.Context(), path, token)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return answer.StatusCode, body
}

func (s *site) begin(t *testing.T, ctx context.Context, path, token string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return answer
}

func equal(t *testing.T, a, b string) bool {
	t.Helper()
	x, err1 := os.ReadFile(a)
	y, err2 := os.ReadFile(b)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x, y)
}

// line is what a line of all games must have.
type line struct {
	T, Game, Pos string
	V            uint64
}

func parse(t *testing.T, text []byte) (l line) {
	t.Helper()
	if err := json.Unmarshal(text, &l); err != nil || l.T == "" || l.Game == "" || l.Pos == "" || l.V == 0 {
		t.Fatalf("line %q: %v", text, err)
	}
	return l
}

// TestOverHTTP: the files that a server gives are those of the command, and the feed has every event once, in order, from
// wherever it is gone on with.
func TestOverHTTP(t *testing.T) {
	s := open(t)
	s.Stop()
	if err := os.CopyFS(s.Data+"/events.new", os.DirFS(imported(t)+"/events")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.Data + "/events"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.Data+"/events.new", s.Data+"/events"); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.Data + "/views"); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, format := range []string{"pgn", "ndjson", "parquet"} {
		files[format] = export(t, s.Data, format)
	}
	addrs, err := process.FreeAddrs(1)
	if err != nil {
		t.Fatal(err)
	}
	s.Restart(harness.Env("PLY_ROLES", "store"), harness.Env("PLY_STORE_ADDR", addrs[0]))
	for format, name := range files { // a shared store has other positions, and the same games in the same order
		shared := export(t, "unused", format, "--store", "esdb://"+addrs[0]+"?tls=false")
		if !equal(t, shared, name) {
			t.Errorf("%s of a shared store differs", format)
		}
	}
	s.Stop()
	s.Restart(harness.Env("PLY_ROLES", "play,watch,relay,project"))
	for format, name := range files {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		status, got := s.get(t, "/api/export/games."+format, s.all)
		if status != 200 || !bytes.Equal(got, want) {
			t.Errorf("%s: status %d, %d bytes, the command writes %d", format, status, len(got), len(want))
		}
	}
	status, whole := s.get(t, "/api/events", s.all)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	lines = lines[:len(lines)-1]
	versions, last := map[string]uint64{}, ""
	for _, text := range lines {
		l := parse(t, text)
		if l.V != versions[l.Game]+1 || l.Pos <= last {
			t.Fatalf("%s: version %d after %d, position %s after %s", l.Game, l.V, versions[l.Game], l.Pos, last)
		}
		versions[l.Game], last = l.V, l.Pos
	}
	if status != 200 || len(versions) != games {
		t.Fatalf("status %d, %d games", status, len(versions))
	}
	middle := len(lines) / 2
	at := parse(t, lines[middle]).Pos
	if _, rest := s.get(t, "/api/events?after="+at, s.all); !bytes.Equal(rest, bytes.Join(lines[middle+1:], nil)) {
		t.Error("the feed from its middle is not the rest of it")
	}
	if _, some := s.get(t, "/api/events?limit=10&after="+at, s.all); !bytes.Equal(some, bytes.Join(lines[middle+1:middle+11], nil)) {
		t.Error("ten lines from the middle are not those ten")
	}
	for path, want := range map[string]int{
		"/api/events?after=garbage": 422, "/api/events?after=ffffffffffffffff": 422, "/api/events?limit=0": 422,
		"/api/events?follow=yes": 422, "/api/events?follow=true&after=garbage": 422, "/api/export/games.pgn?since=soon": 422, "/api/export/games.csv": 404,
	} {
		if status, body := s.get(t, path, s.all); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// TestFollow: new events arrive on an open feed, a reader that takes nothing is no harm, and a drain ends the feed between
// two lines.
func TestFollow(t *testing.T) {
	s := open(t)
	answer := s.begin(t, t.Context(), "/api/events?follow=true", s.all)
	defer answer.Body.Close()
	lazy := s.begin(t, t.Context(), "/api/events?follow=true", s.all)
	defer lazy.Body.Close()
	id := s.play(t, client.NewGame{Kind: "chess", Seat: "white"}, "e2e4", "e7e5", "g1f3")
	lines := bufio.NewScanner(answer.Body)
	for v := uint64(1); v <= 7; v++ {
		if !lines.Scan() {
			t.Fatalf("the feed ended before version %d: %v", v, lines.Err())
		}
		if l := parse(t, lines.Bytes()); l.Game != id || l.V != v {
			t.Fatalf("line %s, want version %d of %s", lines.Text(), v, id)
		}
	}
	s.Stop()
	for lines.Scan() {
		parse(t, lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the feed did not end with a whole answer: %v", err)
	}
}

// TestPlacesOfTheFeed: sixteen follow the feed at once. One more is told when to come back, and that is counted, as is any
// other request that is refused; the place of one who leaves is free again.
func TestPlacesOfTheFeed(t *testing.T) {
	const places, path = 16, "/api/events?follow=true"
	s := open(t)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	for n := range places {
		first := t.Context()
		if n == 0 {
			first = ctx
		}
		answer := s.begin(t, first, path, s.all)
		defer answer.Body.Close()
		if answer.StatusCode != 200 {
			t.Fatalf("reader %d: %s", n+1, answer.Status)
		}
	}
	const want = `{"t":"error","code":"busy","message":"as many as this server serves at once are being served","retry":true,"after":1000}` + "\n"
	if status, body := s.get(t, path, s.all); status != 503 || string(body) != want {
		t.Errorf("one more: %d %s", status, body)
	}
	if status, body := s.get(t, "/api/events", s.all); status != 503 || string(body) != want {
		t.Errorf("one more who does not follow: %d %s", status, body)
	}
	answer, err := http.Post(s.URL+"/api/guests", "application/json", strings.NewReader(`{"name":"`+strings.Repeat("x", 5000)+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	for name, n := range map[string]float64{`ply_http_refused_total{code="busy",status="503"}`: 2,
		`ply_http_refused_total{code="bad_message",status="413"}`: 1} {
		if got := s.Metric(name); got != n {
			t.Errorf("%s is %v, want %v", name, got, n)
		}
	}
	leave()
	harness.Eventually(t, time.Minute, "a place is free", func() bool {
		answer := s.begin(t, t.Context(), path, s.all)
		defer answer.Body.Close()
		return answer.StatusCode == 200
	})
}

// play makes a game of two guests and some moves.
func (s *site) play(t *testing.T, create client.NewGame, moves ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	people := [2]*client.Client{}
	for i := range people {
		p, err := s.Client().Guest(ctx, fmt.Sprintf("Guest %d", i))
		if err != nil {
			t.Fatal(err)
		}
		people[i] = p
	}
	made, err := people[0].Create(ctx, create)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people[1].Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		t.Fatal(err)
	}
	for i, m := range moves {
		move := client.Move(m)
		move.ID, move.V = client.NewID(), uint64(4+i)
		if _, err := people[i%2].Command(ctx, made.Game, move); err != nil {
			t.Fatalf("%s: %v", m, err)
		}
	}
	return made.Game
}

// TestDelayedGames: a live game with a delay is in nobody's export before it is due, but in those of who may read
// everything; and a game that is not listed is in no export but theirs.
func TestDelayedGames(t *testing.T) {
	s := open(t)
	delayed := s.play(t, client.NewGame{Kind: "chess", Seat: "white", Delay: 3_600_000}, "e2e4", "e7e5")
	unlisted := s.play(t, client.NewGame{Kind: "chess", Seat: "white", Watch: "link"}, "d2d4")
	public := s.play(t, client.NewGame{Kind: "chess", Seat: "white"}, "c2c4")
	for _, format := range []string{"pgn", "ndjson", "parquet"} {
		path := "/api/export/games." + format
		_, all := s.get(t, path, s.all)
		_, some := s.get(t, path, s.some)
		for _, id := range []string{delayed, unlisted, public} {
			if format == "parquet" {
				break // compressed; both are made of the same rows
			}
			if !bytes.Contains(all, []byte(id)) {
				t.Errorf("%s: game %s is missing for who may read everything", format, id)
			}
			if got := bytes.Contains(some, []byte(id)); got != (id == public) {
				t.Errorf("%s: game %s for anybody: %v", format, id, got)
			}
		}
		if status, _ := s.get(t, path, ""); status != 401 {
			t.Errorf("%s for nobody: %d", format, status)
		}
	}
	if status, body := s.get(t, "/api/games/"+delayed+".pgn", s.some); status != 404 || strings.Contains(string(body), "e4") {
		t.Errorf("the delayed game's PGN: %d %s", status, body)
	}
	if status, _ := s.get(t, "/api/events", s.some); status != 403 {
		t.Errorf("all events for anybody: %d", status)
	}
}
