package client_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/plygames/ply/transport/client"
)

func TestComesBackWhereItWas(t *testing.T) {
	froms := make(chan string, 10)
	f := newFake(t,
		func(s *socket) { froms <- s.from; s.send(state2, live2); s.send(seat3); s.close(4000, "") },
		func(s *socket) { froms <- s.from; s.send(seat3, start4, live4); s.stay() }, // repeats version 3
	)
	handler, seen := recorder()
	s := f.dial(client.Join{Handler: handler}, nil)
	expect(t, seen, state2, live2, seat3, start4, live4)
	expect(t, froms, "-", "3")
	if s.Last() != 4 || s.Holes() != 0 || s.Reconnects() != 1 {
		t.Errorf("last %d, holes %d, reconnects %d", s.Last(), s.Holes(), s.Reconnects())
	}
}

func TestHoleIsCountedAndHealed(t *testing.T) {
	froms := make(chan string, 10)
	f := newFake(t,
		func(s *socket) { froms <- s.from; s.send(state2, live2, start4); s.stay() },
		func(s *socket) { froms <- s.from; s.send(seat3, start4, live4); s.stay() },
	)
	handler, seen := recorder()
	s := f.dial(client.Join{Handler: handler}, nil)
	expect(t, seen, state2, live2, seat3, start4, live4)
	expect(t, froms, "-", "2")
	if s.Holes() != 1 {
		t.Errorf("holes %d", s.Holes())
	}
}

func TestStateReplacesEverything(t *testing.T) {
	const state9 = `{"t":"state","v":9,"status":"live"}`
	const move10 = `{"t":"move","v":10,"seat":"white","m":"a2a3"}`
	f := newFake(t, func(s *socket) { s.send(state2, live2); s.send(state9); s.send(move10); s.stay() })
	handler, seen := recorder()
	s := f.dial(client.Join{Handler: handler}, nil)
	expect(t, seen, state2, live2, state9, move10)
	if s.Last() != 10 || s.Holes() != 0 {
		t.Errorf("last %d, holes %d", s.Last(), s.Holes())
	}
}

func TestCloseCodes(t *testing.T) {
	for _, c := range []struct {
		code   int
		reason string
		back   bool
		from   string
	}{
		{1000, "", true, "2"}, {1001, "", true, "2"},
		{1002, "", false, ""}, {1003, "", false, ""}, {1007, "", false, ""}, {1009, "", false, ""},
		{4000, "", true, "2"}, {4001, "retry=3", true, "2"}, {4002, "slow", true, "2"}, {4003, "", true, "2"},
		{4004, "", true, "-"}, {4005, "", true, "2"}, {4499, "", true, "2"},
		{4500, "no", false, ""}, {4502, "", false, ""}, {4503, "", false, ""}, {4504, "", false, ""}, {4505, "", false, ""},
	} {
		froms := make(chan string, 2)
		auths := make(chan string, 2)
		scripts := []script{func(s *socket) { s.send(state2, live2); s.close(c.code, c.reason) }}
		if c.back {
			scripts = append(scripts, func(s *socket) { froms <- s.from; auths <- s.auth; s.stay() })
		}
		f := newFake(t, scripts...)
		s := f.dial(client.Join{}, func(o *client.Options) {
			o.Renew = func(context.Context) (string, error) { return "second", nil }
		})
		if !c.back {
			<-s.Done()
			var stopped *client.Stopped
			if !errors.As(s.Err(), &stopped) || stopped.Code != c.code || stopped.Reason != c.reason {
				t.Errorf("%d: ended with %v", c.code, s.Err())
			}
			continue
		}
		expect(t, froms, c.from)
		want := "Bearer first"
		if c.code == 4005 {
			want = "Bearer second"
		}
		expect(t, auths, want)
		s.Close()
	}
}

func TestRefusedHandshakes(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	t.Run("final", func(t *testing.T) {
		f := newFake(t)
		f.http["/play/aaaaaaaaaaaa"] = answer(403, `{"t":"error","code":"not_a_player","message":"no seat","retry":false}`)
		_, err := f.client(nil).OpenPlay(within(t), "aaaaaaaaaaaa", client.Join{})
		if !errors.Is(err, &client.Error{Code: "not_a_player"}) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("later", func(t *testing.T) {
		f := newFake(t, func(s *socket) { s.send(state2, live2); s.stay() })
		calls := 0
		limited := answer(429, `{"t":"error","code":"rate_limited","message":"slower","retry":true,"after":1}`)
		busy := answer(503, `a proxy speaks in its own words`)
		f.http["/play/aaaaaaaaaaaa"] = func(w http.ResponseWriter, r *http.Request) {
			switch calls++; calls {
			case 1:
				limited(w, r)
			case 2:
				busy(w, r)
			default:
				f.http["/play/aaaaaaaaaaaa"] = nil
				f.ServeHTTP(w, r)
			}
		}
		f.dial(client.Join{}, nil)
	})
}

func TestSilentSocketIsGivenUp(t *testing.T) {
	f := newFake(t,
		func(s *socket) { s.send(state2, live2); s.stay() },
		func(s *socket) { s.send(live2); s.stay() },
	)
	handler, seen := recorder()
	s := f.dial(client.Join{Handler: handler}, func(o *client.Options) { o.Silence = 200 * time.Millisecond })
	expect(t, seen, state2, live2, live2)
	if s.Holes() != 0 {
		t.Errorf("holes %d", s.Holes())
	}
	s.Close()
}

func TestContextOfOpenDoesNotEndTheSession(t *testing.T) {
	proceed := make(chan struct{})
	f := newFake(t, func(s *socket) { <-proceed; s.send(state2, live2); s.stay() })
	handler, seen := recorder()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := f.client(nil).OpenWatch(ctx, "aaaaaaaaaaaa", client.Join{Handler: handler})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cancel()
	close(proceed)
	expect(t, seen, state2, live2)
}

func TestBoardsKeepTheirOwnCounts(t *testing.T) {
	lines := []string{
		`{"t":"state","game":"a","v":7}`, `{"t":"state","v":2,"game":"b"}`,
		`{"t":"move","v":8,"game":"a"}`, `{"t":"move","v":3,"game":"b"}`,
	}
	f := newFake(t, func(s *socket) { s.send(lines...); s.close(4000, "") }, func(s *socket) {
		if s.from != "-" {
			t.Error("boards must not resume")
		}
		s.send(lines...)
		s.stay()
	})
	var games []string
	handler, seen := recorder()
	s, err := f.client(nil).OpenBoards(within(t), []string{"a", "b"}, func(m client.Message) {
		games = append(games, m.Game)
		handler(m)
	})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, seen, lines...)
	expect(t, seen, lines...)
	s.Close()
	if games[0] != "a" || games[3] != "b" {
		t.Errorf("games %v", games)
	}
}
