package sim

import (
	"strings"
	"time"

	"github.com/plygames/ply/domain/game"
)

// Servers' wall clocks differ from each other and from the time of the world, jump by up to an hour and strobe by a second.
// What a wall clock has said is kept with the true time, so that a game's events can be held against true time: the events
// carry what their server's wall clock said when they were decided.

// reading is what a run of a server read from its wall clock.
type reading struct {
	server string
	at     int64
}

// moments are the first and the last true time of a reading: a clock that was set back says the same twice.
type moments struct{ first, last time.Duration }

// wall is a host's wall clock, in Unix ms. Called by any goroutine.
func (w *world) wall(h *host) int64 {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.began.Add(now + h.skew).UnixMilli()
	m, known := w.readings[reading{h.inc, at}]
	if !known {
		m.first = now
	}
	m.last = now
	w.readings[reading{h.inc, at}] = m
	return at
}

// skew sets a host's wall clock.
func (w *world) skew(h *host, to time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h.skew = to
	w.astray = w.astray || to > 2*time.Second || to < -2*time.Second
}

// strobe lets a host's wall clock go to and fro by a second, some times.
func (w *world) strobe(h *host, times int) {
	if times == 0 || w.calm {
		return
	}
	by := time.Second
	if times%2 == 0 {
		by = -by
	}
	w.after(w.between(20*time.Millisecond, 500*time.Millisecond), h.name+"'s clock strobes", func() {
		w.skew(h, h.skew+by)
		w.strobe(h, times-1)
	})
}

// truly is the most true time, in ms, that may lie between two readings; known: both were made.
func (w *world) truly(from, to reading) (most int64, known bool) {
	f, one := w.readings[from]
	t, two := w.readings[to]
	return (t.last - f.first).Milliseconds() + 1, one && two
}

// checkClocks holds what a game's events say of clocks against true time, whichever servers decided them: nobody is
// charged more than the time that has passed, no clock is below zero, none gets back what it has lost, and nobody loses on
// time before that time is over.
func (w *world) checkClocks(t *table, steps []game.Step) {
	for _, step := range steps {
		before, after := step.Before.Times(), step.After.Times()
		for _, seat := range []game.Seat{"white", "black"} {
			left, timed := after[seat]
			had, playing := before[seat]
			if left < 0 {
				w.fail("table %d version %d: %v has %d ms left", t.number, step.Version(), seat, left)
			}
			if timed && playing && left > had+gain(step, seat) {
				w.fail("table %d version %d: %v had %d ms and has %d", t.number, step.Version(), seat, had, left)
			}
			charged, is := charges(step)[seat]
			if !is {
				continue
			}
			place := step.Before.Seats[step.Before.Index(seat)]
			most, known := w.truly(reading{place.Origin.Server, place.Origin.At}, reading{step.Meta.Server, step.Meta.At})
			switch {
			case place.Since == 0 || !known:
			case charged > most:
				w.fail("table %d version %d: %d ms were charged to %v in %d ms", t.number, step.Version(), charged, seat, most)
			case place.Origin.Server == step.Meta.Server && charged > step.Meta.Up-place.Origin.Up+1:
				w.fail("table %d version %d: %d ms were charged to %v, and its server lived for %d ms", t.number, step.Version(), charged, seat,
					step.Meta.Up-place.Origin.Up)
			}
			w.cover.moved(place.Origin.Server, step.Meta.Server)
		}
		if move, ok := step.Event.(game.MovePlayed); ok && move.Lag > mostLag {
			w.fail("table %d version %d: a round trip of %d ms", t.number, step.Version(), move.Lag)
		}
	}
}

// gain is what an event may add to a seat's time, in ms.
func gain(step game.Step, seat game.Seat) int64 {
	switch e := step.Event.(type) {
	case game.MovePlayed:
		if e.Seat == seat {
			return step.Before.Setup.Clock.Increment
		}
	case game.TimeAdded:
		if e.To == seat {
			return e.MS
		}
	}
	return 0
}

// charges is the time that an event says, or implies, that seats on turn have used, in ms.
func charges(step game.Step) map[game.Seat]int64 {
	switch e := step.Event.(type) {
	case game.MovePlayed:
		return map[game.Seat]int64{e.Seat: e.Elapsed}
	case game.ClockAdjusted:
		return map[game.Seat]int64{e.Seat: e.Charged}
	case game.Ended:
		if e.Reason == game.NoStart {
			late := map[game.Seat]int64{}
			for _, p := range step.Before.Seats {
				if p.Since != 0 {
					late[p.Seat] = game.FirstMove
				}
			}
			return late
		}
		if !strings.HasPrefix(e.Reason, "timeout") {
			return nil
		}
		for _, p := range step.Before.Seats {
			if left, timed := e.Left[p.Seat]; timed && left == 0 && p.Since != 0 {
				return map[game.Seat]int64{p.Seat: step.Before.Times()[p.Seat] + step.Before.Setup.Clock.Delay}
			}
		}
	}
	return nil
}
