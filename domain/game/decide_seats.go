package game

import (
	"encoding/binary"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
)

// decideCreate judges a new game: its first events are created, and seated if the creator takes a seat.
func decideCreate(s *State, c Command, w Create, env Env) ([]Event, error) {
	if s.Version != 0 {
		return nil, domain.Refuse(domain.CommandIDReused, "this id has made another game")
	}
	seat, err := w.check(c, env.Seed)
	if err != nil {
		return nil, err
	}
	drawn, err := w.Rules.Prepare(w.Setup, env.Seed)
	if err != nil {
		return nil, err
	}
	events := []Event{Created{
		Kind: w.Rules.Kind(), Setup: w.Setup, Drawn: drawn, Creator: c.Player, Clock: w.Clock, Access: w.Access, Pair: w.Pair,
		Rated: w.Rated, Watch: w.Watch, Delay: w.Delay, Reserved: w.Reserved, Parent: w.Parent, AnySeat: w.Seat == RandomSeat,
	}}
	if seat != "" {
		events = append(events, Seated{Seat: seat, Player: c.Player, Rating: env.Rating})
	}
	if seat != "" && len(w.Rules.Seats()) == 1 {
		events = append(events, Started{Turn: w.Rules.Start(w.Setup, drawn).Turn()})
	}
	return events, nil
}

// check refuses what is out of range, and gives the creator's seat (empty = none).
func (w Create) check(c Command, seed Seed) (Seat, error) {
	invalid := func(format string, args ...any) (Seat, error) {
		return "", domain.Refuse(domain.InvalidField, format, args...)
	}
	if err := w.Clock.Validate(); err != nil {
		return invalid("%s", err)
	}
	switch {
	case w.Access != AccessInvite && w.Access != AccessOpen:
		return invalid("access must be %s or %s", AccessInvite, AccessOpen)
	case w.Watch != WatchPublic && w.Watch != WatchLink && w.Watch != WatchOff:
		return invalid("watch must be %s, %s or %s", WatchPublic, WatchLink, WatchOff)
	case w.Delay < 0 || w.Delay > MaxDelay:
		return invalid("delay must be 0..%d ms", MaxDelay)
	case w.Pair != nil && w.Access != AccessOpen:
		return invalid("pair needs access %s", AccessOpen)
	case w.Rated && w.Clock.Type == clock.None:
		return invalid("rated needs a clock")
	case w.Rated && c.Guest:
		return invalid("rated needs registered players, you are a guest")
	}
	seats := w.Rules.Seats()
	seat := Seat(w.Seat)
	switch {
	case w.Seat == RandomSeat:
		var free []Seat
		for _, s := range seats {
			if w.Reserved[s] == "" {
				free = append(free, s)
			}
		}
		if len(free) == 0 {
			return invalid("seat: all seats are reserved")
		}
		seat = free[binary.BigEndian.Uint64(seed[:])%uint64(len(free))]
	case w.Seat != "" && !contains(seats, seat):
		return invalid("seat: %s has no seat %q", w.Rules.Kind(), w.Seat)
	}
	people := map[string]bool{c.Player: seat != ""}
	for reserved, player := range w.Reserved {
		switch {
		case !contains(seats, reserved):
			return invalid("seats: %s has no seat %q", w.Rules.Kind(), reserved)
		case reserved == seat:
			return invalid("seats: %s is your own", reserved)
		case people[player]:
			return invalid("seats: one player can't have two seats")
		}
		people[player] = true
	}
	return seat, nil
}

// decideSit judges who may sit where. The last seat taken starts the game.
func decideSit(s *State, c Command, w Sit, env Env) ([]Event, error) {
	seat := Seat(w.Seat)
	if w.Seat != AnySeat && s.Index(seat) < 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no such seat")
	}
	if _, seated := s.SeatOf(c.Player); seated {
		return nil, domain.Refuse(domain.AlreadyJoined, "you sit in this game already")
	}
	if w.Seat == AnySeat {
		seat = s.freeSeat(c.Player, w.Invited)
		if seat == "" && !s.full() && !s.Expects() {
			return nil, domain.Refuse(domain.Forbidden, "you are not invited to this game")
		}
	}
	if p := s.place(seat); p != nil {
		if p.Kept != "" && p.Reserved != c.Player && s.Status == Open {
			return nil, domain.Refuse(domain.GameFull, "somebody is on the way to this seat")
		}
		if !s.mayTake(p, c.Player, w.Invited) {
			return nil, domain.Refuse(domain.Forbidden, "you are not invited to this seat")
		}
	}
	if s.Status == Over {
		return nil, s.phase(seat, c)
	}
	p := s.place(seat)
	if p == nil || p.Player != "" {
		return nil, domain.Refuse(domain.GameFull, "the seat is taken")
	}
	if s.Setup.Rated && c.Guest {
		return nil, domain.Refuse(domain.InvalidField, "rated games need registered players, you are a guest")
	}
	events := []Event{Seated{Seat: seat, Player: c.Player, Rating: env.Rating}}
	free := 0
	for i := range s.Seats {
		if s.Seats[i].Player == "" {
			free++
		}
	}
	if free == 1 {
		events = append(events, Started{Turn: s.Board.Turn()})
	}
	return events, nil
}

// mayTake: a reserved seat is for one person, an open game's seats for all, others for those with an invitation.
func (s *State) mayTake(p *Place, player string, invited bool) bool {
	if p.Reserved != "" {
		return p.Reserved == player
	}
	return invited || s.Setup.Access == AccessOpen
}

// freeSeat is the first free one that a player may take; one that is kept for the player comes first.
func (s *State) freeSeat(player string, invited bool) Seat {
	if seat, ok := s.ReservedFor(player); ok {
		return seat
	}
	for i := range s.Seats {
		if p := &s.Seats[i]; p.Player == "" && s.mayTake(p, player, invited) {
			return p.Seat
		}
	}
	return ""
}

func (s *State) full() bool {
	for i := range s.Seats {
		if s.Seats[i].Player == "" {
			return false
		}
	}
	return true
}
