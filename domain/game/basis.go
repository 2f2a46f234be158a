package game

import "github.com/plygames/ply/domain"

// checkBasis refuses a command that was made from a version which its verdict has outlived, or which is ahead of the
// game. It is never silently rebased; what has changed besides does not matter.
func (s *State) checkBasis(seat Seat, c Command) error {
	if c.Basis > s.Version {
		return domain.Refuse(domain.VersionConflict, "made from version %d, the game is at %d", c.Basis, s.Version)
	}
	if depends := s.dependsOn(seat, c.Wish); c.Basis < depends {
		return domain.Refuse(domain.VersionConflict, "made from version %d, but version %d has changed the matter", c.Basis, depends)
	}
	return nil
}

// dependsOn is, for each kind of command, the version of the last event that its verdict depends on; 0 = none.
func (s *State) dependsOn(seat Seat, w Wish) uint64 {
	switch w.(type) {
	case Move, DrawClaim:
		if p := s.place(seat); p != nil && p.Since != 0 {
			return p.Since
		}
		return s.Changed
	case TakebackOffer:
		return s.Changed
	case DrawOffer:
		return s.place(seat).DrawAskedAt
	case DrawAccept, DrawDecline:
		if s.Draw.Seat != seat {
			return s.Draw.Version
		}
	case TakebackAccept, TakebackDecline:
		if s.Takeback.Seat != seat {
			return s.Takeback.Version
		}
	}
	return 0
}
