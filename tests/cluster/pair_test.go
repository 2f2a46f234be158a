package cluster_test

import (
	"context"
	"sync"
	"testing"

	"github.com/plygames/ply/transport/client"
)

// pair is two people at a board, each with a client that may be another server's.
type pair struct {
	t     testing.TB
	id    string
	seats [2]*client.Game // white, black
	notes [2]notes
}

// notes are the unnumbered messages that a seat was sent.
type notes struct {
	mu   sync.Mutex
	seen []client.Message
}

func (n *notes) take(m client.Message) {
	if m.Numbered() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	m.Raw = append([]byte(nil), m.Raw...)
	n.seen = append(n.seen, m)
}

// last is the newest message of a type, nil if there was none.
func (n *notes) last(kind string) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := len(n.seen) - 1; i >= 0; i-- {
		if n.seen[i].Type == kind {
			return n.seen[i].Raw
		}
	}
	return nil
}

// seat brings two people together: they get to know the site through its proxy and play over the clients given.
func (at *site) seat(ctx context.Context, t testing.TB, clock client.Clock, white, black *client.Client) *pair {
	t.Helper()
	p := &pair{t: t}
	people := [2]*client.Client{white, black}
	var persons [2]*client.Client // the same people, at the proxy
	for i, name := range []string{"Ann", "Bob"} {
		guest, err := at.nobody().Guest(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		persons[i] = guest
		people[i] = people[i].As(guest.Person())
	}
	made, err := persons[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Clock: &clock})
	if err != nil {
		t.Fatal(err)
	}
	p.id = made.Game
	if _, err := persons[1].Sit(ctx, made.Game, "black", made.Invites["black"]); err != nil {
		t.Fatal(err)
	}
	for i := range p.seats {
		if p.seats[i], err = people[i].Play(ctx, made.Game, p.notes[i].take); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.seats[i].Close)
	}
	return p
}

// move plays a move and waits until the other seat has it.
func (p *pair) move(ctx context.Context, seat int, m string) uint64 {
	p.t.Helper()
	r, err := p.seats[seat].Do(ctx, client.Move(m))
	if err != nil {
		p.t.Fatalf("%s: %v", m, err)
	}
	if _, err := p.seats[1-seat].Wait(ctx, func(s client.State) bool { return s.V >= r.V }); err != nil {
		p.t.Fatalf("%s does not reach the other seat: %v", m, err)
	}
	return r.V
}
