package sim

import (
	"context"
	"fmt"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/transport/wire"
)

// rests tells whether all have an answer, everybody sees the newest version, and nothing is left to be done.
func (w *world) rests() bool { return w.unrest() == "" }

// unrest says what is not at rest.
func (w *world) unrest() string {
	for _, t := range w.tables {
		if !t.seated && !t.withdrawn && !t.seek {
			return fmt.Sprintf("table %d is not seated", t.number)
		}
		newest := uint64(0)
		for _, k := range t.clients {
			newest = max(newest, k.last)
		}
		for _, k := range t.clients {
			switch {
			case len(k.pending) > 0 && !k.gone:
				return fmt.Sprintf("%s waits for %s", k.name, k.pending[0].id)
			case w.astray && k.lags() && k.status != "ended":
			case k.gone && k.last == newest:
			case !k.live || k.stale:
				return fmt.Sprintf("%s has no live socket", k.name)
			case k.last < newest:
				return fmt.Sprintf("%s is at %d of %d", k.name, k.last, newest)
			case k.player != "" && !t.settled(k):
				return fmt.Sprintf("%s could not move", k.name)
			}
		}
	}
	if what := w.unflushed(); what != "" {
		return what
	}
	if what := w.lonely(); what != "" {
		return what
	}
	return w.behind()
}

// check holds the store against everything that was said.
func (w *world) check() {
	if len(w.wrong) > 0 {
		return
	}
	if what := w.unrest(); what != "" {
		w.fail("no rest: %s", what)
		return
	}
	w.noteStored()
	encoder := &wire.Encoder{}
	for _, t := range w.tables {
		steps := w.fold(t.id)
		w.stored += len(steps)
		for place, text := range t.lines {
			if place.v > uint64(len(steps)) {
				w.fail("table %d: people were shown version %d of %d", t.number, place.v, len(steps))
				continue
			}
			if want := string(encoder.Line(steps[place.v-1], game.AudienceOf(game.Seat(place.seat)))); text != want {
				w.fail("table %d: %s was shown %s and the store holds %s", t.number, place.seat, text, want)
			}
		}
		w.checkRules(t, steps)
		w.checkClients(t, steps)
		w.checkSeek(t, steps)
		w.checkClocks(t, steps)
	}
	w.checkViews()
}

// noteStored puts everything that is stored into the digest: an event's id stands for all of its stream until there.
func (w *world) noteStored() {
	for e, err := range w.store.db.ReadAll(context.Background(), "") {
		if err != nil {
			w.fail("the store can't be read: %v", err)
			return
		}
		w.note(fmt.Sprintf("stored %s %s %d %s", e.Position, e.Stream, e.Version, e.ID))
	}
}

// fold reads a game as `ply verify` does: every event continues the chain, and applies.
func (w *world) fold(id string) (steps []game.Step) {
	s := game.New(id)
	for e, err := range w.store.db.ReadStream(context.Background(), event.GameStream(id), 1) {
		if err != nil {
			w.fail("the store can't be read: %v", err)
			return steps
		}
		step, err := game.Fold(s, e, games.Kinds)
		if err != nil {
			w.fail("the store holds what does not follow: %v", err)
			return steps
		}
		steps = append(steps, step)
		s = step.After
	}
	return steps
}

// checkRules judges every event by what it is, not by who decided it: whose it is, whose turn it was, whether the move is
// legal, and that nothing follows the end.
func (w *world) checkRules(t *table, steps []game.Step) {
	for _, step := range steps {
		before, meta := step.Before, step.Meta
		if before.Status == game.Over {
			w.fail("table %d: version %d follows the end", t.number, step.Version())
		}
		move, ok := step.Event.(game.MovePlayed)
		if !ok {
			continue
		}
		if seat, _ := before.SeatOf(meta.Player); seat != move.Seat {
			w.fail("table %d version %d: %s moved for %s", t.number, step.Version(), meta.Player, move.Seat)
		}
		if !before.OnTurn(move.Seat) {
			w.fail("table %d version %d: %s moved out of turn", t.number, step.Version(), move.Seat)
		}
		if _, err := before.Board.Judge(move.Seat, move.M, game.Seed{}); err != nil {
			w.fail("table %d version %d: %s is no legal move: %v", t.number, step.Version(), move.M, err)
		}
	}
}

// mostLag is more than a round trip can take here.
const mostLag = 10_000

// checkClients looks for every wish in the store: those that were acknowledged are there once, at their version; those
// that were refused for good are not.
func (w *world) checkClients(t *table, steps []game.Step) {
	type done struct {
		last  uint64
		times int
	}
	found := map[[2]string]done{}
	for i, step := range steps {
		if step.Meta.Command == "" {
			continue
		}
		key := [2]string{step.Meta.Player, step.Meta.Command}
		d := found[key]
		if i == 0 || steps[i-1].Meta.Command != step.Meta.Command || steps[i-1].Meta.Player != step.Meta.Player {
			d.times++
		}
		d.last = step.Version()
		found[key] = d
		if d.times > 1 {
			w.fail("table %d: %s of %s was done %d times", t.number, step.Meta.Command, step.Meta.Player, d.times)
		}
	}
	for _, k := range t.clients {
		if len(steps) != int(k.last) && !(w.astray && k.lags() && k.status != "ended") {
			w.fail("%s was shown %d versions and the store has %d", k.name, k.last, len(steps))
		}
		for _, wish := range k.wishes {
			if wish.t == "rematch" {
				continue
			}
			d, is := found[[2]string{k.player, wish.id}]
			switch {
			case wish.ok != 0:
				w.acked++
				if !is {
					w.fail("table %d: %s of %s was acknowledged at %d and is lost", t.number, wish.id, k.player, wish.ok)
				} else if d.last != wish.ok {
					w.fail("table %d: %s of %s was acknowledged at %d and is at %d", t.number, wish.id, k.player, wish.ok, d.last)
				}
			case wish.final != "" && is:
				w.fail("table %d: %s of %s was refused (%s) and is at %d", t.number, wish.id, k.player, wish.final, d.last)
			}
		}
	}
}
