package lobby_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/process"
	"github.com/plygames/ply/transport/client"
)

// blitz is a clock that no seeker has.
var blitz = &client.Clock{Type: "fischer", Initial: 180_000, Increment: 2_000}

// A hundred people look for an opponent, and the server dies in the middle of it.
func TestSeekersOnOneServer(t *testing.T) {
	s := harness.Start(t, harness.NoLimits)
	lobby, none := lookAt(t, s, ""), lookAt(t, s, "?kind=go")
	ctx := harness.Within(t, 200*time.Second)
	organiser, err := s.Client().Guest(ctx, "Otto")
	if err != nil {
		t.Fatal(err)
	}
	create := func(g client.NewGame) string {
		t.Helper()
		g.Kind = "chess"
		made, err := organiser.Create(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		return made.Game
	}
	shown := create(client.NewGame{Access: "open", Clock: blitz})
	create(client.NewGame{Access: "open", Clock: blitz, Watch: "link"})
	create(client.NewGame{Access: "open", Clock: blitz, Watch: "off"})
	create(client.NewGame{Access: "open", Clock: blitz, Delay: 1000})
	invitation := create(client.NewGame{Seat: "white", Clock: blitz})
	ghost := create(client.NewGame{Seat: "white", Access: "open", Clock: blitz})

	seekAll(t, []*harness.Server{s}, 100, func() {
		s.Kill9()
		s.Restart()
	})

	lobby.settles(t, s, shown)
	if ids := none.shows(); len(ids) != 0 {
		t.Errorf("the lobby of another kind of game shows %v", ids)
	}
	lobby.check(t)
	none.check(t)
	if state, err := organiser.Look(ctx, ghost, 0); err != nil || state.Status != "ended" || state.Reason != "withdrawn" {
		t.Errorf("whose creator has gone: %s %s, %v", state.Status, state.Reason, err)
	}
	if state, err := organiser.Look(ctx, invitation, 0); err != nil || state.Status != "open" {
		t.Errorf("an invitation: %s %s, %v", state.Status, state.Reason, err)
	}
	challenge(t, s)
}

// challenge lets one person challenge another, who declines.
func challenge(t *testing.T, s *harness.Server) {
	t.Helper()
	ctx := harness.Within(t, 60*time.Second)
	ann, err := s.Client().Guest(ctx, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	bob, err := s.Client().Guest(ctx, "Bob")
	if err != nil {
		t.Fatal(err)
	}
	made, err := ann.Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Seats: map[string]string{"black": bob.Person().ID}, Clock: blitz})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{made.Game}
	for name, p := range map[string]*client.Client{"who challenges": ann, "who is challenged": bob} {
		harness.Eventually(t, 30*time.Second, name+" sees it", func() bool {
			return slices.Equal(list(t, s, "/api/me/games?status=open", p.Person().Token), want)
		})
	}
	if _, err := bob.Command(ctx, made.Game, client.Command{T: "abort", ID: "d-1", V: made.V}); err != nil {
		t.Fatalf("decline: %v", err)
	}
	state, err := ann.Look(ctx, made.Game, 0)
	if err != nil || state.Status != "ended" || state.Reason != "aborted" {
		t.Errorf("a declined challenge is %s (%s), %v", state.Status, state.Reason, err)
	}
	for _, p := range []*client.Client{ann, bob} {
		harness.Eventually(t, 30*time.Second, "it is answered", func() bool {
			return len(list(t, s, "/api/me/games?status=open", p.Person().Token)) == 0
		})
	}
}

// The same on two servers that share everything, each of which pairs, and one of which dies.
func TestSeekersOnTwoServers(t *testing.T) {
	redis := harness.StartRedis(t, "maxmemory-policy noeviction")
	free, err := process.FreeAddrs(1)
	if err != nil {
		t.Fatal(err)
	}
	harness.Start(t, harness.Env("PLY_ROLES", "store"), harness.Env("PLY_STORE_ADDR", free[0]))
	key := filepath.Join(t.TempDir(), "signing.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{
		harness.NoLimits, harness.Env("PLY_STORE", "esdb://"+free[0]+"?tls=false"), harness.Env("PLY_REDIS", redis.URL()),
		harness.Env("PLY_SIGNING_KEY_FILE", key), harness.Env("PLY_ROLES", "play,watch,relay,project"),
	}
	servers := []*harness.Server{harness.Start(t, env...), harness.Start(t, env...)}
	lobbies := []*board{lookAt(t, servers[0], ""), lookAt(t, servers[1], "?kind=chess")}
	seekAll(t, servers, 100, func() {
		servers[1].Kill9()
		servers[1].Restart()
	})
	organiser, err := servers[0].Client().Guest(harness.Within(t, time.Minute), "Otto")
	if err != nil {
		t.Fatal(err)
	}
	made, err := organiser.Create(harness.Within(t, time.Minute), client.NewGame{Kind: "chess", Access: "open", Clock: blitz})
	if err != nil {
		t.Fatal(err)
	}
	for i, lobby := range lobbies {
		lobby.settles(t, servers[i], made.Game)
		lobby.check(t)
	}
}
