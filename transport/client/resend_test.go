package client_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/plygames/ply/transport/client"
)

func TestUnansweredIsSentAgainUnchanged(t *testing.T) {
	const want = `{"t":"move","id":"a1","v":4,"m":"e2e4"}`
	got := make(chan string, 10)
	f := newFake(t, func(s *socket) {
		s.send(`{"t":"state","v":4}`, live4)
		got <- s.read()
		s.send(`{"t":"draw-offered","v":5,"seat":"black"}`) // our version grows, the resend must not
		got <- s.read()
		s.send(`{"t":"move","v":6}`, `{"t":"ok","id":"a1","v":6}`)
		s.stay()
	})
	s := f.dial(client.Join{}, func(o *client.Options) { o.ResendAfter = 20 * time.Millisecond })
	receipt, err := s.Do(within(t), client.Command{T: "move", ID: "a1", V: 4, M: client.Move("e2e4").M})
	if err != nil || receipt.V != 6 || receipt.Duplicate {
		t.Errorf("receipt %+v, error %v", receipt, err)
	}
	expect(t, got, want, want)
}

func TestUnansweredIsSentAfterLiveOnly(t *testing.T) {
	got := make(chan string, 10)
	proceed := make(chan struct{})
	f := newFake(t,
		func(s *socket) {
			s.send(`{"t":"state","v":4}`, live4)
			got <- s.read()
			got <- s.read()
			s.close(4000, "")
		},
		func(s *socket) {
			<-proceed // nothing may come before live; the next read would see it
			s.send(move5, `{"t":"live","v":5}`)
			got <- s.read()
			got <- s.read()
			s.send(`{"t":"ok","id":"x","v":5,"duplicate":true}`, `{"t":"ok","id":"y","v":5}`)
			s.stay()
		},
	)
	handler, seen := recorder()
	s := f.dial(client.Join{Handler: handler}, nil)
	expect(t, seen, `{"t":"state","v":4}`, live4)
	answers := make(chan string, 2)
	for _, id := range []string{"x", "y"} {
		if _, err := s.Send(client.Command{T: "resign", ID: id}, func(r client.Receipt, err error) {
			if err != nil || !(r.Duplicate == (r.ID == "x")) {
				t.Errorf("%+v %v", r, err)
			}
			answers <- r.ID
		}); err != nil {
			t.Fatal(err)
		}
	}
	x, y := `{"t":"resign","id":"x","v":4}`, `{"t":"resign","id":"y","v":4}`
	expect(t, got, x, y)
	close(proceed)
	expect(t, got, x, y)
	expect(t, answers, "x", "y")
}

func TestAnswersThatAskForAnotherTry(t *testing.T) {
	for _, code := range []string{"unknown", "busy", "unavailable", "rate_limited", "internal"} {
		f := newFake(t, func(s *socket) {
			s.send(`{"t":"state","v":4}`, live4)
			first := s.read()
			s.send(`{"t":"error","id":"a1","code":"` + code + `","message":"","retry":true,"after":1,"v":4}`)
			if again := s.read(); again != first {
				t.Errorf("%s: sent %s after %s", code, again, first)
			}
			s.send(`{"t":"ok","id":"a1","v":5}`)
			s.stay()
		})
		s := f.dial(client.Join{}, nil)
		if r, err := s.Do(within(t), client.Command{T: "resign", ID: "a1"}); err != nil || r.V != 5 {
			t.Errorf("%s: %+v %v", code, r, err)
		}
		s.Close()
	}
}

func TestRefusalIsFinal(t *testing.T) {
	f := newFake(t, func(s *socket) {
		s.send(`{"t":"state","v":4}`, live4)
		s.read()
		s.send(`{"t":"error","code":"bad_message","message":"whose?"}`)
		s.send(`{"t":"error","id":"a1","code":"too_early","message":"wait","retry":true,"after":900,"v":4}`)
		s.stay()
	})
	s := f.dial(client.Join{}, nil)
	_, err := s.Do(within(t), client.Command{T: "claim-victory", ID: "a1"})
	var refusal *client.Error
	if !errors.As(err, &refusal) || refusal.Code != "too_early" || refusal.After != 900 || !refusal.Retry {
		t.Errorf("got %v", err)
	}
}

func TestSessionThatEndsAnswersEverybody(t *testing.T) {
	f := newFake(t, func(s *socket) {
		s.send(`{"t":"state","v":4}`, live4)
		s.read()
		s.close(4505, "finished")
	})
	s := f.dial(client.Join{}, nil)
	_, err := s.Do(within(t), client.Plain("rematch"))
	var stopped *client.Stopped
	if !errors.As(err, &stopped) || stopped.Code != 4505 {
		t.Errorf("got %v", err)
	}
	if _, err := s.Do(within(t), client.Plain("rematch")); !errors.As(err, &stopped) {
		t.Errorf("after the end: %v", err)
	}
}

func TestGivenUpCommandIsNotSentAgain(t *testing.T) {
	got := make(chan string, 10)
	f := newFake(t,
		func(s *socket) {
			s.send(`{"t":"state","v":4}`, live4)
			got <- s.read()
			s.stay()
		},
		func(s *socket) {
			s.send(live4)
			got <- s.read()
			s.stay()
		},
	)
	s := f.dial(client.Join{}, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := s.Do(ctx, client.Command{T: "resign", ID: "a1"})
		done <- err
	}()
	expect(t, got, `{"t":"resign","id":"a1","v":4}`)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	s.Drop()
	if _, err := s.Send(client.Command{T: "abort", ID: "a2"}, func(client.Receipt, error) {}); err != nil {
		t.Fatal(err)
	}
	expect(t, got, `{"t":"abort","id":"a2","v":4}`)
}
