package wire

import (
	"encoding/json"
	"strconv"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

// Names knows what people call themselves. Names are kept apart from games so that they can be erased.
type Names interface {
	// Name is a player's name, empty if it is not known. It must be quick and safe for concurrent use.
	Name(player string) string
}

// Encoder makes the lines that depend on a game. It is safe for concurrent use, and pure but for Names.
type Encoder struct{ Names Names } // nil = nobody has a name

// Line is one event as an audience sees it: one numbered line, without a newline.
func (e *Encoder) Line(step game.Step, to game.Audience) []byte {
	switch ev := step.Event.(type) {
	case game.Created:
		return e.created(step, ev, to)
	case game.Seated:
		b := numbered(step, "seated", 256)
		b = fieldString(b, "seat", string(ev.Seat))
		b = append(b, `,"player":`...)
		b = e.appendPlayer(b, ev.Player, ev.Rating)
		return append(b, "}}"...)
	case game.Started:
		b := numbered(step, "started", 128)
		return append(fieldSeats(b, "turn", ev.Turn), '}')
	case game.MovePlayed:
		return e.move(step, ev, to)
	case game.DrawOffered:
		return seatOnly(step, "draw-offered", ev.Seat)
	case game.DrawDeclined:
		return seatOnly(step, "draw-declined", ev.Seat)
	case game.TakebackOffered:
		return seatAndPlies(step, "takeback-offered", ev.Seat, ev.Plies)
	case game.TakebackDeclined:
		return seatAndPlies(step, "takeback-declined", ev.Seat, ev.Plies)
	case game.TakenBack:
		view := viewFor(step.After, to)
		b := numbered(step, "takeback", 256+len(view))
		b = fieldInt(b, "plies", int64(ev.Plies))
		b = fieldClock(b, step, nil)
		b = fieldSeats(b, "turn", step.After.Turn())
		return append(fieldRaw(b, "view", view), '}')
	case game.TimeAdded:
		b := numbered(step, "time-added", 256)
		b = fieldString(b, "seat", string(ev.Seat))
		b = fieldString(b, "to", string(ev.To))
		b = fieldInt(b, "ms", ev.MS)
		return append(fieldClock(b, step, nil), '}')
	case game.ClockAdjusted:
		b := numbered(step, "clock-adjusted", 256)
		b = fieldString(b, "reason", ev.Reason)
		b = fieldString(b, "seat", string(ev.Seat))
		b = fieldInt(b, "charged", ev.Charged)
		return append(fieldClock(b, step, ev.Left), '}')
	case game.Ended:
		b := numbered(step, "ended", 384)
		b = fieldResult(b, step.After, game.Result{Reason: ev.Reason, Winner: ev.Winner, Scores: ev.Scores})
		b = fieldClock(b, step, ev.Left)
		b = fieldString(b, "chain", step.After.Chain.String())
		if ev.Next != "" {
			b = fieldString(b, "next", ev.Next)
		}
		return append(b, '}')
	default:
		// An event that this audience's protocol has no type for keeps its number.
		return append(numbered(step, "skip", 64), '}')
	}
}

func (e *Encoder) created(step game.Step, ev game.Created, to game.Audience) []byte {
	drawn, seen := step.After.Rules.RedactStart(ev.Drawn, to)
	b := numbered(step, "created", 320+len(ev.Setup)+len(drawn))
	b = fieldString(b, "game", step.After.ID)
	b = fieldString(b, "kind", ev.Kind)
	b = append(b, `,"clock":{`...)
	b = append(appendSpec(b, ev.Clock), '}')
	b = fieldBool(b, "rated", ev.Rated)
	b = fieldString(b, "access", ev.Access)
	b = fieldString(b, "watch", ev.Watch)
	b = fieldInt(b, "delay", ev.Delay)
	b = fieldRaw(b, "setup", ev.Setup)
	if ev.Parent != "" {
		b = fieldString(b, "parent", ev.Parent)
	}
	return append(fieldDrawn(b, drawn, seen), '}')
}

func (e *Encoder) move(step game.Step, ev game.MovePlayed, to game.Audience) []byte {
	m, drawn, seen := step.After.Rules.RedactMove(ev.Seat, ev.M, ev.Drawn, to)
	if seen == game.Hidden {
		return append(numbered(step, "skip", 64), '}')
	}
	var extras json.RawMessage
	if x, ok := step.After.Board.(game.Extras); ok {
		extras = x.Extras(step.Before.Board, ev.M, to)
	}
	legal := legalFor(step.After, to)
	b := numbered(step, "move", 240+len(m)+len(drawn)+len(extras)+len(legal))
	b = fieldString(b, "seat", string(ev.Seat))
	b = fieldRaw(b, "m", m)
	b = fieldInt(b, "elapsed", ev.Elapsed)
	b = fieldInt(b, "lag", ev.Lag)
	b = fieldInt(b, "comp", ev.Comp)
	b = fieldClock(b, step, ev.Left)
	b = fieldSeats(b, "turn", step.After.Turn())
	b = fieldDrawn(b, drawn, seen)
	if len(extras) > 0 || len(legal) > 0 {
		b = append(b, `,"x":`...)
		b = appendWithLegal(b, extras, legal)
	}
	return append(b, '}')
}

// numbered begins a line: every numbered line has t, v and ts.
func numbered(step game.Step, typ string, size int) []byte {
	b := open(make([]byte, 0, size), typ)
	b = fieldInt(b, "v", int64(step.Version()))
	return fieldInt(b, "ts", step.Meta.At)
}

func seatOnly(step game.Step, typ string, seat game.Seat) []byte {
	b := numbered(step, typ, 128)
	return append(fieldString(b, "seat", string(seat)), '}')
}

func seatAndPlies(step game.Step, typ string, seat game.Seat, plies int) []byte {
	b := numbered(step, typ, 128)
	b = fieldString(b, "seat", string(seat))
	return append(fieldInt(b, "plies", int64(plies)), '}')
}

// appendPlayer opens a player's object and leaves it open. An erased name is absent, as is a rating that there is not.
func (e *Encoder) appendPlayer(b []byte, player string, rating int) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, player)
	if e.Names != nil {
		if name := e.Names.Name(player); name != "" {
			b = fieldString(b, "name", name)
		}
	}
	if rating > 0 {
		b = fieldInt(b, "rating", int64(rating))
	}
	return b
}

