package sim

import (
	"context"
	"fmt"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
)

// newSeek lets somebody wait in an open game of their own until pairing finds them an opponent.
func (w *world) newSeek(n int) {
	t := &table{
		w: w, number: len(w.tables), people: [2]string{fmt.Sprintf("s%d", n)}, lines: map[shown]string{},
		script: scripts[w.random.IntN(len(scripts))], clock: clocks[1], seek: true,
	}
	w.tables = append(w.tables, t)
	t.id = commands.GameID(t.people[0], "c-1")
	seat := game.RandomSeat
	if !w.plan.anySeat {
		seat = seats[n%2]
	}
	rules, _ := games.Kinds("chess")
	wish := game.Create{
		Rules: rules, Kind: "chess", Seat: seat, Access: game.AccessOpen, Pair: []byte(`{"rating":[0,0]}`), Clock: t.clock,
		Rated: w.plan.rated, Watch: game.WatchPublic,
	}
	t.post("create", func(h *host) error {
		_, _, err := h.games.Create(context.Background(), game.Command{ID: "c-1", Player: t.people[0], Wish: wish})
		return err
	}, func() {
		t.created = true
		t.join(0)
		t.watch()
	})
}

// ended takes how a game came to its end, which the player of an open game goes on from.
func (t *table) ended(k *client, reason, next string) {
	switch reason {
	case game.Withdrawn, game.Aborted, game.NoStart:
		t.withdrawn = true
	case game.Paired:
		t.pairedTo(next)
	}
}

// pairedTo lets the one who waited sit down in the game that was found.
func (t *table) pairedTo(next string) {
	if t.led == next {
		return
	}
	if t.led != "" {
		t.w.fail("table %d leads to %s and to %s", t.number, t.led, next)
		return
	}
	t.led = next
	for _, n := range t.w.tables {
		if n.id != next {
			continue
		}
		if n.people[1] != "" {
			t.w.fail("%s and %s were both paired into %s", n.people[1], t.people[0], next)
			return
		}
		n.people[1], n.seated = t.people[0], true
		n.join(1)
		return
	}
	t.w.fail("table %d leads to %s, which nobody has created", t.number, next)
}

// lonely tells why somebody still waits who need not: two whose wishes fit do.
func (w *world) lonely() string {
	var waits *table
	for _, t := range w.tables {
		if !t.seek || t.seated || t.withdrawn || t.led != "" {
			continue
		}
		if waits != nil && (w.plan.anySeat || waits.number%2 != t.number%2) {
			return fmt.Sprintf("tables %d and %d are not paired", waits.number, t.number)
		}
		waits = t
	}
	return ""
}

// checkSeek: who was paired sits in the game that their own one leads to, and in no other.
func (w *world) checkSeek(t *table, steps []game.Step) {
	if !t.seek || len(steps) == 0 {
		return
	}
	end := steps[len(steps)-1].After
	if end.Status != game.Over || end.Result.Reason != game.Paired {
		return
	}
	w.cover.paired++
	other := w.fold(end.Next)
	if len(other) == 0 {
		w.fail("table %d leads to %q, which is not there", t.number, end.Next)
		return
	}
	if _, sits := other[len(other)-1].After.SeatOf(t.people[0]); !sits {
		w.fail("table %d leads to %s, where %s does not sit", t.number, end.Next, t.people[0])
	}
}
