package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

func TestGuests(t *testing.T) {
	w := newWorld(t)
	a := w.ask("POST", "/api/guests", "", `{"name":"Ann"}`)
	o := a.object(t)
	if a.status != 201 || o["name"] != "Ann" || o["player"] == "" || o["expires"].(float64) < 1e12 || len(o) != 4 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if me := w.ask("GET", "/api/me", o["token"].(string), "").object(t); me["player"] != o["player"] || me["guest"] != true {
		t.Errorf("me is %v", me)
	}
	for _, tt := range []struct {
		body   string
		status int
		code   string
	}{
		{``, 400, "bad_message"}, {`{}`, 400, "bad_message"}, {`{"name":null}`, 400, "bad_message"},
		{`{"name":5}`, 400, "bad_message"}, {`{"Name":"Ann"}`, 400, "bad_message"}, {`{"name":"A","x":1}`, 400, "bad_message"},
		{`{"name":"A","name":"B"}`, 400, "bad_message"}, {`{"name":"\ud800"}`, 400, "bad_message"},
		{`{"name":""}`, 422, "invalid_field"}, {`{"name":"a\u0000"}`, 422, "invalid_field"},
		{`{"name":"a\u202eb"}`, 422, "invalid_field"}, {`{"name":"` + strings.Repeat("x", 33) + `"}`, 422, "invalid_field"},
	} {
		w.ask("POST", "/api/guests", "", tt.body).want(t, tt.status, tt.code, "")
	}
}

func TestCreate(t *testing.T) {
	w := newWorld(t)
	ann, token := w.guest("Ann")
	body := `{"id":"c-1","kind":"chess","seat":"white","clock":{"type":"fischer","initial":180000,"increment":2000},"access":"invite","rated":false}`
	first := w.ask("POST", "/api/games", token, body)
	o := first.object(t)
	id, _ := o["game"].(string)
	if first.status != 201 || o["v"] != 2.0 || o["seat"] != "white" || o["play"] != "/play/"+id || o["watch"] != "/watch/"+id {
		t.Fatalf("%d %s", first.status, first.body)
	}
	invites := o["invites"].(map[string]any)
	if len(invites) != 1 || !w.people.CheckInvite(id, "black", invites["black"].(string)) {
		t.Errorf("invites %v", invites)
	}
	if w.Name(ann.ID) != "Ann" {
		t.Error("the name was not recorded")
	}
	again := w.ask("POST", "/api/games", token, body)
	if want := strings.TrimSuffix(strings.TrimSpace(first.body), "}") + `,"duplicate":true}`; again.status != 200 || strings.TrimSpace(again.body) != want {
		t.Errorf("again: %d %s\nwant %s", again.status, again.body, want)
	}
	// Also once the seat is taken: the same body.
	_, bob := w.guest("Bob")
	if a := w.ask("POST", "/api/games/"+id+"/seats/black", bob, fmt.Sprintf(`{"id":"s","invite":%q}`, invites["black"])); a.status != 200 {
		t.Fatal(a.body)
	}
	if later := w.ask("POST", "/api/games", token, body); later.body != again.body {
		t.Errorf("later: %s", later.body)
	}
	w.ask("POST", "/api/games", token, `{"id":"c-1","kind":"chess"}`).want(t, 409, "command_id_reused", "c-1")
	// Another person's ids are their own.
	if other := w.ask("POST", "/api/games", bob, body); other.status != 201 {
		t.Errorf("another person: %d %s", other.status, other.body)
	}
}