// fieldDrawn adds what chance gave, as far as the audience may see it (for kinds of game with chance; an addition).
func fieldDrawn(b []byte, drawn json.RawMessage, seen game.Visibility) []byte {
	b = fieldRaw(b, "drawn", drawn)
	if seen != game.Full {
		b = fieldBool(b, "hidden", true)
	}
	return b
}

// fieldClock adds what the seats have by the record, and whose clocks run from here; nothing without a clock. left is
// what the event recorded, else what the state after it says. A seat that was running before the event and goes on (as
// when it is given time) has used some of it: that is "used" (an addition), for clients that show the clock.
func fieldClock(b []byte, step game.Step, left game.Times) []byte {
	after := step.After
	if !hasClock(after) {
		return b
	}
	b = append(b, `,"clock":{"left":{`...)
	for i := range after.Seats {
		p := &after.Seats[i]
		ms := p.Left
		if recorded, ok := left[p.Seat]; ok {
			ms = recorded
		}
		b = appendSeatInt(b, i, p.Seat, ms)
	}
	b = append(b, '}')
	run := after.Running()
	b = fieldSeats(b, "run", run)
	n := 0
	for _, seat := range run {
		used := usedBy(after.Seats[after.Index(seat)].Origin, step)
		if used <= 0 {
			continue
		}
		if n == 0 {
			b = append(b, `,"used":{`...)
		}
		b = appendSeatInt(b, n, seat, used)
		n++
	}
	if n > 0 {
		b = append(b, '}')
	}
	return append(b, '}')
}

// usedBy is how many ms passed from an origin to a step: on the live clock if one server recorded both.
func usedBy(o game.Origin, step game.Step) int64 {
	if o.Version >= step.Version() {
		return 0
	}
	if o.Server == step.Meta.Server {
		return step.Meta.Up - o.Up
	}
	return step.Meta.At - o.At
}

// fieldResult adds reason, winner and scores.
func fieldResult(b []byte, s *game.State, r game.Result) []byte {
	b = fieldString(b, "reason", r.Reason)
	if r.Winner != "" {
		b = fieldString(b, "winner", string(r.Winner))
	}
	if len(r.Scores) == 0 {
		return b
	}
	b = append(b, `,"scores":{`...)
	n := 0
	for i := range s.Seats {
		if score, ok := r.Scores[s.Seats[i].Seat]; ok {
			b = appendSeatInt(b, n, s.Seats[i].Seat, int64(score))
			n++
		}
	}
	return append(b, '}')
}

// appendSpec adds a time control's fields, without braces.
func appendSpec(b []byte, c clock.Spec) []byte {
	b = append(b, `"type":`...)
	switch c.Type {
	case clock.Fischer:
		b = append(b, `"fischer"`...)
		b = fieldInt(b, "initial", c.Initial)
		return fieldInt(b, "increment", c.Increment)
	case clock.Delay:
		b = append(b, `"delay"`...)
		b = fieldInt(b, "initial", c.Initial)
		return fieldInt(b, "delay", c.Delay)
	case clock.Days:
		b = append(b, `"days"`...)
		return fieldInt(b, "days", c.Days)
	default:
		return append(b, `"none"`...)
	}
}

// appendSeatInt adds the i-th member of an object from seats to numbers.
func appendSeatInt(b []byte, i int, seat game.Seat, n int64) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	b = appendString(b, string(seat))
	b = append(b, ':')
	return strconv.AppendInt(b, n, 10)
}

func hasClock(s *game.State) bool {
	return s.Setup.Clock.Type != clock.None && s.Setup.Clock.Type != ""
}
