package deploy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// lines reads lines until one has a text in it. A line that does not come fails the test when its context ends.
func lines(t *testing.T, next func() (string, error), text string) {
	t.Helper()
	for {
		line, err := next()
		if err != nil {
			t.Fatalf("%s did not come: %v", text, err)
		}
		if strings.Contains(line, text) {
			return
		}
	}
}

// TestTheReadSideThroughTheProxy: nothing between a reader and the server keeps lines back: the lobby's socket, the feed of
// all events, and an export; and quick pairing leads people through the proxy to where they sit.
func TestTheReadSideThroughTheProxy(t *testing.T) {
	accounts, token := harness.Accounts(t)
	_, proxy := behind(t, accounts, harness.NoLimits)
	analyst := token("p_analyst", "read:all")
	ctx := harness.Within(t, 4*time.Minute)
	nobody := client.New(proxy.URL(), client.Options{FirstReconnect: 100 * time.Millisecond, MaxReconnect: time.Second})
	people := make([]*client.Client, 4)
	for i := range people {
		var err error
		if people[i], err = nobody.Guest(ctx, fmt.Sprint("guest ", i)); err != nil {
			t.Fatal(err)
		}
	}
	ws, _, err := websocket.Dial(ctx, strings.Replace(proxy.URL(), "http", "ws", 1)+"/lobby", &websocket.DialOptions{Subprotocols: []string{"ply.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	lobby := func() (string, error) { _, data, err := ws.Read(ctx); return string(data), err }

	feed := get(ctx, t, proxy.URL()+"/api/events?follow=true", analyst)
	defer func() { _ = feed.Body.Close() }()
	stored := bufio.NewReader(feed.Body)
	events := func() (string, error) { return stored.ReadString('\n') }

	made, err := people[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Access: "open"})
	if err != nil {
		t.Fatal(err)
	}
	lines(t, lobby, made.Game)
	lines(t, events, made.Game)
	if _, err := people[1].Sit(ctx, made.Game, "black", ""); err != nil {
		t.Fatal(err)
	}
	lines(t, lobby, `{"t":"closed","game":"`+made.Game+`"}`)
	lines(t, events, `"started"`)

	met := make(chan error, 2)
	for _, p := range people[2:] {
		go func() { met <- meet(ctx, p) }()
	}
	for range 2 {
		if err := <-met; err != nil {
			t.Error(err)
		}
	}
	resign, err := people[0].Command(ctx, made.Game, client.Command{T: "abort", ID: client.NewID(), V: 4})
	if err != nil {
		t.Fatal(err)
	}
	lines(t, events, `"ended"`)
	export := get(ctx, t, proxy.URL()+"/api/export/games.ndjson", analyst)
	defer func() { _ = export.Body.Close() }()
	body, err := io.ReadAll(export.Body)
	if err != nil || !strings.Contains(string(body), made.Game) {
		t.Errorf("an export without the game that ended at version %d: %v\n%.300s", resign.V, err, body)
	}
}

// meet seeks and goes where the seek leads.
func meet(ctx context.Context, p *client.Client) error {
	made, err := p.Create(ctx, client.NewGame{
		Kind: "chess", Seat: "random", Access: "open", Pair: json.RawMessage(`{}`), Clock: &client.Clock{Type: "fischer", Initial: 600_000},
	})
	if err != nil {
		return err
	}
	for id := made.Game; ; {
		at, err := p.Play(ctx, id, nil)
		if err != nil {
			return err
		}
		state, err := at.Wait(ctx, func(s client.State) bool { return s.Status != "open" && s.Status != "" })
		at.Close()
		switch {
		case err != nil:
			return err
		case state.Reason == "paired":
			id = state.Next
		case state.Status == "ended" || len(state.Players) != 2 || state.Seat == "":
			return fmt.Errorf("%s is %s (%s) with %v", id, state.Status, state.Reason, state.Players)
		default:
			return nil
		}
	}
}

// get asks over HTTP and gives the answer as soon as it has begun.
func get(ctx context.Context, t *testing.T, url, token string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		body, _ := bufio.NewReader(answer.Body).ReadString('\n')
		t.Fatalf("%s: %s %s", url, answer.Status, body)
	}
	return answer
}