func TestCreateVariants(t *testing.T) {
	w := newWorld(t)
	_, token := w.guest("Ann")
	for i, tt := range []struct {
		name, fields string
		check        func(o map[string]any, c game.Create) bool
	}{
		{"defaults", ``, func(o map[string]any, c game.Create) bool {
			return o["seat"] == nil && o["v"] == 1.0 && len(o["invites"].(map[string]any)) == 2 && c.Clock == clock.Spec{Type: clock.None} &&
				c.Access == game.AccessInvite && c.Watch == game.WatchPublic && c.Delay == 0 && !c.Rated && c.Setup == nil
		}},
		{"random seat", `,"seat":"random"`, func(o map[string]any, _ game.Create) bool {
			return (o["seat"] == "white" || o["seat"] == "black") && len(o["invites"].(map[string]any)) == 1
		}},
		{"open", `,"seat":"white","access":"open","pair":{"rating":[1400,1600]}`, func(o map[string]any, c game.Create) bool {
			return o["invites"] == nil && string(c.Pair) == `{"rating":[1400,1600]}`
		}},
		{"reserved", `,"seat":"white","seats":{"black":"p_77"}`, func(o map[string]any, c game.Create) bool {
			return o["invites"] == nil && c.Reserved["black"] == "p_77"
		}},
		{"nobody watches", `,"watch":"off","delay":3600000`, func(o map[string]any, c game.Create) bool {
			return o["watch"] == nil && o["play"] != nil && c.Delay == 3_600_000
		}},
		{"days", `,"clock":{"type":"days","days":14}`, func(_ map[string]any, c game.Create) bool {
			return c.Clock == clock.Spec{Type: clock.Days, Days: 14}
		}},
		{"delay", `,"clock":{"delay":0,"type":"delay","initial":1000}`, func(_ map[string]any, c game.Create) bool {
			return c.Clock == clock.Spec{Type: clock.Delay, Initial: 1000}
		}},
		{"setup", `, "setup" : { "fen" : "4k3/8/8/8/8/8/4P3/4K3 w - - 5 39" }`, func(_ map[string]any, c game.Create) bool {
			return string(c.Setup) == `{"fen":"4k3/8/8/8/8/8/4P3/4K3 w - - 5 39"}`
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.ask("POST", "/api/games", token, fmt.Sprintf(`{"id":"v-%d","kind":"chess"%s}`, i, tt.fields))
			if a.status != 201 || !tt.check(a.object(t), w.last.Wish.(game.Create)) {
				t.Errorf("%d %s, as %+v", a.status, a.body, w.last.Wish)
			}
		})
	}
}

func TestCreateRefusals(t *testing.T) {
	w := newWorld(t)
	_, token := w.guest("Ann")
	for _, tt := range []struct{ name, body, code string }{
		{"no JSON", `kind=chess`, "bad_message"},
		{"no id", `{"kind":"chess"}`, "bad_message"},
		{"no kind", `{"id":"a"}`, "bad_message"},
		{"unknown field", `{"id":"a","kind":"chess","colour":"white"}`, "bad_message"},
		{"case variant", `{"id":"a","kind":"chess","Seat":"white"}`, "bad_message"},
		{"null", `{"id":"a","kind":"chess","seat":null}`, "bad_message"},
		{"kind a number", `{"id":"a","kind":1}`, "bad_message"},
		{"seat a number", `{"id":"a","kind":"chess","seat":1}`, "bad_message"},
		{"rated a text", `{"id":"a","kind":"chess","rated":"yes"}`, "bad_message"},
		{"delay a text", `{"id":"a","kind":"chess","delay":"1"}`, "bad_message"},
		{"delay negative", `{"id":"a","kind":"chess","delay":-1}`, "bad_message"},
		{"clock a text", `{"id":"a","kind":"chess","clock":"none"}`, "bad_message"},
		{"clock without type", `{"id":"a","kind":"chess","clock":{}}`, "bad_message"},
		{"clock without increment", `{"id":"a","kind":"chess","clock":{"type":"fischer","initial":60000}}`, "bad_message"},
		{"clock with another's field", `{"id":"a","kind":"chess","clock":{"type":"days","days":1,"initial":60000}}`, "bad_message"},
		{"clock with a fraction", `{"id":"a","kind":"chess","clock":{"type":"days","days":1.5}}`, "bad_message"},
		{"seats a list", `{"id":"a","kind":"chess","seats":["p_1"]}`, "bad_message"},
		{"seats of numbers", `{"id":"a","kind":"chess","seats":{"black":1}}`, "bad_message"},
		{"pair a list", `{"id":"a","kind":"chess","access":"open","pair":[1,2]}`, "bad_message"},
		{"pair of one", `{"id":"a","kind":"chess","access":"open","pair":{"rating":[1]}}`, "bad_message"},
		{"pair of texts", `{"id":"a","kind":"chess","access":"open","pair":{"rating":["1","2"]}}`, "bad_message"},

		{"bad id", `{"id":"a b","kind":"chess"}`, "invalid_field"},
		{"unknown kind", `{"id":"a","kind":"go"}`, "invalid_field"},
		{"unknown seat", `{"id":"a","kind":"chess","seat":"red"}`, "invalid_field"},
		{"empty seat", `{"id":"a","kind":"chess","seat":""}`, "invalid_field"},
		{"unknown access", `{"id":"a","kind":"chess","access":"public"}`, "invalid_field"},
		{"unknown watch", `{"id":"a","kind":"chess","watch":"on"}`, "invalid_field"},
		{"delay too long", `{"id":"a","kind":"chess","delay":3600001}`, "invalid_field"},
		{"unknown clock", `{"id":"a","kind":"chess","clock":{"type":"bronstein"}}`, "invalid_field"},
		{"clock too short", `{"id":"a","kind":"chess","clock":{"type":"fischer","initial":999,"increment":0}}`, "invalid_field"},
		{"clock too long", `{"id":"a","kind":"chess","clock":{"type":"fischer","initial":86400001,"increment":0}}`, "invalid_field"},
		{"increment too long", `{"id":"a","kind":"chess","clock":{"type":"fischer","initial":1000,"increment":600001}}`, "invalid_field"},
		{"delay clock too long", `{"id":"a","kind":"chess","clock":{"type":"delay","initial":1000,"delay":600001}}`, "invalid_field"},
		{"no day", `{"id":"a","kind":"chess","clock":{"type":"days","days":0}}`, "invalid_field"},
		{"too many days", `{"id":"a","kind":"chess","clock":{"type":"days","days":15}}`, "invalid_field"},
		{"rated as a guest", `{"id":"a","kind":"chess","rated":true,"clock":{"type":"days","days":1}}`, "invalid_field"},
		{"reserved for nobody", `{"id":"a","kind":"chess","seats":{"black":"a b"}}`, "invalid_field"},
		{"reserved seat unknown", `{"id":"a","kind":"chess","seats":{"red":"p_1"}}`, "invalid_field"},
		{"pair without open", `{"id":"a","kind":"chess","pair":{"rating":[1,2]}}`, "invalid_field"},
		{"pair upside down", `{"id":"a","kind":"chess","access":"open","pair":{"rating":[2,1]}}`, "invalid_field"},
		{"setup that is no position", `{"id":"a","kind":"chess","setup":{"fen":"x"}}`, "invalid_field"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, echo := 400, ""
			if tt.code == "invalid_field" {
				status = 422
			}
			if strings.Contains(tt.body, `"id":"a"`) {
				echo = "a"
			}
			w.ask("POST", "/api/games", token, tt.body).want(t, status, tt.code, echo)
		})
	}
	if n := len(w.games); n != 0 {
		t.Errorf("%d games were made", n)
	}
}

