package browser_test

import (
	"testing"

	"github.com/plygames/ply/transport/client"
)

// duel is a game between two scripted people who act over HTTP.
type duel struct {
	t     *testing.T
	id    string
	seats [2]*client.Client // white and black
	v     uint64
	moved int
}

var blitz = client.Clock{Type: "fischer", Initial: 180_000, Increment: 2000}

func newDuel(t *testing.T, white, black *client.Client, terms client.NewGame) *duel {
	t.Helper()
	terms.Kind, terms.Seat, terms.Access = "chess", "white", "open"
	if terms.Clock == nil {
		terms.Clock = &blitz
	}
	made, err := white.Create(within(t), terms)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	taken, err := black.Sit(within(t), made.Game, "black", "")
	if err != nil {
		t.Fatalf("sit: %v", err)
	}
	return &duel{t: t, id: made.Game, seats: [2]*client.Client{white, black}, v: taken.V}
}

// play makes moves, white first.
func (d *duel) play(moves ...string) *duel {
	d.t.Helper()
	for _, m := range moves {
		d.do(d.seats[d.moved%2], client.Move(m))
		d.moved++
	}
	return d
}

// resign gives the game up for white (0) or black (1).
func (d *duel) resign(seat int) {
	d.t.Helper()
	d.do(d.seats[seat], client.Plain("resign"))
}

func (d *duel) do(who *client.Client, c client.Command) {
	d.t.Helper()
	c.ID, c.V = client.NewID(), d.v
	receipt, err := who.Command(within(d.t), d.id, c)
	if err != nil {
		d.t.Fatalf("%s %s: %v", c.T, c.M, err)
	}
	d.v = receipt.V
}
