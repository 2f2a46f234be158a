package views_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/harness"
)

// TestParked: an event that no view can fold is shown to operators, without what it says, stops nothing else, and is tried
// again when they ask.
func TestParked(t *testing.T) {
	server := harness.Start(t)
	server.Stop()
	poison := event.Recorded{
		Stream: event.GameStream("Poison000001"), Version: 1, Type: "created.v1", Meta: event.Meta{At: 1}.Encode(),
		Data: []byte(`{"kind":"no-such-game","creator":"secret","clock":{"type":"days","days":"many"},"access":"open","watch":"public"}`),
	}
	poison.ID = event.Next(event.Genesis(poison.Stream), poison.Type, poison.Meta, poison.Data).ID()
	steps := played("Past00000000", "past0", true)
	store, err := pebble.Open(pebble.Config{Dir: server.Data})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		store.Append(t.Context(), poison.Stream, 0, []event.Recorded{poison}),
		store.Append(t.Context(), steps[0].Stream, 0, steps), store.Close(),
	)
	if err != nil {
		t.Fatal(err)
	}
	server.Restart()
	harness.Eventually(t, patience, "the views have everything", func() bool { return caughtUp(server.Admin, int64(1+len(steps))) })
	for _, v := range views(server.Admin) {
		if v.Parked != 1 {
			t.Errorf("%s has parked %d events", v.View, v.Parked)
		}
	}
	var list struct{ Games []struct{ Game string } }
	if err := get(server.URL+"/api/games?status=live", &list); err != nil || len(list.Games) != 1 {
		t.Errorf("the game behind the poison is not listed: %v, %v", list, err)
	}
	if parked := server.Metric("ply_view_parked_total"); parked != 2 {
		t.Errorf("the metric says that %v events are parked, want 2", parked)
	}
	ask := func(method, path string, status int) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, server.Admin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != status {
			t.Errorf("%s %s: %s, %s, %v", method, path, answer.Status, text, err)
		}
		return string(text)
	}
	shown := ask("GET", "/admin/views", http.StatusOK)
	if !strings.Contains(shown, `"stream":"game-Poison000001","v":1,"type":"created.v1","error":"`) || strings.Contains(shown, "secret") {
		t.Errorf("shown: %s", shown)
	}
	var retried struct{ Parked int }
	if err := json.Unmarshal([]byte(ask("POST", "/admin/views/games/retry", http.StatusAccepted)), &retried); err != nil || retried.Parked != 1 {
		t.Errorf("retry: %+v, %v", retried, err)
	}
	harness.Eventually(t, patience, "the view was rebuilt", func() bool {
		return strings.Contains(server.Logs(), "a view whose events were parked was rebuilt")
	})
	for _, v := range views(server.Admin) {
		if v.Parked != 1 || v.Rebuild != nil {
			t.Errorf("after the retry: %+v", v)
		}
	}
	if said := must(t, "rebuild", "all", "--data", server.Data); strings.Count(said, "(1 of them are parked): equal to the rows that it replaces") != 2 {
		t.Errorf("rebuild said %s", said)
	}
}