func TestSit(t *testing.T) {
	w := newWorld(t)
	_, ann := w.guest("Ann")
	_, bob := w.guest("Bob")
	_, cy := w.guest("Cy")
	o := w.ask("POST", "/api/games", ann, `{"id":"c-1","kind":"chess","seat":"white"}`).object(t)
	seats := "/api/games/" + o["game"].(string) + "/seats/"
	invite := o["invites"].(map[string]any)["black"].(string)
	with := fmt.Sprintf(`{"id":"c-1","invite":%q}`, invite)

	w.ask("POST", seats+"black", "", with).want(t, 401, "unauthorized", "")
	w.ask("POST", seats+"black", bob, `{"id":"c-1"}`).want(t, 403, "forbidden", "c-1")
	w.ask("POST", seats+"black", bob, `{"id":"c-1","invite":""}`).want(t, 403, "forbidden", "c-1")
	w.ask("POST", seats+"black", bob, `{"id":"c-1","invite":"mH0_"}`).want(t, 403, "forbidden", "c-1")
	w.ask("POST", seats+"any", bob, `{"id":"c-1"}`).want(t, 403, "forbidden", "c-1")
	w.ask("POST", seats+"white", bob, with).want(t, 403, "forbidden", "c-1") // another seat's invitation, before full
	w.ask("POST", seats+"red", bob, with).want(t, 404, "not_found", "c-1")
	w.ask("POST", seats+"black", bob, `{"id":"c 1","invite":"x"}`).want(t, 422, "invalid_field", "")
	w.ask("POST", seats+"black", bob, `{"id":"c-1","invite":5}`).want(t, 400, "bad_message", "c-1")
	w.ask("POST", seats+"black", bob, `{"id":"c-1","seat":"black"}`).want(t, 400, "bad_message", "c-1")
	w.ask("POST", seats+"black", ann, with).want(t, 409, "already_joined", "c-1")
	w.ask("POST", "/api/games/000000000000/seats/black", bob, with).want(t, 404, "not_found", "c-1")
	w.ask("POST", "/api/games/short/seats/black", bob, with).want(t, 404, "not_found", "c-1")

	first := w.ask("POST", seats+"black", bob, with)
	if first.status != 200 || strings.TrimSpace(first.body) != fmt.Sprintf(`{"game":%q,"v":4,"seat":"black","play":"/play/%s"}`, o["game"], o["game"]) {
		t.Fatalf("%d %s", first.status, first.body)
	}
	again := w.ask("POST", seats+"black", bob, with)
	if again.status != 200 || strings.TrimSpace(again.body) != strings.TrimSuffix(strings.TrimSpace(first.body), "}")+`,"duplicate":true}` {
		t.Errorf("again: %d %s", again.status, again.body)
	}
	w.ask("POST", seats+"black", cy, with).want(t, 409, "game_full", "c-1")
	w.ask("POST", seats+"black", cy, `{"id":"c-1"}`).want(t, 403, "forbidden", "c-1")
}

