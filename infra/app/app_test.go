package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/infra/app"
	"github.com/plygames/ply/infra/config"
	"github.com/plygames/ply/transport/client"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// The HTTP client keeps connections for later; they are idle.
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
	)
}

func settings(t *testing.T) config.Config {
	t.Helper()
	c := config.Default()
	c.Addr, c.AdminAddr, c.Data, c.Drain = "127.0.0.1:0", "127.0.0.1:0", t.TempDir(), 0
	return c
}

// serve runs an App until stop is called.
func serve(t *testing.T, c config.Config) (server *app.App, stop func()) {
	t.Helper()
	server, err := app.New(t.Context(), c, "test", slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	}
	t.Cleanup(stop)
	return server, stop
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// TestAGameFromEndToEnd: two players, a watcher, a restart in the middle, a mate.
func TestAGameFromEndToEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := settings(t)
	server, stop := serve(t, c)
	c.Addr = server.Addr() // the clients come back there
	c.AdminAddr = server.AdminAddr()

	nobody := client.New("http://"+server.Addr(), client.Options{FirstReconnect: 10 * time.Millisecond})
	ann := must(nobody.Guest(ctx, "Ann"))(t)
	bob := must(nobody.Guest(ctx, "Bob"))(t)
	made := must(ann.Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Clock: &client.Clock{Type: "fischer", Initial: 60_000}}))(t)
	white := must(ann.Play(ctx, made.Game, nil))(t)
	defer white.Close()
	must(bob.Sit(ctx, made.Game, "black", made.Invites["black"]))(t)
	black := must(bob.Play(ctx, made.Game, nil))(t)
	defer black.Close()
	watcher := must(nobody.Watch(ctx, made.Game, nil))(t)
	defer watcher.Close()

	play(ctx, t, white, "f2f3")
	play(ctx, t, black, "e7e5")
	must(watcher.Wait(ctx, func(s client.State) bool { return s.V == 6 }))(t)

	stop()
	_, stop = serve(t, c)

	play(ctx, t, white, "g2g4")
	play(ctx, t, black, "d8h4")
	for name, g := range map[string]*client.Game{"white": white, "black": black, "watcher": watcher} {
		s := must(g.Wait(ctx, func(s client.State) bool { return s.Status == "ended" }))(t)
		if s.Reason != "mate" || s.Winner != "black" || s.Players["white"].Name != "Ann" || g.Holes() != 0 {
			t.Errorf("%s sees %s won by %q, Ann is %q, %d holes", name, s.Reason, s.Winner, s.Players["white"].Name, g.Holes())
		}
	}
	status, metrics := get(t, "http://"+c.AdminAddr+"/metrics")
	for _, want := range []string{`ply_command_seconds_count{command="move",result="ok"} 2`, "ply_hot_games 1", `ply_sockets{kind="play"} 2`} {
		if status != http.StatusOK || !strings.Contains(metrics, want) {
			t.Errorf("metrics: %d, no %q", status, want)
		}
	}
	stop()
}

// play moves as soon as it is the seat's turn.
func play(ctx context.Context, t *testing.T, g *client.Game, m string) {
	t.Helper()
	must(g.Wait(ctx, func(s client.State) bool { return s.OnTurn(s.Seat) }))(t)
	must(g.Do(ctx, client.Move(m)))(t)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
