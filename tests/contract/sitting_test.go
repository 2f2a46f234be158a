package contract_test

import (
	"fmt"
	"testing"
)

func sitting(t *testing.T, s site) {
	white, black, third := s.guest(t, "Ann"), s.guest(t, "Bob"), s.guest(t, "Cy")
	_, made := s.post(t, white, "/api/games", `{"id":"c","kind":"chess","seat":"white"}`)
	g, invite := made.str("game"), made.str("invites.black")
	sit := func(p person, seat, body string, status int, want string, args ...any) {
		t.Helper()
		got, o := s.post(t, p, "/api/games/"+g+"/seats/"+seat, body)
		if got != status {
			t.Errorf("%s %s: %d, want %d", seat, body, got, status)
		}
		must(t, o, want, args...)
	}
	refusal := `{"t":"error","code":%q,"message":"*","retry":false}`
	sit(nobody, "black", `{"id":"s","invite":"`+invite+`"}`, 401, refusal, "unauthorized")
	sit(black, "black", `{"id":"s"}`, 403, refusal, "forbidden")
	sit(black, "black", `{"id":"s","invite":"wrong"}`, 403, refusal, "forbidden")
	sit(black, "green", `{"id":"s","invite":"`+invite+`"}`, 404, refusal, "not_found")
	sit(black, "black", `{"invite":"`+invite+`"}`, 400, refusal, "bad_message")
	sit(white, "black", `{"id":"s","invite":"`+invite+`"}`, 409, refusal, "already_joined")
	sit(black, "black", `{"id":"s","invite":"`+invite+`"}`, 200, `{"game":%q,"v":4,"seat":"black","play":"/play/%s","duplicate":"-"}`, g, g)
	sit(black, "black", `{"id":"s","invite":"`+invite+`"}`, 200, `{"game":%q,"v":4,"seat":"black","play":"/play/%s","duplicate":true}`, g, g)
	sit(third, "black", `{"id":"s"}`, 403, refusal, "forbidden") // before full
	sit(third, "black", `{"id":"s","invite":"`+invite+`"}`, 409, refusal, "game_full")

	_, made = s.post(t, white, "/api/games", `{"id":"open","kind":"chess","seat":"white","access":"open"}`)
	g = made.str("game")
	k := s.ws(t, white, "/play/"+g)
	k.next()
	sit(black, "any", `{"id":"s"}`, 200, `{"game":%q,"v":4,"seat":"black"}`, g)
	if status, o := s.post(t, black, "/api/games/zzzzzzzzzzzz/seats/black", `{"id":"s"}`); status != 404 || o.str("code") != "not_found" {
		t.Errorf("%d %v", status, o)
	}
}

func sittingReserved(t *testing.T, s site) {
	white, black, third := s.guest(t, "Ann"), s.guest(t, "Bob"), s.guest(t, "Cy")
	_, made := s.post(t, white, "/api/games", fmt.Sprintf(`{"id":"c","kind":"chess","seat":"white","seats":{"black":%q}}`, black.id))
	g := made.str("game")
	if k, status, body := s.handshake(t, third, "/play/"+g, "ply.v1"); k != nil || status != 403 {
		t.Errorf("a third person: %d %s", status, body)
	}
	// Connecting is enough; the first state shows the seat taken.
	k := s.ws(t, black, "/play/"+g)
	must(t, k.next(), `{"t":"state","v":4,"status":"ready","seat":"black","players":{"black":{"id":%q,"here":true}}}`, black.id)
	must(t, k.next(), `{"t":"live","v":4}`)

	_, made = s.post(t, white, "/api/games", fmt.Sprintf(`{"id":"d","kind":"chess","seat":"white","seats":{"black":%q}}`, black.id))
	status, o := s.post(t, black, "/api/games/"+made.str("game")+"/seats/black", `{"id":"s"}`) // no invite needed
	if status != 200 {
		t.Errorf("%d %v", status, o)
	}
	must(t, o, `{"v":4,"seat":"black"}`)
}

