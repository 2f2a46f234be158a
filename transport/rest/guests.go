package rest

import (
	"errors"
	"net/http"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/wire"
)

type guestReply struct {
	Player  string `json:"player"`
	Name    string `json:"name"`
	Token   string `json:"token"`
	Expires int64  `json:"expires"` // Unix ms
}

// guest makes a person without an account: POST /api/guests. The name is recorded when the person first plays. Who shows a
// guest's token, which may have expired lately, stays the same guest and gets a new one.
func (a *api) guest(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	f := wire.ReadFields(body)
	name, given := f.Text("name")
	if err := f.End(); err != nil {
		return err
	}
	if !given {
		return domain.Refuse(domain.BadMessage, "name is required")
	}
	var p auth.Person
	var token string
	old, known := auth.FromRequest(r)
	if known {
		p, token, err = a.People.Renew(old, name)
		known = err == nil || !errors.Is(err, &domain.Error{Kind: domain.Unauthorized})
	}
	if !known { // nobody, or somebody we can't believe: a new guest
		p, token, err = a.People.Guest(name)
	}
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, guestReply{p.ID, p.Name, token, p.Expires.UnixMilli()})
}
