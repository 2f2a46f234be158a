package rest

import (
	"net/http"
)

type meReply struct {
	Player  string   `json:"player"`
	Name    string   `json:"name,omitempty"`
	Guest   bool     `json:"guest"`
	Scopes  []string `json:"scopes"`
	Expires int64    `json:"expires"` // Unix ms
}

// me tells the caller who they are: GET /api/me.
func (a *api) me(w http.ResponseWriter, r *http.Request) error {
	p, err := a.person(r)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, meReply{p.ID, p.Name, p.Guest, p.Scopes, p.Expires.UnixMilli()})
}

// myGames tells the caller what they are in the middle of: GET /api/me/games, with the parameters of GET /api/games but
// player. It lists games that others do not find, too.
func (a *api) myGames(w http.ResponseWriter, r *http.Request) error {
	p, err := a.person(r)
	if err != nil {
		return err
	}
	q, err := a.readQuery(r)
	if err != nil {
		return err
	}
	q.Player, q.Own = p.ID, true
	return a.replyList(w, r, q)
}
