package policies_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/plygames/ply/commands/policies"
	"github.com/plygames/ply/domain/game"
)

// paired lists the games that have begun in which each person sits.
func (w *town) paired() map[string][]string {
	at := map[string][]string{}
	for _, id := range w.order {
		if s := w.games[id]; s.Status == game.Ready {
			for _, p := range s.Seats {
				at[p.Player] = append(at[p.Player], id)
			}
		}
	}
	return at
}

// nobodyTwice fails if pairing has led somebody to two games, and tells about those whom it has led to none: who was told
// to go to another game and has no seat there. hands are games in which somebody sat down by hand.
func (w *town) nobodyTwice(t *testing.T, what string, hands map[string]bool) {
	t.Helper()
	for who, games := range w.paired() {
		byPolicy := 0
		for _, id := range games {
			if !hands[id] {
				byPolicy++
			}
		}
		if byPolicy > 1 {
			t.Errorf("%s: %s was paired in %v", what, who, games)
		}
	}
	for _, id := range w.order {
		s := w.games[id]
		if s.Status == game.Over && s.Next != "" {
			next := w.games[s.Next]
			_, sits := next.SeatOf(s.Setup.Creator)
			if _, comes := next.ReservedFor(s.Setup.Creator); !sits && !comes {
				t.Errorf("%s: %s was told to leave %s for %s, and has no seat there (%s)", what, s.Setup.Creator, id, s.Next, next.Status)
			}
		}
	}
}

// settled fails if somebody waits in vain: two open games that fit, of people who are not spoken for, or a seat that is kept.
func (w *town) isSettled(t *testing.T, what string) {
	t.Helper()
	at := w.paired()
	var free []policies.Seek
	for _, s := range w.seeks() {
		if s.Kept != nil {
			t.Errorf("%s: %s is kept for %s still", what, s.Game, s.Kept.Player)
		}
		spoken := false
		for _, id := range at[s.Player] {
			spoken = spoken || w.Bars(id, s.Game)
		}
		if !spoken {
			free = append(free, s)
		}
	}
	if left := policies.Match(free, func(string) bool { return false }); len(left) != 0 {
		t.Errorf("%s: still to be paired: %v, of %v", what, left, free)
	}
}

// One person waits in two games, each of which has an opponent, and two servers see one each. Every order of their steps is
// tried, and every step may be the last one of either server.
func TestPairingOneOfTwoSeeks(t *testing.T) {
	const steps = 6 // of one server: passed over, chosen twice, kept, ended, seated; who has more makes them at the end
	orders := 0
	for order := range 1 << (2 * steps) {
		ones := 0
		for i := range 2 * steps {
			ones += order >> i & 1
		}
		if ones != steps {
			continue // each server is asked as often as it has steps
		}
		orders++
		for _, asGuest := range []bool{false, true} {
			life := [2]int{-1, -1}
			if dies := orders % (2*steps + 1); dies > 0 {
				life[dies%2] = (dies + 1) / 2
			}
			what := fmt.Sprintf("order %012b, guest: %t, lives: %v", order, asGuest, life)
			w := newTown()
			add := func(id, who, seat string) { w.seek(t, id, who, seat) }
			if asGuest { // ann's games are the younger ones of both pairs
				add("bob's", "bob", "black")
				add("cid's", "cid", "white")
				add("ann's white", "ann", "white")
				add("ann's black", "ann", "black")
			} else {
				add("ann's white", "ann", "white")
				add("ann's black", "ann", "black")
				add("bob's", "bob", "black")
				add("cid's", "cid", "white")
			}
			var halves [2][]policies.Seek
			for _, s := range w.seeks() {
				n := 0
				if s.Game == "cid's" || s.Game == "ann's black" {
					n = 1
				}
				halves[n] = append(halves[n], s)
			}
			turns := newTurns(order, 2*steps)
			var servers sync.WaitGroup
			for n := range halves {
				servers.Go(func() {
					defer turns.leave(n)
					games := &stepping{mortal: mortal{town: w, left: life[n], done: order&1 == 0}, turns: turns, n: n}
					policy(&behind{w, halves[n]}, games).Look(t.Context())
				})
			}
			servers.Wait()
			w.nobodyTwice(t, what, nil)
			for range 3 {
				w.look(t)
			}
			w.nobodyTwice(t, what, nil)
			w.isSettled(t, what)
			if len(w.paired()) < 2 {
				t.Errorf("%s: nobody is paired", what)
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d orders of two servers' steps", orders)
}

// Many people wait in up to three games each, some sit down by hand, some give up; three servers with old views die all the
// time.
func TestPairingOfManyWhoSeekTwice(t *testing.T) {
	for seed := range uint64(80) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		w := newTown()
		hands := map[string]bool{}
		views := [3]behind{{town: w}, {town: w}, {town: w}}
		what := fmt.Sprint("seed ", seed)
		for i := range 50 {
			w.seek(t, fmt.Sprint("g", i), fmt.Sprint("p", rnd.IntN(20)), []string{"white", "black", game.RandomSeat}[rnd.IntN(3)])
			some := fmt.Sprint("g", rnd.IntN(i+1))
			switch rnd.IntN(6) {
			case 0: // somebody sits down by hand, perhaps while they are being paired
				_, err := w.Do(t.Context(), some, game.Command{ID: "s", Player: fmt.Sprint("p", rnd.IntN(20)), Wish: game.Sit{Seat: game.AnySeat}}, game.Arrival{})
				if err == nil {
					hands[some] = true
				}
			case 1: // somebody gives up
				_, _ = w.Do(t.Context(), some, game.Command{ID: "a", Player: w.games[some].Setup.Creator, Wish: game.Abort{}}, game.Arrival{})
			}
			var servers sync.WaitGroup
			for n := range views {
				if rnd.IntN(3) > 0 {
					views[n].list = w.seeks()
				}
				life, done := rnd.IntN(10)-1, rnd.IntN(2) == 0
				servers.Go(func() { policy(&views[n], &mortal{town: w, left: life, done: done}).Look(t.Context()) })
			}
			servers.Wait()
			w.nobodyTwiceAtOnce(t, what, hands)
		}
		for range 6 {
			w.look(t)
		}
		w.nobodyTwiceAtOnce(t, what, hands)
		w.isSettled(t, what)
		if t.Failed() {
			return
		}
	}
}

// nobodyTwiceAtOnce is nobodyTwice for people who also seek again while they play, which is a wish of its own without a
// clock: only a game that they waited in before the other one had begun must not lead to a second.
func (w *town) nobodyTwiceAtOnce(t *testing.T, what string, hands map[string]bool) {
	t.Helper()
	waited := map[string]int{} // by game and person: the number of the game out of which they were paired
	for i, id := range w.order {
		s := w.games[id]
		at := id
		if s.Status == game.Over && s.Next != "" {
			at = s.Next
		}
		waited[at+" "+s.Setup.Creator] = i
	}
	for who, games := range w.paired() {
		for _, a := range games {
			for _, b := range games {
				n, known := waited[b+" "+who]
				if a != b && known && !hands[a] && !hands[b] && w.began[a] <= w.began[b] && n < w.began[a] {
					t.Errorf("%s: %s was paired in %s (begun at %d) and %s (begun at %d) out of game %d", what, who, a, w.began[a], b, w.began[b], n)
				}
			}
		}
	}
}
