package rest

import (
	"context"
	"errors"
	"net/http"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// sight is what one caller may see of a game at this moment.
type sight struct {
	to    game.Audience
	shown *game.State // the newest version that the caller may see
	over  bool        // the game has ended: nothing is hidden or delayed any more
	at    int64       // the caller's now in Unix ms: earlier than ours by the game's delay
	lag   int64       // ms by which it is earlier
}

// lines is the audience of the game's numbered lines: a seat's own lines stay as they were, also after the end.
func (v sight) lines() game.Audience {
	if v.over && v.to.Seat() == "" {
		return game.Everyone
	}
	return v.to
}

// look finds out what the caller may see of the game that the request names. A game that is not for them does not exist
// for them.
func (a *api) look(r *http.Request, id string) (sight, error) {
	p, err := a.caller(r)
	if err != nil {
		return sight{}, err
	}
	s, err := a.state(r.Context(), id)
	if err != nil {
		return sight{}, err
	}
	v := sight{shown: s, over: s.Status == game.Over, at: a.Now().UnixMilli()}
	if seat, ok := s.SeatOf(p.ID); ok {
		v.to = game.AudienceOf(seat)
		return v, nil
	}
	_, expected := s.ReservedFor(p.ID)
	expected = expected || p.ID != "" && p.ID == s.Setup.Creator
	if s.Setup.Watch == game.WatchOff && !expected {
		return sight{}, domain.Refuse(domain.NotFound, "there is no such game")
	}
	if v.over || s.Setup.Delay == 0 {
		return v, nil
	}
	v.lag = s.Setup.Delay
	v.at -= v.lag
	v.shown = nil
	err = a.History.Steps(r.Context(), id, 0, s.Version, func(step game.Step) bool {
		if step.Meta.At > v.at {
			return false
		}
		v.shown = step.After
		return true
	})
	if err == nil && v.shown == nil {
		err = domain.Refuse(domain.NotFound, "there is no such game yet, for you")
	}
	return v, err
}

// state is the game with this id. A text that can't be one is not looked up.
func (a *api) state(ctx context.Context, id string) (*game.State, error) {
	if !gameID(id) {
		return nil, domain.Refuse(domain.NotFound, "there is no such game")
	}
	return a.Commands.State(ctx, id)
}

func gameID(id string) bool {
	if len(id) != 12 {
		return false
	}
	for i := 0; i < len(id); i++ {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return true
}

// quiet is a refusal as somebody is told who has acted on a game: how far it is may be delayed for those without a seat.
func quiet(s *game.State, player string, err error) error {
	var known *domain.Error
	if err == nil || !errors.As(err, &known) || known.Version == 0 {
		return err
	}
	if _, seated := s.SeatOf(player); seated || known.Kind != domain.NotAPlayer && (s.Setup.Delay == 0 || known.Kind == domain.GameOver) {
		return err
	}
	told := *known
	told.Version = 0
	return &told
}
