package cli_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/transport/client"
)

// watchSomething creates a game and opens a raw socket that watches it.
func watchSomething(t *testing.T, s *server) (game string, socket *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ann, err := client.New(s.addr, client.Options{}).Guest(ctx, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	made, err := ann.Create(ctx, client.NewGame{Kind: "chess", Seat: "white"})
	if err != nil {
		t.Fatal(err)
	}
	socket, _, err = websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.addr, "http")+"/watch/"+made.Game,
		&websocket.DialOptions{Subprotocols: []string{"ply.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.CloseNow() })
	if _, _, err := socket.Read(ctx); err != nil {
		t.Fatal(err)
	}
	return made.Game, socket
}

// closing reads a socket to its end and gives the close frame.
func closing(t *testing.T, socket *websocket.Conn) websocket.CloseError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := socket.Read(ctx); err != nil {
			var closed websocket.CloseError
			if !errors.As(err, &closed) {
				t.Fatalf("ended without a close frame: %v", err)
			}
			return closed
		}
	}
}

func TestSIGTERMDrains(t *testing.T) {
	for name, ask := range map[string]func(*server){
		"SIGTERM": func(s *server) { s.signal(syscall.SIGTERM) },
		"SIGINT":  func(s *server) { s.signal(syscall.SIGINT) },
		"operator": func(s *server) {
			answer, err := http.Post(s.admin+"/admin/drain", "", nil)
			if err != nil || answer.StatusCode != http.StatusAccepted {
				s.t.Fatalf("drain: %v, %v", answer, err)
			}
			_ = answer.Body.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			s := start(t, data)
			game, socket := watchSomething(t, s)
			ask(s)
			s.await("not ready (404), or gone", func() bool {
				status := s.status(s.addr + "/ready")
				return status == http.StatusNotFound || status == 0
			})
			if c := closing(t, socket); c.Code != 4001 || !strings.HasPrefix(c.Reason, "retry=") {
				t.Errorf("closed %d %q, want 4001 retry=", c.Code, c.Reason)
			}
			if code := s.exit(); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			again := start(t, data)
			if status := again.status(again.addr + "/api/games/" + game); status != http.StatusOK {
				t.Errorf("the game is %d after a restart", status)
			}
		})
	}
}

func TestASecondSIGTERMEndsAtOnce(t *testing.T) {
	s := start(t, t.TempDir())
	_, socket := watchSomething(t, s)
	_ = socket // it never answers the close: without the second signal the drain would wait for it
	s.signal(syscall.SIGTERM)
	s.await("draining", func() bool { return strings.Contains(s.log(), "msg=draining") })
	s.await("gone", func() bool {
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // the first one and its echo count once
		select {
		case <-s.ended:
			return true
		case <-time.After(10 * time.Millisecond):
			return false
		}
	})
	if code := s.exit(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if strings.Contains(s.log(), "msg=closed") {
		t.Error("the drain was finished")
	}
}