func creatingTwice(t *testing.T, s site) {
	ann, bob := s.guest(t, "Ann"), s.guest(t, "Bob")
	body := `{"id":"twice","kind":"chess","seat":"white","clock":{"type":"fischer","initial":60000,"increment":0}}`
	status, first := s.post(t, ann, "/api/games", body)
	if status != 201 {
		t.Fatalf("%d %v", status, first)
	}
	status, again := s.post(t, ann, "/api/games", body)
	if status != 200 {
		t.Errorf("again: %d", status)
	}
	must(t, again, `{"game":%q,"v":2,"seat":"white","invites":{"black":%q},"play":"*","watch":"*","duplicate":true}`,
		first.str("game"), first.str("invites.black"))
	status, o := s.post(t, ann, "/api/games", `{"id":"twice","kind":"chess","seat":"black"}`)
	if status != 409 || o.str("code") != "command_id_reused" {
		t.Errorf("other content: %d %v", status, o)
	}
	status, o = s.post(t, bob, "/api/games", body) // ids of create are scoped by player
	if status != 201 || o.str("game") == first.str("game") {
		t.Errorf("another player: %d %v", status, o)
	}
	status, o = s.post(t, ann, "/api/games", `{"kind":"chess"}`, "Idempotency-Key: organised")
	if status != 201 {
		t.Errorf("with a key: %d %v", status, o)
	}
	must(t, o, `{"v":1,"seat":"-","invites":{"white":"*","black":"*"}}`)
	status, o = s.post(t, ann, "/api/games", `{"id":"organised","kind":"chess"}`)
	if status != 200 || o.at("duplicate") != true {
		t.Errorf("key, then id: %d %v", status, o)
	}
}

func creatingBadly(t *testing.T, s site) {
	ann := s.guest(t, "Ann")
	for body, want := range map[string]string{
		`{"kind":"chess"}`: "400 bad_message", `{"id":"x"}`: "400 bad_message",
		`{"id":"x","kind":"chess","zzz":1}`: "400 bad_message", `{"id":"x","kind":"chess","seat":null}`: "400 bad_message",
		`{"id":"x","kind":"chess","rated":"yes"}`: "400 bad_message", `[]`: "400 bad_message", `{"id":"x","kind":"chess"} {}`: "400 bad_message",
		`{"id":"x","kind":"chess","clock":{"type":"fischer","initial":1e3,"increment":0}}`: "400 bad_message",
		`{"id":"x","kind":"go-fish"}`:                                                                     "422 invalid_field",
		`{"id":"x","kind":"chess","seat":"green"}`:                                                        "422 invalid_field",
		`{"id":"x","kind":"chess","access":"all"}`:                                                        "422 invalid_field",
		`{"id":"x","kind":"chess","watch":"all"}`:                                                         "422 invalid_field",
		`{"id":"x","kind":"chess","delay":3600001}`:                                                       "422 invalid_field",
		`{"id":"x","kind":"chess","rated":true}`:                                                          "422 invalid_field",
		`{"id":"x y","kind":"chess"}`:                                                                     "422 invalid_field",
		`{"id":"x","kind":"chess","setup":{"fen":"zzz"}}`:                                                 "422 invalid_field",
		`{"id":"x","kind":"chess","clock":{"type":"sand"}}`:                                               "422 invalid_field",
		`{"id":"x","kind":"chess","clock":{"type":"fischer","initial":999,"increment":0}}`:                "422 invalid_field",
		`{"id":"x","kind":"chess","clock":{"type":"fischer","initial":86400001,"increment":0}}`:           "422 invalid_field",
		`{"id":"x","kind":"chess","clock":{"type":"fischer","initial":60000,"increment":600001}}`:         "422 invalid_field",
		`{"id":"x","kind":"chess","clock":{"type":"delay","initial":60000,"delay":600001}}`:               "422 invalid_field",
		`{"id":"x","kind":"chess","clock":{"type":"days","days":15}}`:                                     "422 invalid_field",
		`{"id":"x","kind":"chess","rated":true,"clock":{"type":"fischer","initial":60000,"increment":0}}`: "422 invalid_field",
	} {
		status, o := s.post(t, ann, "/api/games", body)
		if got := fmt.Sprintf("%d %s", status, o.str("code")); got != want {
			t.Errorf("%s: %s (%s), want %s", body, got, o.str("message"), want)
		}
	}
	for _, name := range []string{"", "a\u0000b", "a\nb", "\u202eevil", string(make([]rune, 33))} {
		if status, o := s.post(t, nobody, "/api/guests", string(quoted(name))); status != 422 {
			t.Errorf("name %q: %d %v", name, status, o)
		}
	}
}
