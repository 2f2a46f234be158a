package rest

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/wire"
)

type createReply struct {
	Game      string               `json:"game"`
	Version   uint64               `json:"v"`
	Seat      game.Seat            `json:"seat,omitempty"`
	Invites   map[game.Seat]string `json:"invites,omitempty"`
	Play      string               `json:"play"`
	Watch     string               `json:"watch,omitempty"` // absent if nobody may watch
	Duplicate bool                 `json:"duplicate,omitempty"`
}

// create makes a game: POST /api/games.
func (a *api) create(w http.ResponseWriter, r *http.Request) error {
	p, err := a.player(r)
	if err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	if err := a.allow(p, ""); err != nil {
		return about(echo(r, body), err)
	}
	id, wish, err := a.readCreate(r, body)
	if err != nil {
		return about(echo(r, body), err)
	}
	a.remember(r.Context(), p)
	receipt, s, err := a.Commands.Create(r.Context(), game.Command{ID: id, Player: p.ID, Guest: p.Guest, Wish: wish})
	if err != nil {
		return about(id, err)
	}
	status := http.StatusCreated
	if receipt.Duplicate {
		status = http.StatusOK
	}
	out := createReply{Game: s.ID, Version: receipt.Version, Seat: receipt.Seat, Invites: a.invites(s),
		Play: "/play/" + s.ID, Duplicate: receipt.Duplicate}
	if s.Setup.Watch != game.WatchOff {
		out.Watch = "/watch/" + s.ID
	}
	return reply(w, status, out)
}

// invites are for the seats that were free and not reserved when the game was created; in an open game nobody needs one.
func (a *api) invites(s *game.State) map[game.Seat]string {
	if s.Setup.Access == game.AccessOpen {
		return nil
	}
	invites := map[game.Seat]string{}
	for _, place := range s.Seats {
		if place.Player == "" && place.Reserved == "" {
			invites[place.Seat] = a.People.Invite(s.ID, place.Seat)
		}
	}
	return invites
}

// readCreate reads the body. What is missing or of the wrong type is found first (bad_message), then what is out of
// range, as far as it needs no knowledge of the game: the rest is the domain's.
func (a *api) readCreate(r *http.Request, body []byte) (string, game.Create, error) {
	f := wire.ReadFields(body)
	id, idErr := commandID(r, f)
	kind, hasKind := f.Text("kind")
	seat, hasSeat := f.Text("seat")
	access, hasAccess := f.Text("access")
	watch, hasWatch := f.Text("watch")
	delay, _ := f.Int("delay")
	wish := game.Create{Kind: kind, Seat: seat, Access: access, Watch: watch, Delay: delay, Rated: f.Bool("rated"),
		Setup: f.Raw("setup"), Pair: f.Raw("pair"), Clock: clock.Spec{Type: clock.None}}
	seats, clockFields := f.Object("seats"), f.Object("clock")
	if err := f.End(); err != nil {
		return "", wish, err
	}
	if idErr != nil {
		return "", wish, idErr
	}
	if !hasKind {
		return "", wish, domain.Refuse(domain.BadMessage, "kind is required")
	}
	var err *domain.Error
	var refusal error
	if wish.Clock, err, refusal = readClock(clockFields); err != nil {
		return "", wish, err
	}
	if wish.Reserved, err = readReserved(seats); err != nil {
		return "", wish, err
	}
	if err := checkPair(wish.Pair); err != nil {
		return "", wish, err
	}
	if err := checkID(id); err != nil {
		return "", wish, err
	}
	if refusal != nil {
		return "", wish, refusal
	}
	switch {
	case hasSeat && seat == "", hasAccess && access == "", hasWatch && watch == "":
		return "", wish, domain.Refuse(domain.InvalidField, "seat, access and watch are not empty if given")
	}
	if !hasAccess {
		wish.Access = game.AccessInvite
	}
	if !hasWatch {
		wish.Watch = game.WatchPublic
	}
	for _, rules := range a.Kinds {
		if rules.Kind() == kind {
			wish.Rules = rules
		}
	}
	if wish.Rules == nil {
		return "", wish, domain.Refuse(domain.InvalidField, "kind: there is no such kind of game")
	}
	return id, wish, checkReserved(wish)
}

// clockForms are the fields that each type of clock has beside its type; all are required.
var clockForms = map[string][]string{
	clock.None:    nil,
	clock.Fischer: {"initial", "increment"},
	clock.Delay:   {"initial", "delay"},
	clock.Days:    {"days"},
}

// readClock reads a clock: bad tells of a form that is wrong, refusal of a type that we don't have. Ranges are the
// domain's to judge.
func readClock(f *wire.Fields) (spec clock.Spec, bad *domain.Error, refusal error) {
	if f == nil {
		return clock.Spec{Type: clock.None}, nil, nil
	}
	typ, given := f.Text("type")
	form, known := clockForms[typ]
	if given && !known {
		return clock.Spec{}, nil, domain.Refuse(domain.InvalidField, "clock.type must be one of %s, %s, %s, %s",
			clock.None, clock.Fischer, clock.Delay, clock.Days)
	}
	spec.Type = typ
	into := map[string]*int64{"initial": &spec.Initial, "increment": &spec.Increment, "delay": &spec.Delay,
		"days": &spec.Days}
	missing := ""
	for _, name := range form {
		n, there := f.Int(name)
		if !there && missing == "" {
			missing = name
		}
		*into[name] = n
	}
	switch err := f.End(); {
	case err != nil:
		return spec, err, nil
	case !given:
		return spec, domain.Refuse(domain.BadMessage, "clock.type is required"), nil
	case missing != "":
		return spec, domain.Refuse(domain.BadMessage, "clock.%s is required", missing), nil
	}
	return spec, nil, nil
}

// readReserved reads for whom seats are kept.
func readReserved(f *wire.Fields) (map[game.Seat]string, *domain.Error) {
	if f == nil {
		return nil, nil
	}
	reserved := map[game.Seat]string{}
	for _, seat := range f.Names() {
		reserved[game.Seat(seat)], _ = f.Text(seat)
	}
	if len(reserved) == 0 {
		return nil, f.End()
	}
	return reserved, f.End()
}

// checkReserved refuses players who can't sit where a seat is kept for them.
func checkReserved(wish game.Create) error {
	for seat, player := range wish.Reserved {
		if !wire.GoodID(player) {
			return domain.Refuse(domain.InvalidField, "seats.%s is not the id of a player", printable(string(seat)))
		}
		if wish.Rated && strings.HasPrefix(player, "g_") {
			return domain.Refuse(domain.InvalidField, "rated games need registered players, seats.%s is a guest", seat)
		}
	}
	return nil
}

// checkPair refuses pairing terms of another form than {"rating":[low,high]}.
func checkPair(pair json.RawMessage) error {
	if pair == nil {
		return nil
	}
	var terms struct {
		Rating []int64 `json:"rating"`
	}
	f := wire.ReadFields(pair)
	raw := f.Raw("rating")
	if err := f.End(); err != nil {
		return err
	}
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &terms.Rating); err != nil || len(terms.Rating) != 2 {
		return domain.Refuse(domain.BadMessage, "pair.rating must be [low,high]")
	}
	if terms.Rating[0] > terms.Rating[1] {
		return domain.Refuse(domain.InvalidField, "pair.rating: low is above high")
	}
	return nil
}

// printable is a name from outside, fit for a message.
func printable(name string) string {
	if wire.GoodID(name) {
		return name
	}
	return "?"
}
