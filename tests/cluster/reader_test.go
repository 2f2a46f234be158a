package cluster_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// reader is somebody at an address of their own: the proxy sends all that is about no game to the same project server.
type reader struct {
	t    testing.TB
	at   *site
	home int // of at.project
	http *http.Client
}

// readers finds an address for each project server.
func (at *site) readers(t testing.TB) []*reader {
	t.Helper()
	found := make([]*reader, len(at.project))
	missing := len(found)
	for host := byte(2); missing > 0; host++ {
		if host == 255 {
			t.Fatal("the proxy sends everybody to the same project server")
		}
		transport := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, host)}}).DialContext}
		t.Cleanup(transport.CloseIdleConnections)
		r := &reader{t: t, at: at, http: &http.Client{Transport: transport}}
		answer := r.ask(t.Context(), "/api/kinds", "")
		_ = answer.Body.Close()
		if _, err := fmt.Sscanf(answer.Header.Get("Ply-Server"), "project%d", &r.home); err != nil {
			t.Fatalf("answered by %q: %v", answer.Header.Get("Ply-Server"), err)
		}
		if r.home--; found[r.home] == nil {
			found[r.home] = r
			missing--
		}
	}
	return found
}

// ask makes a request that must be answered with 200, and gives the answer as soon as it has begun.
func (r *reader) ask(ctx context.Context, path, token string) *http.Response {
	r.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.at.proxy.URL()+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := r.http.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		r.t.Fatalf("%s: %s %s", path, answer.Status, text)
	}
	return answer
}

// text is a whole answer.
func (r *reader) text(path, token string) string {
	r.t.Helper()
	answer := r.ask(harness.Within(r.t, time.Minute), path, token)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatalf("%s: %v", path, err)
	}
	return string(text)
}

// get is an answer that is an object.
func (r *reader) get(path string, into any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.text(path, "")), into); err != nil {
		r.t.Fatalf("%s: %v", path, err)
	}
}

// client is a client for somebody at this address.
func (r *reader) client(p client.Person) *client.Client {
	return client.New(r.at.proxy.URL(), client.Options{HTTP: r.http, FirstReconnect: 200 * time.Millisecond, MaxReconnect: time.Second}).As(p)
}

// lobby opens a lobby socket; what comes back waits for the object that has these texts in it.
func (r *reader) lobby(ctx context.Context) (await func(texts ...string)) {
	r.t.Helper()
	ws, _, err := websocket.Dial(ctx, strings.Replace(r.at.proxy.URL(), "http", "ws", 1)+"/lobby",
		&websocket.DialOptions{HTTPClient: r.http, Subprotocols: []string{"ply.v1"}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = ws.CloseNow() })
	return awaiting(r.t, func() (string, error) { _, data, err := ws.Read(ctx); return string(data), err })
}

// awaiting reads until something has all of some texts in it.
func awaiting(t testing.TB, next func() (string, error)) func(texts ...string) {
	return func(texts ...string) {
		t.Helper()
		for {
			line, err := next()
			if err != nil {
				t.Fatalf("%q did not come: %v", texts, err)
			}
			missing := 0
			for _, text := range texts {
				if !strings.Contains(line, text) {
					missing++
				}
			}
			if missing == 0 {
				return
			}
		}
	}
}

// stored is a line of the feed of all events.
type stored struct {
	T, Game, Pos string
}

// follow reads the feed of all events behind a position, until a line of which enough is true, and gives the events.
func (r *reader) follow(token, after string, enough func(stored) bool) (all []stored) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	answer := r.ask(ctx, "/api/events?follow=true&after="+after, token)
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		var s stored
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			r.t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		if s.T == "heartbeat" {
			continue
		}
		if all = append(all, s); enough(s) {
			return all
		}
	}
	r.t.Fatalf("the feed ended behind %d lines: %v", len(all), lines.Err())
	return nil
}

// admin asks a second listener, which is not behind the proxy.
func (r *reader) admin(url string, into any) {
	r.t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		r.t.Fatalf("%s: %v", url, err)
	}
}
