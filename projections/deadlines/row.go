package deadlines

import (
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// Row is one game in which something runs out.
type Row struct {
	Game   string
	Due    int64  // Unix ms by the clock of the server that recorded the origin: wrong by its outages, which are charged to nobody
	Server string // incarnation of that server
	Clock  string // kind of clock
}

// record is a stored row: what is needed to tell what is due after the next event.
type record struct {
	Clock    clock.Spec
	Seats    []seat
	Takeback game.Seat // who has offered one
	Started  bool
	Server   string // of the newest origin
}

// seat is one seat's clock.
type seat struct {
	Seat  game.Seat
	Left  int64
	Moved bool
	Turn  bool  // may be on turn
	Since int64 // Unix ms; earliest time from which its thinking can count
}

// apply takes an event in; false: nothing can be due in this game any more.
func (r *record) apply(e game.Event, meta event.Meta) bool {
	switch e := e.(type) {
	case game.Seated:
		r.Seats = append(r.Seats, seat{Seat: e.Seat, Left: r.Clock.Full()})
	case game.Started:
		r.Started = true
		for i := range r.Seats {
			r.Seats[i].Turn = false
		}
		r.putOnTurn(meta, e.Turn...)
	case game.MovePlayed:
		r.set(e.Left)
		r.moved(e.Seat, meta)
	case game.TakebackOffered:
		r.Takeback = e.Seat
	case game.TakenBack:
		// Whoever asked is to move again; in games of more than two the others may be as well.
		for i := range r.Seats {
			r.Seats[i].Turn = len(r.Seats) > 2
		}
		r.putOnTurn(meta, r.Takeback)
	case game.TimeAdded:
		if s := r.seat(e.To); s != nil {
			s.Left += e.MS
		}
	case game.ClockAdjusted:
		r.set(e.Left)
		r.putOnTurn(meta, e.Seat)
	case game.Ended:
		return false
	}
	return true
}

// moved passes the turn on: to the other seat in a game of two, possibly to everybody else.
func (r *record) moved(by game.Seat, meta event.Meta) {
	for i := range r.Seats {
		s := &r.Seats[i]
		switch {
		case s.Seat == by:
			s.Moved = true
			s.Turn = len(r.Seats) != 2
			s.Since = meta.At
		case len(r.Seats) == 2:
			s.Turn, s.Since = true, meta.At
		}
	}
	r.Server = meta.Server
}

func (r *record) putOnTurn(meta event.Meta, seats ...game.Seat) {
	for _, name := range seats {
		if s := r.seat(name); s != nil {
			s.Turn, s.Since = true, meta.At
		}
	}
	r.Server = meta.Server
}

func (r *record) seat(name game.Seat) *seat {
	for i := range r.Seats {
		if r.Seats[i].Seat == name {
			return &r.Seats[i]
		}
	}
	return nil
}

func (r *record) set(left game.Times) {
	for i := range r.Seats {
		if ms, ok := left[r.Seats[i].Seat]; ok {
			r.Seats[i].Left = ms
		}
	}
}

// due is the earliest time at which something may run out; false: nothing does yet.
func (r *record) due() (at int64, ok bool) {
	if !r.Started {
		return 0, false
	}
	for _, s := range r.Seats {
		if !s.Turn {
			continue
		}
		left := s.Left + r.Clock.Delay
		if r.Clock.Live() && !s.Moved {
			left = game.FirstMove
		}
		if d := s.Since + left; !ok || d < at {
			at, ok = d, true
		}
	}
	return at, ok
}