func TestSitAnywhere(t *testing.T) {
	w := newWorld(t)
	_, ann := w.guest("Ann")
	_, bob := w.guest("Bob")
	o := w.ask("POST", "/api/games", ann, `{"id":"c-1","kind":"chess"}`).object(t)
	invite := o["invites"].(map[string]any)["black"].(string)
	a := w.ask("POST", "/api/games/"+o["game"].(string)+"/seats/any", bob, fmt.Sprintf(`{"invite":%q}`, invite), "Idempotency-Key", "k")
	if a.status != 200 || a.object(t)["seat"] != "black" {
		t.Errorf("an invitation to black led to %s", a.body)
	}
	open := w.ask("POST", "/api/games", ann, `{"id":"c-2","kind":"chess","seat":"white","access":"open"}`).object(t)
	if a := w.ask("POST", "/api/games/"+open["game"].(string)+"/seats/any", bob, `{"id":"k"}`); a.status != 200 || a.object(t)["seat"] != "black" {
		t.Errorf("open game: %d %s", a.status, a.body)
	}
}

func TestIdempotencyKeyOfHTTP(t *testing.T) {
	w := newWorld(t)
	_, token := w.guest("Ann")
	for _, tt := range []struct {
		name, id, key string
		status        int
	}{
		{"key alone", ``, "k-1", 201},
		{"body with the same", `"id":"k-1",`, "k-1", 200},
		{"body alone", `"id":"k-1",`, "", 200},
		{"different", `"id":"k-1",`, "k-2", 400},
		{"none", ``, "", 400},
		{"bad key", ``, "k 1", 422},
	} {
		headers := []string{}
		if tt.key != "" {
			headers = []string{"Idempotency-Key", tt.key}
		}
		if a := w.ask("POST", "/api/games", token, `{`+tt.id+`"kind":"chess"}`, headers...); a.status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, a.status, a.body, tt.status)
		}
	}
	if a := w.ask("POST", "/api/games", token, `{"kind":"chess"}`, "Idempotency-Key", "a", "Idempotency-Key", "b"); a.status != 400 {
		t.Errorf("two keys: %d", a.status)
	}
	// A refusal repeats the key as the id.
	w.ask("POST", "/api/games", token, `{"kind":"go"}`, "Idempotency-Key", "k-9").want(t, 422, "invalid_field", "k-9")
}

func TestRefusalsOfTheWriteSideComeThrough(t *testing.T) {
	w := newWorld(t)
	m := w.start("")
	for _, tt := range []struct {
		err    error
		status int
		code   string
		header string
	}{
		{&domain.Error{Kind: domain.QuotaExceeded, Message: "100"}, 429, "quota_exceeded", ""},
		{&domain.Error{Kind: domain.Busy, Message: "32"}, 503, "busy", "1"},
		{&domain.Error{Kind: domain.Unavailable, Message: "no store", After: 2500}, 503, "unavailable", "3"},
		{&domain.Error{Kind: domain.Unknown, Message: "perhaps"}, 504, "unknown", ""},
		{fmt.Errorf("secret: %w", http.ErrBodyNotAllowed), 500, "internal", ""},
	} {
		w.refuse = tt.err
		a := w.ask("POST", "/api/games", m.annT, `{"id":"c-9","kind":"chess"}`)
		a.want(t, tt.status, tt.code, "c-9")
		if a.header.Get("Retry-After") != tt.header {
			t.Errorf("%s: Retry-After %q, want %q", tt.code, a.header.Get("Retry-After"), tt.header)
		}
		if strings.Contains(a.body, "secret") {
			t.Errorf("shows its inside: %s", a.body)
		}
	}
}
