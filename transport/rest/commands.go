package rest

import (
	"net/http"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

// command acts in a game without a socket: POST /api/games/{game}/commands.
func (a *api) command(w http.ResponseWriter, r *http.Request) error {
	p, err := a.player(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	at := game.Arrival{Live: a.Live()} // the frame is complete here; no round trip has been measured
	name := r.PathValue("game")
	if err := a.allow(p, name); err != nil {
		return about(echo(r, body), err)
	}
	s, err := a.state(r.Context(), name)
	if err != nil {
		return about(echo(r, body), err)
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return about(echo(r, body), err)
	}
	version := s.Version
	if _, seated := s.SeatOf(p.ID); !seated {
		version = 0 // how far a game is may be delayed for those without a seat
	}
	m, refusal, _ := wire.DecodeKeyed(body, s.Rules, key)
	if refusal != nil {
		refusal.Version = version
		return about(echo(r, body), refusal)
	}
	if m.Ping {
		line(w, http.StatusOK, wire.Pong(a.Now().UnixMilli(), m.TS, version))
		return nil
	}
	receipt, err := a.Commands.Do(r.Context(), s.ID,
		game.Command{ID: m.ID, Player: p.ID, Guest: p.Guest, Basis: m.Basis, Wish: m.Wish}, at)
	if err != nil {
		return about(m.ID, quiet(s, p.ID, err))
	}
	line(w, http.StatusOK, wire.OK(m.ID, receipt))
	return nil
}
