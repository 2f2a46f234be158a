package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/transport/wire"
)

// table is one game and all who look at it.
type table struct {
	w       *world
	id      string
	number  int
	people  [2]string
	script  []string
	clock   clock.Spec
	delay   int64
	created bool
	seated  bool
	// withdrawn: nobody came in time.
	withdrawn bool
	seek      bool   // its creator waits to be paired
	led       string // the game that pairing found
	clients   []*client
	lines     map[shown]string // what anybody was shown
	next      *table
}

// shown is a version as it is shown to a seat, or to those without one.
type shown struct {
	seat string
	v    uint64
}

var seats = [2]string{"white", "black"}

// clocks are those that games here are played with.
var clocks = []clock.Spec{
	{Type: clock.None},
	{Type: clock.Fischer, Initial: 60_000, Increment: 1000},
	{Type: clock.Fischer, Initial: 15_000, Increment: 500},
	{Type: clock.Delay, Initial: 20_000, Delay: 1000},
}

func (w *world) newTable() *table {
	n := len(w.tables)
	t := &table{
		w: w, number: n, people: [2]string{fmt.Sprintf("w%d", n), fmt.Sprintf("b%d", n)},
		script: scripts[w.random.IntN(len(scripts))], clock: clocks[w.random.IntN(len(clocks))], lines: map[shown]string{},
	}
	if w.chance(150) {
		t.delay = 2000
	}
	w.tables = append(w.tables, t)
	t.id = commands.GameID(t.people[0], "c-1")
	t.create()
	return t
}

// post makes a call over HTTP to some server, and again with the same id until the answer is final. The request is a
// call of the application: what lies between is not simulated.
func (t *table) post(what string, do func(*host) error, then func()) {
	w := t.w
	w.after(w.lag(), fmt.Sprintf("table %d wants %s", t.number, what), func() {
		again := func() { w.after(500*time.Millisecond, what+" again", func() { t.post(what, do, then) }) }
		h := w.route(t.id, true)
		if what == "create" {
			h = w.creator(h)
		}
		if h == nil {
			again()
			return
		}
		run, told := h.died, false
		w.after(5*time.Second, what+" got no answer", func() {
			if !told {
				told = true
				again()
			}
		})
		loses := w.chance(30) && !w.calm
		h.reach(run, func() {
			go func() {
				err := do(h)
				w.post(fmt.Sprintf("%s answers %s of table %d: %v", h.name, what, t.number, err), func() {
					h.reach(run, func() {
						if loses {
							return
						}
						w.after(w.lag(), what+" is answered", func() {
							if told {
								return
							}
							told = true
							var refusal *domain.Error
							switch {
							case err == nil:
								then()
							case what == "sit" && errors.As(err, &refusal) && refusal.Kind == domain.GameOver && refusal.Reason == game.Withdrawn:
								t.withdrawn = true // by an abort of the one who had created it
							case errors.As(err, &refusal) && !wire.Retry(refusal):
								w.fail("table %d: %s was refused: %v", t.number, what, err)
							default:
								again()
							}
						})
					})
				})
			}()
		})
	})
}

func (t *table) create() {
	rules, _ := games.Kinds("chess")
	wish := game.Create{Rules: rules, Kind: "chess", Seat: "white", Access: game.AccessInvite, Clock: t.clock, Watch: game.WatchPublic, Delay: t.delay}
	t.post("create", func(h *host) error {
		_, _, err := h.games.Create(context.Background(), game.Command{ID: "c-1", Player: t.people[0], Wish: wish})
		return err
	}, func() {
		t.created = true
		t.join(0)
		t.watch()
		t.sit()
	})
}

func (t *table) sit() {
	t.post("sit", func(h *host) error {
		_, err := h.games.Do(context.Background(), t.id, game.Command{
			ID: "s-1", Player: t.people[1], Wish: game.Sit{Seat: "black", Invited: true},
		}, game.Arrival{Live: h.clock.Now()})
		return err
	}, func() {
		t.seated = true
		t.join(1)
	})
}

// join lets a player connect.
func (t *table) join(seat int) {
	k := &client{
		w: t.w, table: t, name: fmt.Sprintf("%s-%d", seats[seat], t.number), player: t.people[seat], seat: seats[seat], window: 1 << 20,
		misused: map[string]bool{},
	}
	t.clients = append(t.clients, k)
	k.connect(t.w.lag())
	k.think()
}

// watch lets some people watch, one of whom hardly reads, and one with a delay of their own.
func (t *table) watch() {
	for i := range t.w.plan.watchers {
		k := &client{w: t.w, table: t, name: fmt.Sprintf("watcher-%d-%d", t.number, i), window: 1 << 20}
		switch i {
		case 1:
			k.window = 700
		case 2:
			k.query = "delay=3000"
		}
		t.clients = append(t.clients, k)
		k.connect(t.w.between(0, 10*time.Second))
	}
}

// line holds what somebody was shown against what others were shown: all see the same game.
func (t *table) line(k *client, v uint64, text string) {
	place := shown{k.seat, v}
	if have, ok := t.lines[place]; ok && have != text {
		t.w.fail("%s was shown %s where others were shown %s", k.name, text, have)
		return
	}
	t.lines[place] = text
}

// seen notes that somebody was shown a state.
func (t *table) seen(*client, uint64) {}

// settled tells that a player has nothing to prove any more: one move was done since the faults ended, or it is not the
// player's turn.
func (t *table) settled(k *client) bool {
	if k.status != "ready" && k.status != "live" {
		return true
	}
	return !k.onTurn() || k.proven
}

// rematched takes where the next game is.
func (k *client) rematched(id string) {
	if k.next != "" && k.next != id {
		k.w.fail("%s was told of rematch %s and then %s", k.name, k.next, id)
	}
	k.next = id
	t := k.table
	for _, other := range t.clients {
		if other.player == "" || other.next == "" {
			if other.player != "" {
				return
			}
			continue
		}
		if other.next != id {
			k.w.fail("%s was told of rematch %s and %s of %s", k.name, id, other.name, other.next)
		}
	}
	if t.next != nil || len(k.w.tables) >= k.w.plan.tables*2 {
		return
	}
	w := k.w
	t.next = &table{
		w: w, number: len(w.tables), id: id, people: [2]string{t.people[1], t.people[0]}, created: true, seated: true,
		script: scripts[w.random.IntN(len(scripts))], clock: t.clock, delay: t.delay, lines: map[shown]string{},
	}
	w.tables = append(w.tables, t.next)
	t.next.join(0)
	t.next.join(1)
}
