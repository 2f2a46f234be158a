package game

import (
	"github.com/plygames/ply/domain/event"
)

// apply gives the state after an event. It shares what has not changed.
func apply(s *State, rules Rules, e Event, version uint64, meta event.Meta, chain event.Hash) *State {
	n := *s
	n.Seats = append([]Place(nil), s.Seats...)
	n.take(rules, e, version, meta, chain)
	return &n
}

// take is the fold: a total type switch that believes what it is told. It changes the state and its seats, nothing else.
func (s *State) take(rules Rules, e Event, version uint64, meta event.Meta, chain event.Hash) {
	s.Version, s.Chain, s.At = version, chain, meta.At
	if meta.Command != "" {
		s.receipts = s.receipts.with(receiptHash(meta.Player, meta.Command), version)
	}
	origin := Origin{Version: version, Server: meta.Server, Up: meta.Up, At: meta.At}

	switch e := e.(type) {
	case Created:
		s.create(rules, e)
	case Seated:
		if p := s.place(e.Seat); p != nil {
			p.Player, p.Rating, p.Kept, p.KeptAt = e.Player, e.Rating, "", 0
		}
	case SeatKept:
		if p := s.place(e.Seat); p != nil {
			p.Reserved, p.Kept, p.KeptAt = e.Player, e.From, e.FromVersion
		}
	case SeatReleased:
		if p := s.place(e.Seat); p != nil {
			p.Reserved, p.Kept, p.KeptAt = "", "", 0
		}
	case Started:
		s.Status = Ready
		s.putOnTurn(origin, s.Board.Turn())
	case MovePlayed:
		s.play(e, origin)
	case DrawOffered:
		s.Draw = Offer{Seat: e.Seat, Version: version}
		if p := s.place(e.Seat); p != nil {
			p.DrawAsked, p.DrawAskedAt = true, version
		}
	case DrawDeclined:
		s.Draw = Offer{}
	case TakebackOffered:
		s.Takeback = Offer{Seat: e.Seat, Version: version, Plies: e.Plies}
		if p := s.place(e.Seat); p != nil {
			p.TakebackAsked = true
		}
	case TakebackDeclined:
		s.Takeback = Offer{}
	case TakenBack:
		s.Takeback = Offer{}
		if u, ok := s.Board.(Undo); ok {
			s.Board = u.Undo(e.Plies)
		}
		s.putOnTurn(origin, s.Board.Turn())
	case TimeAdded:
		if p := s.place(e.To); p != nil {
			p.Left += e.MS
		}
	case ClockAdjusted:
		s.setTimes(e.Left)
		if p := s.place(e.Seat); p != nil {
			p.Origin = origin
		}
	case Ended:
		s.Status = Over
		s.Result = Result{Reason: e.Reason, Winner: e.Winner, Scores: e.Scores}
		s.Next = e.Next
		s.Draw, s.Takeback = Offer{}, Offer{}
		s.setTimes(e.Left)
	}
}

func (s *State) place(seat Seat) *Place {
	if i := s.Index(seat); i >= 0 {
		return &s.Seats[i]
	}
	return nil
}

func (s *State) create(rules Rules, e Created) {
	s.Rules, s.Setup, s.Status = rules, &e, Open
	s.Board = rules.Start(e.Setup, e.Drawn)
	seats := rules.Seats()
	s.Seats = make([]Place, len(seats))
	for i, seat := range seats {
		s.Seats[i] = Place{Seat: seat, Reserved: e.Reserved[seat], Left: e.Clock.Full(), Quota: int64(e.Clock.StartQuota())}
	}
}

// play makes the move and starts the time of those who must think anew. A standing draw offer lapses when the other
// seat moves, a takeback offer with any move.
func (s *State) play(e MovePlayed, origin Origin) {
	before := s.Board
	if s.Board = e.next; s.Board == nil {
		s.Board = before.Play(e.Seat, e.M, e.Drawn)
	}
	s.Status = Live
	if p := s.place(e.Seat); p != nil {
		if p.Moved {
			p.Quota = int64(s.Setup.Clock.AfterMove(quota(p), e.Comp))
		}
		p.Moved, p.DrawAsked = true, false
	}
	if s.Draw.Version != 0 && s.Draw.Seat != e.Seat {
		s.Draw = Offer{}
	}
	s.Takeback = Offer{}
	for i := range s.Seats {
		s.Seats[i].TakebackAsked = false
	}
	s.setTimes(e.Left)

	if b, ok := s.Board.(Alternates); ok {
		next := [1]Seat{b.Next()}
		s.think(origin, next[:], next[:])
		return
	}
	onTurn, turn := before.Turn(), s.Board.Turn()
	anew := s.Board.Unsettled(before, e.Seat)
	for _, seat := range turn {
		if seat == e.Seat || !contains(onTurn, seat) {
			anew = append(anew[:len(anew):len(anew)], seat)
		}
	}
	s.think(origin, turn, anew)
}

// putOnTurn restarts the thinking of some seats; those that are not to move any more think no longer.
func (s *State) putOnTurn(origin Origin, anew []Seat) { s.think(origin, s.Board.Turn(), anew) }

// think is putOnTurn for those who know the turn.
func (s *State) think(origin Origin, turn, anew []Seat) {
	s.Changed = origin.Version
	for i := range s.Seats {
		p := &s.Seats[i]
		switch {
		case !contains(turn, p.Seat):
			p.Since, p.Origin = 0, Origin{}
		case contains(anew, p.Seat):
			p.Since, p.Origin = origin.Version, origin
		}
	}
}

func (s *State) setTimes(left Times) {
	for i := range s.Seats {
		if ms, ok := left[s.Seats[i].Seat]; ok {
			s.Seats[i].Left = ms
		}
	}
}

func contains(seats []Seat, seat Seat) bool {
	for _, s := range seats {
		if s == seat {
			return true
		}
	}
	return false
}
