package rest

import (
	"net/http"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

type sitReply struct {
	Game      string    `json:"game"`
	Version   uint64    `json:"v"`
	Seat      game.Seat `json:"seat"`
	Play      string    `json:"play"`
	Duplicate bool      `json:"duplicate,omitempty"`
}

// sit takes a seat: POST /api/games/{game}/seats/{seat}.
func (a *api) sit(w http.ResponseWriter, r *http.Request) error {
	p, err := a.player(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	name := r.PathValue("game")
	if err := a.allow(p, name); err != nil {
		return about(echo(r, body), err)
	}
	f := wire.ReadFields(body)
	id, idErr := commandID(r, f)
	invite, _ := f.Text("invite")
	if err := f.End(); err != nil {
		return about(echo(r, body), err)
	}
	if idErr != nil {
		return about(echo(r, body), idErr)
	}
	if err := checkID(id); err != nil {
		return err
	}
	s, err := a.state(r.Context(), name)
	if err != nil {
		return about(id, err)
	}
	wish := game.Sit{Seat: r.PathValue("seat")}
	if wish.Seat != game.AnySeat && s.Index(game.Seat(wish.Seat)) < 0 {
		return about(id, domain.Refuse(domain.NotFound, "there is no such seat"))
	}
	if invite != "" {
		// An invitation is to one seat: with it, any seat is that seat.
		for i := range s.Seats {
			seat := s.Seats[i].Seat
			if (wish.Seat == game.AnySeat || wish.Seat == string(seat)) && a.People.CheckInvite(s.ID, seat, invite) {
				wish = game.Sit{Seat: string(seat), Invited: true}
				break
			}
		}
	}
	a.remember(r.Context(), p)
	command := game.Command{ID: id, Player: p.ID, Guest: p.Guest, Basis: s.Version, Wish: wish}
	receipt, err := a.Commands.Do(r.Context(), s.ID, command, game.Arrival{Live: a.Live()})
	if err != nil {
		return about(id, quiet(s, p.ID, err))
	}
	return reply(w, http.StatusOK, sitReply{Game: s.ID, Version: receipt.Version, Seat: receipt.Seat,
		Play: "/play/" + s.ID, Duplicate: receipt.Duplicate})
}
