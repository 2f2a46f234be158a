package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"testing"

	"github.com/plygames/ply/transport/client"
)

func TestRequestsAreRepeatedWithTheSameID(t *testing.T) {
	f := newFake(t)
	var bodies []string
	f.http["/api/games"] = func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		switch len(bodies) {
		case 1:
			w.WriteHeader(504)
			_, _ = io.WriteString(w, `{"t":"error","code":"unknown","message":"","retry":true,"after":1}`)
		case 2:
			panic(http.ErrAbortHandler) // the connection breaks without an answer
		default:
			_, _ = io.WriteString(w, `{"game":"aaaaaaaaaaaa","v":2,"seat":"white","invites":{"black":"I"},"duplicate":true}`)
		}
	}
	made, err := f.client(nil).Create(within(t), client.NewGame{Kind: "chess", Seat: "white"})
	if err != nil || made.Game != "aaaaaaaaaaaa" || made.Invites["black"] != "I" || !made.Duplicate {
		t.Errorf("%+v %v", made, err)
	}
	if len(bodies) != 3 || bodies[0] != bodies[1] || bodies[1] != bodies[2] {
		t.Errorf("bodies %q", bodies)
	}
}

func TestRefusalsOverHTTP(t *testing.T) {
	f := newFake(t)
	f.http["/api/games/g/seats/black"] = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(409)
		_, _ = io.WriteString(w, `{"t":"error","code":"game_full","message":"taken","retry":false}`)
	}
	_, err := f.client(nil).Sit(within(t), "g", "black", "")
	var refusal *client.Error
	if !errors.As(err, &refusal) || refusal.Code != "game_full" || refusal.Status != 409 {
		t.Errorf("got %v", err)
	}
}

func TestEventsAndLook(t *testing.T) {
	f := newFake(t)
	f.http["/api/games/g/events"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("from") != "2" {
			t.Errorf("from %s", r.URL.RawQuery)
		}
		_, _ = io.WriteString(w, seat3+"\n"+start4+"\n")
	}
	f.http["/api/games/g"] = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"live","v":7,"t":"state","turn":["black"]}`) // another order of the fields
	}
	var versions []uint64
	if err := f.client(nil).Events(within(t), "g", 2, func(m client.Message) error {
		versions = append(versions, m.V)
		return nil
	}); err != nil || fmt.Sprint(versions) != "[3 4]" {
		t.Errorf("%v %v", versions, err)
	}
	s, err := f.client(nil).Look(within(t), "g", 0)
	if err != nil || s.V != 7 || !s.OnTurn("black") {
		t.Errorf("%+v %v", s, err)
	}
}

// Two people play a first move.
func ExampleClient_Play() {
	ctx := context.Background()
	server := client.New("http://127.0.0.1:8080", client.Options{})
	ann, err := server.Guest(ctx, "Ann")
	if err != nil {
		log.Fatal(err)
	}
	bob, err := server.Guest(ctx, "Bob")
	if err != nil {
		log.Fatal(err)
	}
	made, err := ann.Create(ctx, client.NewGame{
		Kind: "chess", Seat: "white", Clock: &client.Clock{Type: "fischer", Initial: 180_000, Increment: 2_000},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := bob.Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		log.Fatal(err)
	}
	white, err := ann.Play(ctx, made.Game, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer white.Close()
	if _, err := white.Wait(ctx, func(s client.State) bool { return s.OnTurn("white") }); err != nil {
		log.Fatal(err)
	}
	receipt, err := white.Do(ctx, client.Move("e2e4"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("durable as event", receipt.V)
}

func TestReadsAreRepeated(t *testing.T) {
	f := newFake(t)
	calls := 0
	f.http["/api/games/g"] = func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 1 {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"t":"state",`) // the server dies in the middle of its answer
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, `{"t":"state","v":7}`)
	}
	if s, err := f.client(nil).Look(within(t), "g", 0); err != nil || s.V != 7 || calls != 2 {
		t.Errorf("%+v %v after %d calls", s, err, calls)
	}
}
